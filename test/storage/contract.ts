import { appendFile, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ClicklakeError } from '../../src/errors.ts';
import { disjoint } from '../../src/storage/path-ranges.ts';
import type { FileInfo, Storage } from '../../src/storage/storage.ts';

/** A fresh, empty storage, and what is to be done after the test. */
export interface OpenedStorage {
  storage: Storage;
  close(): Promise<void>;
}

/** Every promise of src/storage/storage.ts, for one implementation of it. */
export function describeStorageContract(name: string, open: () => Promise<OpenedStorage>): void {
  describe(`storage contract: ${name}`, () => {
    let opened: OpenedStorage;
    let storage: Storage;
    beforeEach(async () => {
      opened = await open();
      storage = opened.storage;
    });
    afterEach(() => opened.close());

    const put = (path: string, text: string) => storage.putIfAbsent(path, Buffer.from(text));
    const write = (path: string, text: string) => storage.write(path, Buffer.from(text));
    const read = async (path: string) => (await storage.read(path)).toString();

    it('reads back what was written, and the newer content after a second write', async () => {
      await write('a/b/c.txt', 'one');
      expect(await read('a/b/c.txt')).toBe('one');
      await write('a/b/c.txt', 'two!');
      expect(await read('a/b/c.txt')).toBe('two!');
      expect((await storage.stat('a/b/c.txt'))?.sizeBytes).toBe(4);
    });

    it('keeps any bytes, also none', async () => {
      const bytes = Buffer.from(Array.from({ length: 70_000 }, (_, index) => (index * 7) % 256));
      await storage.write('bytes', bytes);
      await storage.write('empty', new Uint8Array());
      expect((await storage.read('bytes')).equals(bytes)).toBe(true);
      expect((await storage.read('empty')).length).toBe(0);
      expect((await storage.stat('empty'))?.sizeBytes).toBe(0);
    });

    it('describes a file, and says undefined for what is missing or a folder', async () => {
      const beforeMs = Date.now() - 60_000;
      await write('folder/file', 'x');
      const info = await storage.stat('folder/file');
      expect(info).toMatchObject({ path: 'folder/file', sizeBytes: 1 });
      expect(info?.modifiedAtMs).toBeGreaterThan(beforeMs);
      expect(Number.isInteger(info?.modifiedAtMs)).toBe(true);
      expect(await storage.stat('folder')).toBeUndefined();
      expect(await storage.stat('folder/other')).toBeUndefined();
      expect(await storage.stat('folder/file/below')).toBeUndefined();
    });

    it('answers not_found, with the path, when there is nothing to read', async () => {
      await write('here', 'x');
      const reads = [
        () => storage.read('no/such'),
        () => storage.readRange('no/such', 0, 1),
        () => collect(storage.readStream('no/such')),
        () => storage.localPath('no/such'),
      ];
      for (const attempt of reads) {
        const error = await attempt().catch((caught) => caught);
        expect(error).toBeInstanceOf(ClicklakeError);
        expect(error.code).toBe('not_found');
        expect(error.message).toContain('no/such');
      }
    });

    it('reads ranges, fewer bytes at the end and none beyond it', async () => {
      await write('range', '0123456789');
      expect((await storage.readRange('range', 0, 3)).toString()).toBe('012');
      expect((await storage.readRange('range', 4, 2)).toString()).toBe('45');
      expect((await storage.readRange('range', 8, 100)).toString()).toBe('89');
      expect((await storage.readRange('range', 10, 5)).length).toBe(0);
      expect((await storage.readRange('range', 99, 5)).length).toBe(0);
      expect((await storage.readRange('range', 3, 0)).length).toBe(0);
    });

    it('streams a file in order', async () => {
      const bytes = Buffer.alloc(5_000_003, 'abcdefghijk');
      await storage.write('big', bytes);
      const chunks = await collect(storage.readStream('big'));
      expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
    });

    it('creates a file only once', async () => {
      expect(await put('once', 'first')).toEqual({ kind: 'created' });
      expect(await put('once', 'second')).toEqual({ kind: 'exists' });
      expect(await read('once')).toBe('first');
    });

    it('lets exactly one of twenty writers create a file, whole', async () => {
      for (let round = 0; round < 5; round += 1) {
        const path = `race/${round}/new folder/file`;
        const contents = Array.from({ length: 20 }, (_, writer) => `${writer} `.repeat(5_000));
        const results = await Promise.all(contents.map((content) => put(path, content)));
        const winners = results.flatMap(({ kind }, writer) => (kind === 'created' ? [writer] : []));
        expect(winners).toHaveLength(1);
        expect(await read(path)).toBe(contents[winners[0] as number]);
      }
    });

    it('shows readers the old or the new content, whole, while a file is replaced', async () => {
      const versions = ['a', 'b', 'c'].map((letter) => letter.repeat(300_000));
      await write('swap', versions[0] as string);
      let isWriting = true;
      const writer = (async () => {
        for (let turn = 0; turn < 15; turn += 1) {
          await write('swap', versions[turn % 3] as string);
        }
        isWriting = false;
      })();
      const seen = new Set<string>();
      while (isWriting) {
        seen.add(await read('swap'));
      }
      await writer;
      for (const content of seen) {
        expect(versions.includes(content)).toBe(true);
      }
    });

    it('lists files below a prefix in the byte order of their paths', async () => {
      const paths = [
        't/a',
        't/a.b',
        't/a/b',
        't/a/c/d',
        't/a0',
        't/ä',
        't/\u{1F600}',
        't/\uFB01',
        'tt',
        'u/z',
      ];
      // `t/a` and `t/a/b` cannot both be on a file system: take one, then the other.
      const asFolder = paths.filter((path) => path !== 't/a');
      for (const path of [...asFolder].reverse()) {
        await write(path, path);
      }
      const inOrder = [...asFolder].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
      expect(await listed(storage, '')).toEqual(inOrder);
      expect(await listed(storage, 't/')).toEqual(inOrder.filter((path) => path.startsWith('t/')));
      expect(await listed(storage, 't')).toEqual(inOrder.filter((path) => path.startsWith('t')));
      expect(await listed(storage, 't/a')).toEqual(['t/a.b', 't/a/b', 't/a/c/d', 't/a0']);
      expect(await listed(storage, 't/a/c/d')).toEqual(['t/a/c/d']);
      for (const after of [...inOrder, 't/a', 't/a/c', 't/b', 'zzz', '']) {
        const expected = inOrder.filter(
          (path) => Buffer.compare(Buffer.from(path), Buffer.from(after)) > 0,
        );
        expect(await listed(storage, '', after)).toEqual(expected);
      }
    });

    it('leaves out ranges of paths, wherever they begin and end', async () => {
      const paths = [
        'a/1/x',
        'a/1/y',
        'a/2-b',
        'a/2/x',
        'a/3/x/y',
        'b',
        'b-c/1',
        'b0/1/x',
        'c/1/x',
      ];
      for (const path of paths) {
        await write(path, path);
      }
      const ends = [...paths, 'a/', 'a/2', 'a/2/', 'a/3/x', 'b-', 'zzz'];
      for (const from of ends) {
        for (const to of ends) {
          const expected = paths.filter((path) => path < from || path >= to);
          const found = storage.list('', { leaveOut: disjoint([{ from, to }]) });
          expect(await pathsOf(found)).toEqual(expected);
        }
      }
      const two = disjoint([
        { from: 'b-', to: 'b0/2' },
        { from: 'a/1/y', to: 'a/3' },
      ]);
      const left = ['a/1/x', 'a/3/x/y', 'b', 'c/1/x'];
      expect(await pathsOf(storage.list('', { leaveOut: two }))).toEqual(left);
    });

    it('lists sizes and times, and nothing where there is no folder', async () => {
      expect(await listed(storage, '')).toEqual([]);
      expect(await listed(storage, 'no/such/')).toEqual([]);
      await write('x/y', 'four');
      const [file] = await collect<FileInfo>(storage.list('x/'));
      expect(file).toEqual(await storage.stat('x/y'));
    });

    it('has local copies of several files at a time', async () => {
      const paths = ['copied/a', 'copied/b', 'copied/c'];
      for (const path of paths) {
        await write(path, path);
      }
      const copies = await Promise.all(paths.map((path) => storage.localPath(path)));
      const texts = await Promise.all(copies.map((copy) => readFile(copy, 'utf8')));
      expect(texts).toEqual(paths);
    });

    it('takes names as they are', async () => {
      const names = [
        'p=2024-01-01 00%3A00%3A00/a b.parquet',
        'p=2024-01-01 00:00:00/a b.parquet',
        'p=%25/a%2525.parquet',
        'ünïcode/日本語/\u{1F600}',
        'signs/+&=#?;,[]{}()!~\'"$@',
        'e\u0301/\u00e9',
        '_delta_log/_last_checkpoint',
        '.hidden/.file.crc',
        'dots/...',
      ];
      for (const name of names) {
        await write(name, name);
      }
      for (const name of names) {
        expect(await read(name)).toBe(name);
        expect((await storage.stat(name))?.path).toBe(name);
        expect(await listed(storage, name)).toEqual([name]);
      }
      expect(await listed(storage, '')).toHaveLength(names.length);
      for (const name of names) {
        await storage.delete(name);
      }
      expect(await listed(storage, '')).toEqual([]);
    });

    it('refuses paths that are not inside the lake', async () => {
      for (const path of ['', '/etc/passwd', '../x', 'a/../../x', 'a//b', 'a/', './a', 'a\0b']) {
        await expect(write(path, 'x')).rejects.toMatchObject({ code: 'storage_failed' });
        await expect(put(path, 'x')).rejects.toMatchObject({ code: 'storage_failed' });
        await expect(storage.read(path)).rejects.toMatchObject({ code: 'storage_failed' });
      }
    });

    it('deletes a file, also one that is not there', async () => {
      await write('gone/file', 'x');
      await storage.delete('gone/file');
      await storage.delete('gone/file');
      await storage.delete('never/was');
      expect(await storage.stat('gone/file')).toBeUndefined();
      expect(await put('gone/file', 'y')).toEqual({ kind: 'created' });
    });

    it('deletes a folder with all below it and nothing beside it, also one that is not there', async () => {
      for (const path of ['f/1/a', 'f/1/b/c', 'f/10/a', 'f/1x']) {
        await write(path, 'x');
      }
      await storage.deleteFolder('f/1');
      await storage.deleteFolder('f/1');
      await storage.deleteFolder('never/was');
      expect(await listed(storage, '')).toEqual(['f/10/a', 'f/1x']);
    });

    it('adopts a file from a work folder, and leaves it there when the path is taken', async () => {
      const work = await storage.workFolder('test work');
      const local = join(work.path, 'made here');
      await writeFile(local, 'content');
      expect(await storage.adopt(local, 'a/new/home')).toEqual({ kind: 'created' });
      expect(await read('a/new/home')).toBe('content');
      await expect(stat(local)).rejects.toMatchObject({ code: 'ENOENT' });

      await writeFile(local, 'other');
      expect(await storage.adopt(local, 'a/new/home')).toEqual({ kind: 'exists' });
      expect(await readFile(local, 'utf8')).toBe('other');
      expect(await read('a/new/home')).toBe('content');
      await work.release();
    });

    it('adopts one of many files that want the same path', async () => {
      const work = await storage.workFolder('race');
      const locals = await Promise.all(
        Array.from({ length: 20 }, async (_, index) => {
          const local = join(work.path, String(index));
          await writeFile(local, `content ${index}`);
          return local;
        }),
      );
      const results = await Promise.all(locals.map((local) => storage.adopt(local, 'adopted')));
      const winners = results.flatMap(({ kind }, index) => (kind === 'created' ? [index] : []));
      expect(winners).toHaveLength(1);
      expect(await read('adopted')).toBe(`content ${winners[0]}`);
      await work.release();
    });

    it('adopts a file that grows meanwhile, or leaves it when it is given up', async () => {
      const work = await storage.workFolder('growing');
      const local = join(work.path, 'file');
      const bytes = Buffer.alloc(20_000_001, 'it grows ');
      await writeFile(local, bytes.subarray(0, 9_000_000));
      const adoption = storage.beginAdoption(local, 'grown');
      adoption.advance(9_000_000);
      await appendFile(local, bytes.subarray(9_000_000));
      adoption.advance(bytes.length);
      expect(await storage.stat('grown')).toBeUndefined();
      expect(await adoption.finish()).toEqual({ kind: 'created' });
      expect((await storage.read('grown')).equals(bytes)).toBe(true);
      await expect(stat(local)).rejects.toMatchObject({ code: 'ENOENT' });

      await writeFile(local, 'given up');
      const givenUp = storage.beginAdoption(local, 'never');
      givenUp.advance(8);
      await givenUp.cancel();
      expect(await storage.stat('never')).toBeUndefined();
      const late = storage.beginAdoption(local, 'grown');
      expect(await late.finish({ sizeBytes: 8 })).toEqual({ kind: 'exists' });
      expect(await readFile(local, 'utf8')).toBe('given up');
      await work.release();
    });

    it('gives a local path that holds the bytes', async () => {
      await write('some/file.parquet', 'parquet');
      expect(await readFile(await storage.localPath('some/file.parquet'), 'utf8')).toBe('parquet');
      const fixed = { sizeBytes: 7, contentName: 'its hash' };
      storage.prefetch('some/file.parquet', fixed);
      storage.prefetch('no/such', fixed);
      const local = await storage.localPath('some/file.parquet', fixed);
      expect(await readFile(local, 'utf8')).toBe('parquet');
    });

    it('refuses to give a file that is known to have had another size', async () => {
      await write('some/file.parquet', 'parq');
      await expect(
        storage.localPath('some/file.parquet', { sizeBytes: 7, contentName: 'its hash' }),
      ).rejects.toMatchObject({
        code: 'storage_failed',
        message: expect.stringContaining(
          'some/file.parquet is not the file that was written there',
        ),
      });
    });

    it('gives a local path of a file that it has adopted', async () => {
      const work = await storage.workFolder('adopt');
      await writeFile(join(work.path, 'file'), 'content');
      const fixed = { sizeBytes: 7 };
      await storage.adopt(join(work.path, 'file'), 'its/place', fixed);
      expect(await readdir(work.path)).toEqual([]);
      expect(await readFile(await storage.localPath('its/place', fixed), 'utf8')).toBe('content');
      await work.release();
    });

    it('keeps work folders apart, empty and out of the lake', async () => {
      const [one, two] = [await storage.workFolder('x'), await storage.workFolder('x')];
      expect(one.path).not.toBe(two.path);
      await mkdir(join(one.path, 'sub'));
      await writeFile(join(one.path, 'sub', 'file'), 'x');
      expect(await listed(storage, '')).toEqual([]);
      await one.release();
      await one.release();
      await expect(stat(one.path)).rejects.toMatchObject({ code: 'ENOENT' });
      expect((await stat(two.path)).isDirectory()).toBe(true);
      await two.release();
    });

    it('leaves the work of living processes alone', async () => {
      const work = await storage.workFolder('mine');
      expect(await storage.removeAbandonedWork()).toBe(0);
      expect((await stat(work.path)).isDirectory()).toBe(true);
      await work.release();
    });
  });
}

async function listed(storage: Storage, prefix: string, startAfter?: string): Promise<string[]> {
  const options = startAfter === undefined ? {} : { startAfter };
  return await pathsOf(storage.list(prefix, options));
}

async function pathsOf(files: AsyncIterable<FileInfo>): Promise<string[]> {
  return (await collect(files)).map(({ path }) => path);
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) {
    all.push(item);
  }
  return all;
}

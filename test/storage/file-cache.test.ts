import { mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openFileCache } from '../../src/storage/file-cache.ts';

describe('copies of remote files', () => {
  let folder: string;
  let fetchCount: number;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'clicklake-cache-'));
    fetchCount = 0;
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  /** What one process does that needs the file. */
  async function useFile(): Promise<string> {
    const cache = openFileCache({ folder, maxBytes: 1e9 });
    const local = await cache.get('a/file', 'content', 5, async (file) => {
      fetchCount += 1;
      await writeFile(file, 'bytes');
    });
    const text = await readFile(local, 'utf8');
    await cache.close();
    return text;
  }

  const copies = () => readdir(join(folder, 'files'));

  it('are durable under their own name when they are used again', async () => {
    expect(await useFile()).toBe('bytes');
    await vi.waitFor(async () => {
      expect(await useFile()).toBe('bytes');
      expect(await copies()).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/)]);
    });
    expect(fetchCount).toBe(1);
  });

  it.runIf(process.platform === 'linux')(
    'are not believed after the machine was started again before that',
    async () => {
      await useFile();
      const [name = ''] = await copies();
      expect(name).toMatch(/^[0-9a-f]{64}\..+$/);
      const ofEarlierBoot = name.replace(/\..+$/, '.earlier');
      await rename(join(folder, 'files', name), join(folder, 'files', ofEarlierBoot));
      expect(await useFile()).toBe('bytes');
      expect(fetchCount).toBe(2);
    },
  );

  it('keep two contents of a path apart, and lie side by side in its folder', async () => {
    const cache = openFileCache({ folder, maxBytes: 1e9 });
    const get = (path: string, content: string) =>
      cache.get(path, content, content.length, (file) => writeFile(file, content));
    const [older, newer, beside] = await Promise.all([
      get('a/file', 'older'),
      get('a/file', 'the newer'),
      get('a/other', 'beside'),
    ]);
    expect(await readFile(older, 'utf8')).toBe('older');
    expect(await readFile(newer, 'utf8')).toBe('the newer');
    expect(dirname(beside)).toBe(dirname(older));
    await cache.release('a/file', 'older');
    expect(await readFile(await get('a/file', 'the newer'), 'utf8')).toBe('the newer');
    expect(await readFile(await get('a/file', 'older'), 'utf8')).toBe('older');
    await cache.close();
  });
});

import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fileError } from '../../src/storage/file-errors.ts';
import { openLocalStorage } from '../../src/storage/local.ts';
import { describeStorageContract } from './contract.ts';

describeStorageContract('local disk', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'clicklake-storage-'));
  return {
    storage: openLocalStorage(join(folder, 'not', 'there yet')),
    close: () => rm(folder, { recursive: true, force: true }),
  };
});

function isOnAnotherDisk(one: string, other: string): boolean {
  return existsSync(one) && statSync(one).dev !== statSync(other).dev;
}

describe('local storage', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'clicklake-storage-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const listed = async (root: string) => {
    const paths: string[] = [];
    for await (const { path } of openLocalStorage(root).list('')) {
      paths.push(path);
    }
    return paths;
  };

  it('leaves nothing in the work area after writing', async () => {
    const storage = openLocalStorage(folder);
    await storage.write('a', Buffer.from('x'));
    await storage.putIfAbsent('b', Buffer.from('x'));
    await storage.putIfAbsent('b', Buffer.from('y'));
    expect(await readdir(join(folder, '_work'))).toEqual([]);
  });

  it('does not list the work area, but files elsewhere with the same name', async () => {
    const storage = openLocalStorage(folder);
    const work = await storage.workFolder('x');
    await writeFile(join(work.path, 'unfinished'), 'x');
    await storage.write('sub/_work/file', Buffer.from('x'));
    expect(await listed(folder)).toEqual(['sub/_work/file']);
  });

  it('follows links to files and folders, but not back up, and skips broken ones', async () => {
    await mkdir(join(folder, 'elsewhere', 'deep'), { recursive: true });
    await writeFile(join(folder, 'elsewhere', 'deep', 'file'), 'x');
    await mkdir(join(folder, 'lake', 'sub'), { recursive: true });
    await symlink(join(folder, 'elsewhere'), join(folder, 'lake', 'linked'));
    await symlink(join(folder, 'elsewhere', 'deep', 'file'), join(folder, 'lake', 'one'));
    await symlink(join(folder, 'lake'), join(folder, 'lake', 'sub', 'loop'));
    await symlink(join(folder, 'nowhere'), join(folder, 'lake', 'broken'));
    await symlink(join(folder, 'elsewhere'), join(folder, 'elsewhere', 'deep', 'loop'));
    expect(await listed(join(folder, 'lake'))).toEqual(['linked/deep/file', 'one']);
  });

  it('refuses to list a name that is not UTF-8 rather than lose the file', async () => {
    await writeFile(Buffer.concat([Buffer.from(`${folder}/bad`), Buffer.from([0xff])]), 'x');
    await expect(listed(folder)).rejects.toMatchObject({ code: 'storage_failed' });
  });

  it('removes the work of processes that are gone, and no other', async () => {
    const storage = openLocalStorage(folder);
    const mine = await storage.workFolder('mine');
    const dead = spawnSync(process.execPath, ['-e', '']).pid;
    const host = hostname().replace(/[^A-Za-z0-9.-]/g, '-');
    const area = join(folder, '_work');
    const old = new Date(Date.now() - 8 * 24 * 3_600_000);
    await mkdir(join(area, `batch~${host}~${dead}~123~abc`, 'sub'), { recursive: true });
    await writeFile(join(area, `put~${host}~${dead}~123~abd`), 'x');
    // This process's number, given to it after another process had it.
    await mkdir(join(area, `batch~${host}~${process.pid}~1~abe`));
    await mkdir(join(area, `batch~other-host~${dead}~123~abf`));
    await mkdir(join(area, `batch~other-host~${dead}~123~abg`));
    await utimes(join(area, `batch~other-host~${dead}~123~abg`), old, old);
    await mkdir(join(area, 'not ours'));

    const hasProc = existsSync('/proc/self/stat');
    expect(await storage.removeAbandonedWork()).toBe(hasProc ? 4 : 3);
    expect(existsSync(mine.path)).toBe(true);
    const left = (await readdir(area)).filter((name) => !name.includes(`~${process.pid}~`));
    expect(left.sort()).toEqual([`batch~other-host~${dead}~123~abf`, 'not ours']);
  });

  it('says what a full disk, a forbidden folder and a missing file are', () => {
    const codes = ['ENOSPC', 'EDQUOT', 'EACCES', 'EPERM', 'EROFS', 'ENOENT', 'EIO'].map((code) => {
      const error = fileError('read', '/lake/x', Object.assign(new Error(code), { code }));
      expect(error.message).toContain('/lake/x');
      expect(error.hint).toBeTruthy();
      return error.code;
    });
    expect(codes).toEqual([
      'disk_full',
      'disk_full',
      'permission_denied',
      'permission_denied',
      'permission_denied',
      'not_found',
      'storage_failed',
    ]);
  });

  it('leaves nothing in the work area after a write that failed', async () => {
    const storage = openLocalStorage(folder);
    await storage.write('file', Buffer.from('x'));
    await expect(storage.write('file/below', Buffer.from('y'))).rejects.toThrow();
    await expect(storage.putIfAbsent('file/below', Buffer.from('y'))).rejects.toThrow();
    expect(await readdir(join(folder, '_work'))).toEqual([]);
  });

  it.skipIf(!isOnAnotherDisk('/dev/shm', tmpdir()))(
    'adopts a file from another file system, once, and leaves no copy behind',
    async () => {
      const elsewhere = await mkdtemp('/dev/shm/clicklake-storage-');
      try {
        const storage = openLocalStorage(folder);
        const file = join(elsewhere, 'file');
        await writeFile(file, 'first');
        expect(await storage.adopt(file, 'sub/it')).toEqual({ kind: 'created' });
        expect(existsSync(file)).toBe(false);
        await writeFile(file, 'second');
        expect(await storage.adopt(file, 'sub/it')).toEqual({ kind: 'exists' });
        expect(existsSync(file)).toBe(true);
        expect((await storage.read('sub/it')).toString()).toBe('first');
        expect(await readdir(join(folder, '_work'))).toEqual([]);
      } finally {
        await rm(elsewhere, { recursive: true, force: true });
      }
    },
  );

  it('says that a file stands where a folder should be', async () => {
    const storage = openLocalStorage(folder);
    await storage.write('file', Buffer.from('x'));
    await expect(storage.write('file/below', Buffer.from('y'))).rejects.toMatchObject({
      name: 'ClicklakeError',
      code: 'storage_failed',
      message: expect.stringMatching(
        /^cannot write .*file\/below: (?:not a directory|file already exists)$/,
      ),
    });
  });
});

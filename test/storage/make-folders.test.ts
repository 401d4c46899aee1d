import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeFolders } from '../../src/storage/make-folders.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'clicklake-folders-'));
});
afterEach(() => rm(root, { recursive: true }));

describe('making folders', () => {
  it('answers the topmost folder that was missing', async () => {
    await mkdir(join(root, 'a'));
    expect(await makeFolders(join(root, 'a/b/c/d'))).toBe(join(root, 'a/b'));
    expect((await stat(join(root, 'a/b/c/d'))).isDirectory()).toBe(true);
    expect(await makeFolders(join(root, 'a/b/c/d'))).toBeUndefined();
    expect(await makeFolders(join(root, 'a/b/c/e'))).toBe(join(root, 'a/b/c/e'));
  });

  it('succeeds for all who do it at once', async () => {
    await Promise.all(Array.from({ length: 20 }, () => makeFolders(join(root, 'a/b/c'))));
    expect((await stat(join(root, 'a/b/c'))).isDirectory()).toBe(true);
  });

  it('fails where a file is in the way', async () => {
    await writeFile(join(root, 'file'), '');
    await expect(makeFolders(join(root, 'file'))).rejects.toMatchObject({ code: 'EEXIST' });
    await expect(makeFolders(join(root, 'file/a/b'))).rejects.toMatchObject({ code: 'ENOTDIR' });
  });

  it('fails, and does not go on forever, where the system keeps no folders', async () => {
    await expect(makeFolders('/proc/clicklake/lake')).rejects.toThrow();
  });
});

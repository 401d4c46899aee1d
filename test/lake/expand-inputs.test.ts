import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { expandInputs } from '../../src/lake/expand-inputs.ts';

let cwd: string;
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'clicklake-inputs-'));
});
afterEach(() => rm(cwd, { recursive: true }));

async function makeFiles(...names: string[]): Promise<void> {
  for (const name of names) {
    await mkdir(dirname(join(cwd, name)), { recursive: true });
    await writeFile(join(cwd, name), '');
  }
}

async function* noInput(): AsyncGenerator<Buffer> {}

async function expand(...names: string[]): Promise<{ files: string[]; leftOut: string[] }> {
  const { inputs, leftOut } = await expandInputs(names, cwd, noInput());
  const files = inputs.map((input) =>
    input.kind === 'file' ? relative(cwd, input.path) : `<${input.name}>`,
  );
  return { files, leftOut };
}

describe('what the user names to be ingested', () => {
  it('a folder gives its files at any depth whatever their names, in the order of their paths', async () => {
    await makeFiles(
      'in/b.json',
      'in/a/z.gz',
      'in/a/y.zst',
      'in/c.log.1',
      'in/part-00000',
      'in/data',
    );
    expect(await expand('in')).toEqual({
      files: ['in/a/y.zst', 'in/a/z.gz', 'in/b.json', 'in/c.log.1', 'in/data', 'in/part-00000'],
      leftOut: [],
    });
  });

  it('skips files of a folder that are hidden or not events, and lists them', async () => {
    await makeFiles('in/a.json', 'in/.b.json', 'in/_tmp/c.json', 'in/truth.json', 'in/_SUCCESS');
    await symlink('absent.json', join(cwd, 'in/e.json'));
    expect(await expand('in')).toEqual({
      files: ['in/a.json'],
      leftOut: ['in/.b.json', 'in/_SUCCESS', 'in/_tmp', 'in/e.json', 'in/truth.json'],
    });
  });

  it('a file is taken whatever its name', async () => {
    await makeFiles('d.csv', '.hidden', 'a[1]*.json');
    expect((await expand('d.csv', '.hidden', 'a[1]*.json')).files).toEqual([
      'd.csv',
      '.hidden',
      'a[1]*.json',
    ]);
  });

  it('a pattern gives its matches in order', async () => {
    await makeFiles('in/b.json', 'in/a.json', 'in/deep/er/c.json', 'in/d.csv');
    expect((await expand('in/*.json')).files).toEqual(['in/a.json', 'in/b.json']);
    expect((await expand('in/**/*.json')).files).toEqual([
      'in/a.json',
      'in/b.json',
      'in/deep/er/c.json',
    ]);
    expect((await expand('in/{a,d}.*')).files).toEqual(['in/a.json', 'in/d.csv']);
    expect((await expand(join(cwd, 'in/[ab].json'))).files).toEqual(['in/a.json', 'in/b.json']);
  });

  it('each file comes once, standard input too', async () => {
    await makeFiles('in/a.json', 'in/b.json');
    expect((await expand('in/b.json', '-', 'in', '-', './in/*.json')).files).toEqual([
      'in/b.json',
      '<stdin>',
      'in/a.json',
    ]);
  });

  it('links are followed, in circles only once', async () => {
    await makeFiles('in/a.json', 'other/b.json');
    await symlink('../other', join(cwd, 'in/link'));
    await symlink('..', join(cwd, 'in/up'));
    const { files, leftOut } = await expand('in');
    expect(files).toContain('in/a.json');
    expect(files).toContain('in/link/b.json');
    expect(leftOut).toContain('in/up/in');
  });

  it('an address is refused without the signature that it may hold', async () => {
    await expect(expand('https://shop.blob.core.windows.net/x.json?sig=secret')).rejects.toThrow(
      /no file, folder or match: https:\/\/shop\.blob\.core\.windows\.net\/x\.json\?…$/,
    );
  });

  it('a name that stands for nothing is refused before anything is read', async () => {
    await makeFiles('a.json', 'empty/_x.csv');
    await expect(expand('a.json', 'absent.json')).rejects.toMatchObject({
      code: 'not_found',
      message: 'no file, folder or match: absent.json',
    });
    await expect(expand('*.gz')).rejects.toMatchObject({ code: 'not_found' });
    await expect(expand('a.json/x')).rejects.toMatchObject({ code: 'not_found' });
    await expect(expand('empty')).rejects.toMatchObject({
      code: 'not_found',
      message: 'there is nothing to ingest in empty',
    });
    await symlink('../gone.json', join(cwd, 'link.json'));
    await expect(expand('link.json')).rejects.toMatchObject({
      code: 'not_found',
      message: 'link.json is a link to ../gone.json, which does not exist',
    });
  });
});

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { expect, it } from 'vitest';
import { packPackage } from '../../src/databricks-bundle/pack.ts';
import { tarArchive } from '../../src/databricks-bundle/tar.ts';
import { ROOT } from '../acceptance/command.ts';

const lines = (text: string) => text.trimEnd().split('\n').sort();

async function withFile<T>(
  bytes: AsyncIterable<Uint8Array>,
  use: (file: string, folder: string) => T,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'clicklake-pack-'));
  try {
    const file = join(folder, 'archive');
    await writeFile(file, bytes);
    return use(file, folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

it('packs the files that npm would, in the same bytes each time', async () => {
  const options = { withDependencies: false };
  const { isWhole, bytes } = await packPackage(options);
  expect(isWhole).toBe(false);
  const hash = createHash('sha256');
  const ours = await withFile(bytes, (file) => {
    hash.update(execFileSync('cat', [file]));
    return lines(execFileSync('tar', ['-tzf', file], { encoding: 'utf8' }));
  });
  const [npm] = JSON.parse(
    execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
      cwd: ROOT,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      shell: process.platform === 'win32',
    }),
  );
  expect(ours).toEqual(npm.files.map(({ path }: { path: string }) => `package/${path}`).sort());

  const again = createHash('sha256');
  for await (const chunk of (await packPackage(options)).bytes) {
    again.update(chunk);
  }
  expect(again.digest('hex')).toBe(hash.digest('hex'));
});

it('archives names of any length, and empty files', async () => {
  const names = ['a', 'b/ü', `${'c/'.repeat(48)}four`, `${'d/'.repeat(48)}fives`];
  names.push(`${'e'.repeat(200)}/${'f'.repeat(200)}`, 'g'.repeat(84), `ü${'h'.repeat(983)}`);
  const files = names.map((path) => ({ path, read: async () => Buffer.from(path.slice(1)) }));
  await withFile(tarArchive(files), (file, folder) => {
    const listed = ['-t', '--quoting-style=literal', '--show-transformed-names', '-f', file];
    expect(lines(execFileSync('tar', listed, { encoding: 'utf8' }))).toEqual([...names].sort());
    for (const name of names.slice(0, -2)) {
      execFileSync('tar', ['-xf', file, '-C', folder, name]);
      expect(execFileSync('cat', [join(folder, name)], { encoding: 'utf8' })).toBe(name.slice(1));
    }
  });
});

import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { installedDependencies } from '../../src/databricks-bundle/installed-dependencies.ts';

const NATIVE = '@duckdb/node-bindings-linux-x64';

describe('what a package needs on another machine', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), 'clicklake-dependencies-')));
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function install(path: string, manifest: object = {}): Promise<void> {
    await mkdir(join(folder, path), { recursive: true });
    await writeFile(join(folder, path, 'package.json'), JSON.stringify(manifest));
  }

  async function layout(): Promise<[string, string][]> {
    const placed = await installedDependencies(join(folder, 'node_modules/ours'));
    return [...(placed ?? [])].map(([place, from]) => [place, from.slice(folder.length + 1)]);
  }

  it('is found beside the package, and placed below it with the versions that each sees', async () => {
    await install('node_modules/ours', {
      dependencies: { a: '1', b: '1', [NATIVE]: '1' },
      devDependencies: { tool: '1' },
    });
    await install('node_modules/tool');
    await install(`node_modules/${NATIVE}`, { os: ['linux'], cpu: ['x64'] });
    // Ours is the older one; what the outer folder has is what b sees.
    await install('node_modules/ours/node_modules/a');
    await install('node_modules/a', { dependencies: { c: '1' } });
    await install('node_modules/b', { dependencies: { a: '2', c: '1' } });
    await install('node_modules/c');
    expect(await layout()).toEqual([
      ['node_modules/a', 'node_modules/ours/node_modules/a'],
      ['node_modules/b', 'node_modules/b'],
      [`node_modules/${NATIVE}`, `node_modules/${NATIVE}`],
      ['node_modules/b/node_modules/a', 'node_modules/a'],
      ['node_modules/c', 'node_modules/c'],
    ]);
  });

  it('leaves out what is for another system', async () => {
    await install('node_modules/ours', { dependencies: { bindings: '1' } });
    await install('node_modules/bindings', {
      optionalDependencies: { mac: '1', absent: '1', [NATIVE]: '1' },
    });
    await install('node_modules/mac', { os: ['darwin'] });
    await install(`node_modules/${NATIVE}`);
    expect((await layout()).map(([place]) => place)).toEqual([
      'node_modules/bindings',
      `node_modules/${NATIVE}`,
    ]);
  });

  it('is not complete without a dependency, or without the native part of DuckDB', async () => {
    await install('node_modules/ours', { dependencies: { a: '1', [NATIVE]: '1' } });
    await install(`node_modules/${NATIVE}`);
    expect(await layout()).toEqual([]);
    await install('node_modules/a');
    expect(await layout()).toHaveLength(2);
    await install('node_modules/ours', { dependencies: { a: '1' } });
    expect(await layout()).toEqual([]);
  });
});

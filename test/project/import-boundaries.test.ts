import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** What each folder may import beside itself and src/errors.ts; the rules stand in biome.json. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  bronze: ['contract', 'delta', 'storage'],
  contract: [],
  cli: [
    'config',
    'contract',
    'dashboard',
    'databricks-bundle',
    'lake',
    'metrics',
    'pipeline',
    'powerbi',
    'simulate',
    'spark-server',
    'verify',
  ],
  config: ['contract', 'mapping'],
  dashboard: ['metrics'],
  'dashboard/server': ['dashboard', 'metrics', 'lake', 'pipeline'],
  'dashboard/web': ['dashboard', 'metrics'],
  'databricks-bundle': ['storage'],
  delta: ['storage'],
  engines: ['bronze', 'contract', 'delta', 'storage'],
  'engines/spark/connect': ['engines'],
  lake: ['config', 'contract', 'delta', 'engines', 'pipeline', 'storage'],
  metrics: [],
  pipeline: ['bronze', 'config', 'contract', 'delta', 'engines', 'storage', 'verify'],
  powerbi: ['metrics', 'storage'],
  simulate: ['contract'],
  'spark-server': ['engines', 'storage'],
  storage: [],
  verify: ['bronze', 'contract', 'delta', 'storage'],
};
const FOLDERS = readdirSync('src', { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name);
const BIOME = createRequire(import.meta.url).resolve('@biomejs/biome/bin/biome');

/** What a probe in each folder imports against the rules, according to the linter. */
async function lintProbes(root: string): Promise<Map<string, string[]>> {
  const { vcs: _, ...config } = JSON.parse(await readFile('biome.json', 'utf8'));
  await writeFile(join(root, 'biome.json'), JSON.stringify({ ...config, $schema: undefined }));
  const imported = [...FOLDERS, 'main'];
  const refused = new Map<string, string[]>();
  for (const folder of Object.keys(ALLOWED)) {
    refused.set(folder, []);
    const up = folder.replace(/[^/]+/g, '..');
    const source = imported.map((part, index) => {
      const address = part === 'main' ? `${up}/main.ts` : `${up}/${part}/x.ts`;
      return index % 2 === 0 ? `import '${address}';` : `void import('${address}');`;
    });
    await mkdir(join(root, 'src', folder), { recursive: true });
    await writeFile(join(root, 'src', folder, 'probe.ts'), source.join('\n'));
  }
  const only = '--only=style/noRestrictedImports';
  const { stdout } = spawnSync(
    process.execPath,
    [BIOME, 'lint', only, '--reporter=github', '--max-diagnostics=none', '.'],
    { cwd: root, encoding: 'utf8' },
  );
  const finding = /file=(?:[^,]*\/)?src\/([^,]+?)\/probe\.ts,line=(\d+)/g;
  for (const [, folder, line] of stdout.matchAll(finding)) {
    refused.get(folder!)!.push(imported[Number(line) - 1]!);
  }
  return refused;
}

describe('imports follow the rules of the design', () => {
  let root: string;
  let refused: Map<string, string[]>;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'clicklake-boundaries-'));
    refused = await lintProbes(root);
  });
  afterAll(() => rm(root, { recursive: true }));

  it('and every folder of src/ has one', () => {
    const ruled = new Set(Object.keys(ALLOWED).map((folder) => folder.split('/')[0]));
    expect([...ruled].sort()).toEqual([...FOLDERS].sort());
  });

  it('and the pipeline does not ask where a lake lies', () => {
    const asking = readdirSync('src/pipeline', { recursive: true, encoding: 'utf8' }).filter(
      (name) =>
        name.endsWith('.ts') &&
        readFileSync(join('src/pipeline', name), 'utf8').includes('isRemote'),
    );
    expect(asking).toEqual([]);
  });

  it.each(Object.entries(ALLOWED))('%s imports no more than %j', (folder, allowed) => {
    const itself = folder.split('/')[0]!;
    const others = FOLDERS.filter((name) => name !== itself && !allowed.includes(name));
    expect(refused.get(folder)?.sort()).toEqual([...others, 'main'].sort());
  });
});

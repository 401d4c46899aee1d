import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** What each folder may import beside itself and src/errors.ts; the rules stand in biome.json. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  bronze: ['contract', 'delta', 'mapping', 'storage'],
  contract: [],
  cli: [
    'config',
    'contract',
    'dashboard',
    'databricks-bundle',
    'lake',
    'mapping',
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
  engines: ['bronze', 'contract', 'delta', 'mapping', 'storage'],
  'engines/spark/connect': ['engines'],
  lake: ['config', 'contract', 'delta', 'engines', 'mapping', 'pipeline', 'storage'],
  mapping: ['contract'],
  metrics: [],
  pipeline: ['bronze', 'config', 'contract', 'delta', 'engines', 'mapping', 'storage', 'verify'],
  powerbi: ['metrics', 'storage'],
  simulate: ['contract'],
  'spark-server': ['engines', 'storage'],
  storage: [],
  verify: ['bronze', 'contract', 'delta', 'mapping', 'storage'],
};
/**
 * Folders that could be packages: what they may import from outside, all else is refused, whatever it is
 * called and however it is imported.
 */
const CLOSED: Readonly<Record<string, readonly string[]>> = {
  storage: ['../errors.ts'],
  'storage/azure': ['../../errors.ts', '../storage.ts'],
  delta: ['../errors.ts', '../storage/storage.ts'],
  simulate: ['../errors.ts', '../contract/fields.ts'],
  'engines/spark/connect': ['../../../errors.ts'],
};
const FORMS = [
  (address: string) => `import '${address}';`,
  (address: string) => `import type { A } from '${address}';`,
  (address: string) => `export * from '${address}';`,
  (address: string) => `void import('${address}');`,
];
const FOLDERS = readdirSync('src', { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name);
const BIOME = createRequire(import.meta.url).resolve('@biomejs/biome/bin/biome');

/** Lines of a second probe in each closed folder that the linter refuses. */
const refusedInClosed = new Map<string, number[]>();

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
  for (const [folder, allowed] of Object.entries(CLOSED)) {
    refusedInClosed.set(folder, []);
    const lines = FORMS.flatMap((form) => [...foreignTo(folder), ...allowed].map(form));
    await mkdir(join(root, 'src', folder), { recursive: true });
    await writeFile(join(root, 'src', folder, 'closed.ts'), lines.join('\n'));
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
  const closed = /file=(?:[^,]*\/)?src\/([^,]+?)\/closed\.ts,line=(\d+)/g;
  for (const [, folder, line] of stdout.matchAll(closed)) {
    refusedInClosed.get(folder!)!.push(Number(line));
  }
  return refused;
}

/** Another folder of each level above, files beside it, the rest of the project, and the package itself. */
function foreignTo(folder: string): string[] {
  const levels = folder.split('/').length;
  const own = folder.startsWith('storage/') ? 1 : 0;
  const ups = Array.from({ length: levels - own }, (_, level) => '../'.repeat(level + 1 + own));
  const above = ups.flatMap((up) => [`${up}any.ts`, `${up}any.js`, `${up}a-new-folder/any.ts`]);
  const root = '../'.repeat(levels + 1);
  return [...above, `${root}bench/measure.ts`, `${root}test/any.ts`, 'clicklake'];
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
    const found = refused.get(folder)?.filter((name) => name !== itself);
    expect(found?.sort()).toEqual([...others, 'main'].sort());
  });

  it.each(Object.entries(CLOSED))(
    '%s could be a package: only %j from outside',
    (folder, allowed) => {
      const foreign = foreignTo(folder).length;
      const perForm = foreign + allowed.length;
      const expected = FORMS.flatMap((_, form) =>
        Array.from({ length: foreign }, (__, index) => form * perForm + index + 1),
      );
      expect(refusedInClosed.get(folder)?.sort((a, b) => a - b)).toEqual(expected);
    },
  );
});

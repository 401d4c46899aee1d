import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const BIOME = createRequire(import.meta.url).resolve('@biomejs/biome/bin/biome');
const PARTS = [
  'cli',
  'pipeline',
  'config',
  'verify',
  'simulate',
  'powerbi',
  'dashboard',
  'bronze',
  'engines',
  'delta',
  'storage',
];

/** What a probe in each folder of src/ imports against the arrows, according to the linter. */
async function lintProbes(
  root: string,
  folders: readonly string[],
): Promise<Map<string, string[]>> {
  const { vcs: _, ...config } = JSON.parse(await readFile('biome.json', 'utf8'));
  await writeFile(join(root, 'biome.json'), JSON.stringify({ ...config, $schema: undefined }));
  const imported = [...PARTS, 'main'];
  for (const folder of folders) {
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
  const refused = new Map<string, string[]>(folders.map((folder) => [folder, []]));
  const finding = /file=(?:[^,]*\/)?src\/([^,]+?)\/probe\.ts,line=(\d+)/g;
  for (const [, folder, line] of stdout.matchAll(finding)) {
    refused.get(folder!)!.push(imported[Number(line) - 1]!);
  }
  return refused;
}

describe('imports follow the arrows of the design', () => {
  const refusedIn: [folder: string, refused: string[]][] = [
    [
      'storage',
      [
        'cli',
        'pipeline',
        'config',
        'verify',
        'simulate',
        'powerbi',
        'dashboard',
        'bronze',
        'engines',
        'delta',
      ],
    ],
    [
      'delta',
      [
        'cli',
        'pipeline',
        'config',
        'verify',
        'simulate',
        'powerbi',
        'dashboard',
        'bronze',
        'engines',
      ],
    ],
    [
      'bronze',
      ['cli', 'pipeline', 'config', 'verify', 'simulate', 'powerbi', 'dashboard', 'engines'],
    ],
    ['engines/duckdb', ['cli', 'pipeline', 'config', 'verify', 'simulate', 'powerbi', 'dashboard']],
    ['verify', ['cli', 'pipeline', 'config', 'simulate', 'powerbi', 'dashboard', 'engines']],
    ['pipeline', ['cli', 'simulate', 'powerbi', 'dashboard']],
    [
      'config',
      [
        'cli',
        'pipeline',
        'verify',
        'simulate',
        'powerbi',
        'dashboard',
        'bronze',
        'engines',
        'delta',
        'storage',
      ],
    ],
    [
      'simulate',
      [
        'cli',
        'pipeline',
        'config',
        'verify',
        'powerbi',
        'dashboard',
        'bronze',
        'engines',
        'delta',
        'storage',
      ],
    ],
    [
      'powerbi',
      [
        'cli',
        'config',
        'pipeline',
        'verify',
        'simulate',
        'dashboard',
        'bronze',
        'engines',
        'delta',
      ],
    ],
    [
      'dashboard/server',
      ['cli', 'config', 'verify', 'simulate', 'powerbi', 'bronze', 'engines', 'delta', 'storage'],
    ],
    [
      'dashboard/web',
      [
        'cli',
        'pipeline',
        'config',
        'verify',
        'simulate',
        'powerbi',
        'bronze',
        'engines',
        'delta',
        'storage',
      ],
    ],
    ['cli', ['bronze', 'engines', 'delta', 'storage']],
  ];
  let root: string;
  let found: Map<string, string[]>;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'clicklake-boundaries-'));
    found = await lintProbes(
      root,
      refusedIn.map(([folder]) => folder),
    );
  });
  afterAll(() => rm(root, { recursive: true }));

  it.each(refusedIn)('%s may not import %j', (folder, refused) => {
    expect(found.get(folder)?.sort()).toEqual([...refused, 'main'].sort());
  });
});

import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { adlsGoldAddress, oneLakeAddress, windowsAddress } from '../../src/powerbi/addresses.ts';
import type { ProjectFile } from '../../src/powerbi/project-file.ts';
import { MANIFEST_FILE, type WriteReport, writeProject } from '../../src/powerbi/write-project.ts';
import { runCommand } from '../cli/support.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'clicklake-powerbi-'));
});
afterEach(() => rm(folder, { recursive: true }));

const text = (path: string) => readFile(join(folder, path), 'utf8');
const write = (files: Record<string, string>, isForced = false): Promise<WriteReport> => {
  const list: ProjectFile[] = Object.entries(files).map(([path, content]) => ({
    path,
    text: content,
  }));
  return writeProject(folder, list, { isForced });
};

describe('writing a project', () => {
  const first = { 'a.json': '{\n  "x": 1,\n  "y": 2\n}\n', 'model/b.tmdl': 'table B\n\tx: 1\n' };

  it('writes every file, and nothing the second time', async () => {
    const report = await write(first);
    expect(report).toEqual({
      written: ['a.json', 'model/b.tmdl'],
      unchanged: [],
      removed: [],
      kept: [],
    });
    expect(await text('model/b.tmdl')).toBe(first['model/b.tmdl']);
    const manifest = await text(MANIFEST_FILE);
    expect(await write(first)).toMatchObject({
      written: [],
      unchanged: ['a.json', 'model/b.tmdl'],
    });
    expect(await text(MANIFEST_FILE)).toBe(manifest);
  });

  it('brings files up to date that nobody has changed', async () => {
    await write(first);
    const report = await write({ ...first, 'a.json': '{}\n' });
    expect(report).toMatchObject({ written: ['a.json'], unchanged: ['model/b.tmdl'], kept: [] });
    expect(await text('a.json')).toBe('{}\n');
  });

  it("keeps what a person has changed, until forced, and a person's own files for ever", async () => {
    await write(first);
    await writeFile(join(folder, 'a.json'), '{ "x": 3 }');
    await writeFile(join(folder, 'model/mine.tmdl'), 'mine');
    for (const next of [first, { ...first, 'a.json': '{}\n' }]) {
      expect(await write(next)).toMatchObject({
        written: [],
        kept: [{ path: 'a.json', reason: 'changed' }],
      });
      expect(await text('a.json')).toBe('{ "x": 3 }');
    }
    expect(await write(first, true)).toMatchObject({ written: ['a.json'], kept: [] });
    expect(await text('a.json')).toBe(first['a.json']);
    expect(await text('model/mine.tmdl')).toBe('mine');
  });

  it('does not bring back what a person has deleted, until forced', async () => {
    await write(first);
    await rm(join(folder, 'a.json'));
    expect(await write(first)).toMatchObject({
      written: [],
      kept: [{ path: 'a.json', reason: 'deleted' }],
    });
    expect(await write(first)).toMatchObject({ kept: [{ path: 'a.json', reason: 'deleted' }] });
    expect(await write(first, true)).toMatchObject({ written: ['a.json'] });
  });

  it('removes what is no longer generated, with folders that become empty, but not what was changed', async () => {
    await write({ ...first, 'pages/old/page.json': '{}\n', 'pages/old/visual.json': '{}\n' });
    expect(await write(first)).toMatchObject({
      removed: ['pages/old/page.json', 'pages/old/visual.json'],
    });
    expect(await readdir(folder)).toEqual([MANIFEST_FILE, 'a.json', 'model']);
    await writeFile(join(folder, 'model/b.tmdl'), 'changed');
    const kept = [{ path: 'model/b.tmdl', reason: 'changed, no longer generated' }];
    expect(await write({ 'a.json': first['a.json'] })).toMatchObject({ kept, removed: [] });
    expect(await write({ 'a.json': first['a.json'] }, true)).toMatchObject({
      removed: ['model/b.tmdl'],
    });
  });

  it('takes other line ends and another layout of JSON for no change', async () => {
    await write(first);
    await writeFile(join(folder, 'a.json'), '\uFEFF{"y":2,"x":1}');
    await writeFile(join(folder, 'model/b.tmdl'), 'table B\r\n\tx: 1\r\n');
    expect(await write(first)).toMatchObject({ written: [], kept: [] });
    expect(await write({ 'a.json': '{}\n', 'model/b.tmdl': 'table B\n' })).toMatchObject({
      written: ['a.json', 'model/b.tmdl'],
    });
  });

  it('brings a model up to date that Desktop has only saved, and keeps one that a person has changed', async () => {
    const model = (format: string) => ({
      'M.tmdl': `table Metrics\n\tmeasure 'Add-to-Carts' = 1\n\t\tformatString: ${format}\n\t\tdisplayFolder: A\n`,
    });
    const saved = (expression: string) =>
      `table 'Metrics'\r\n\r\n\tmeasure Add-to-Carts = ${expression}\r\n\t\tdisplayFolder: A\r\n\t\tformatString: 0\r\n\r\n`;
    await write(model('0'));
    await writeFile(join(folder, 'M.tmdl'), saved('1'));
    expect(await write(model('0'))).toMatchObject({ unchanged: ['M.tmdl'], written: [] });
    expect(await text('M.tmdl')).toBe(saved('1'));
    expect(await write(model('#,0'))).toMatchObject({ written: ['M.tmdl'], kept: [] });
    expect(await text('M.tmdl')).toBe(model('#,0')['M.tmdl']);
    await writeFile(join(folder, 'M.tmdl'), saved('2'));
    expect(await write(model('0'))).toMatchObject({
      written: [],
      kept: [{ path: 'M.tmdl', reason: 'changed' }],
    });
  });

  it('knows as its own what an earlier version wrote, which noted the text itself', async () => {
    const sha256 = (content: string) => createHash('sha256').update(content).digest('hex');
    const old = "table A\n\tmeasure 'B-c' = 1\n";
    await writeFile(join(folder, 'A.tmdl'), old);
    const files = { 'A.tmdl': sha256(old.trimEnd()) };
    await writeFile(join(folder, MANIFEST_FILE), JSON.stringify({ format: 1, files }));
    expect(await write({ 'A.tmdl': 'table A\n\tmeasure B-c = 2\n' })).toMatchObject({
      written: ['A.tmdl'],
      kept: [],
    });
  });

  it('takes files that were there before the project for changed ones', async () => {
    await writeFile(join(folder, 'a.json'), 'mine');
    expect(await write(first)).toMatchObject({
      written: ['model/b.tmdl'],
      kept: [{ path: 'a.json', reason: 'changed' }],
    });
    expect(await text('a.json')).toBe('mine');
  });

  it.each([
    'not JSON',
    '[]',
    '{"format":2,"files":{}}',
    '{"format":1,"files":{"../outside":"00"}}',
    '{"format":1,"files":{"/etc/x":"00"}}',
  ])('refuses a list of files that it cannot trust: %s', async (manifest) => {
    await writeFile(join(folder, MANIFEST_FILE), manifest);
    await expect(write(first)).rejects.toMatchObject({ code: 'usage' });
    expect(await readdir(folder)).toEqual([MANIFEST_FILE]);
  });

  it('says when the folder cannot be written', async () => {
    await writeFile(join(folder, 'file'), '');
    await expect(
      writeProject(join(folder, 'file', 'out'), [], { isForced: false }),
    ).rejects.toMatchObject({ code: 'usage' });
  });
});

describe('addresses in the words of Power BI', () => {
  it.each([
    [String.raw`C:\lake\gold`, undefined, String.raw`C:\lake\gold`],
    ['C:/lake/gold', undefined, String.raw`C:\lake\gold`],
    [String.raw`\\server\share\gold`, undefined, String.raw`\\server\share\gold`],
    ['/home/ann/lake/gold', undefined, '/home/ann/lake/gold'],
    ['/home/ann/lake/gold', 'Ubuntu', String.raw`\\wsl.localhost\Ubuntu\home\ann\lake\gold`],
    ['/mnt/c/lake/gold', 'Ubuntu', String.raw`C:\lake\gold`],
    ['/mnt/data/gold', 'Ubuntu', String.raw`\\wsl.localhost\Ubuntu\mnt\data\gold`],
  ])('%s on %s is %s', (path, distribution, expected) => {
    expect(windowsAddress(path, distribution)).toBe(expected);
  });

  it.each([
    [
      'abfss://shop@acme.dfs.core.windows.net/lake/gold/',
      'https://acme.dfs.core.windows.net/shop/lake/gold',
    ],
    ['abfss://shop@acme.dfs.core.windows.net', 'https://acme.dfs.core.windows.net/shop/gold'],
    [
      'abfss://shop@acme.dfs.core.windows.net/lake',
      'https://acme.dfs.core.windows.net/shop/lake/gold',
    ],
    [
      'abfss://shop@acme.blob.core.windows.net/lake',
      'https://acme.dfs.core.windows.net/shop/lake/gold',
    ],
    [
      'https://Acme.blob.core.windows.net/shop/lake/gold/',
      'https://acme.dfs.core.windows.net/shop/lake/gold',
    ],
    [
      'https://acme.blob.core.chinacloudapi.cn/gold',
      'https://acme.dfs.core.chinacloudapi.cn/gold/gold',
    ],
    // A lakehouse of Fabric, by names or by ids.
    [
      'abfss://shop@onelake.dfs.fabric.microsoft.com/web.Lakehouse/Files/lake',
      'https://onelake.dfs.fabric.microsoft.com/shop/web.Lakehouse/Files/lake/gold',
    ],
    [
      'https://onelake.dfs.fabric.microsoft.com/0f1e/2d3c/Files/lake/gold',
      'https://onelake.dfs.fabric.microsoft.com/0f1e/2d3c/Files/lake/gold',
    ],
    ['https://acme.example.com/shop/gold', undefined],
    ['https://acme.file.core.windows.net/shop/gold', undefined],
    ['https://acme.dfs.core.windows.net/shop/gold/', 'https://acme.dfs.core.windows.net/shop/gold'],
    ['https://acme.dfs.core.windows.net', undefined],
    ['https://acme.dfs.core.windows.net/shop?sig=secret', undefined],
    ['https://acme.dfs.core.windows.net/shop/lake/../gold', undefined],
    ['abfss://shop@acme.dfs.core.windows.net/./gold', undefined],
    ['https://acme.dfs.core.windows.net/shop/lake/.%2E/gold', undefined],
    ['s3://bucket/gold', undefined],
    ['/lake/gold', undefined],
  ])('%s is %s', (address, expected) => {
    expect(adlsGoldAddress(address)).toBe(expected);
  });
});

describe('a lakehouse', () => {
  const [workspace, lakehouse] = [
    '0f1e2d3c-0000-4000-8000-00000000000a',
    '0f1e2d3c-0000-4000-8000-00000000000b',
  ];

  it.each([
    ['Shop', 'Clicks', 'Shop/Clicks.Lakehouse'],
    ['My Shop', 'Clicks.Lakehouse', 'My%20Shop/Clicks.Lakehouse'],
    [workspace, lakehouse, `${workspace}/${lakehouse}`],
    [workspace, 'Clicks', undefined],
    ['Shop', lakehouse, undefined],
    ['Shop', 'Clicks.Lakehouse/Files', undefined],
  ])('%s, %s is at %s', (ofWorkspace, ofLakehouse, path) => {
    expect(oneLakeAddress(ofWorkspace, ofLakehouse)).toBe(
      path && `https://onelake.dfs.fabric.microsoft.com/${path}`,
    );
  });
});

describe('clicklake powerbi', () => {
  const run = (...args: string[]) =>
    runCommand(['powerbi', '--out', 'out', ...args], { cwd: folder });

  it('makes a project for the lake in the working folder, and says what to do next', async () => {
    await mkdir(join(folder, 'lake'));
    const { exitCode, stdout, stderr } = await run();
    expect(exitCode).toBe(0);
    expect(stderr).toContain('has no Gold');
    await mkdir(join(folder, 'lake', 'gold'), { recursive: true });
    expect((await run()).stderr).toBe('');
    expect(stdout).toContain(join(folder, 'out', 'Clicklake.pbip'));
    expect(stdout).toContain('Refresh');
    const expressions = await text('out/Clicklake.SemanticModel/definition/expressions.tmdl');
    expect(expressions).toContain(`"${join(folder, 'lake', 'gold')}"`);
  });

  it('lists the files that it kept, as lines and as JSON', async () => {
    await mkdir(join(folder, 'lake'));
    await run();
    const changed = 'Clicklake.Report/definition/pages/overview/page.json';
    await writeFile(join(folder, 'out', changed), '{}');
    const { stdout } = await run();
    expect(stdout).toContain(`kept ${changed} (changed)`);
    expect(stdout).toContain('--force');
    expect(JSON.parse((await run('--json')).stdout)).toMatchObject({
      kept: [{ path: changed, reason: 'changed' }],
      source: { kind: 'local' },
    });
    expect((await run('--force')).stdout).not.toContain('kept');
    expect(await text(`out/${changed}`)).toContain('Overview');
  });

  it('says on each page that amounts of several currencies are added, and on the terminal', async () => {
    await mkdir(join(folder, 'lake', 'gold', 'orders'), { recursive: true });
    const facts = {
      ...{ orders: 3, currencyCount: 2, currencies: ['EUR', 'SEK'], convertedTo: null },
      ...{ unconverted: [], suspiciousIds: [] },
    };
    const { stdout } = await runCommand(['powerbi', '--out', 'out'], {
      cwd: folder,
      lake: { purchaseFacts: async () => facts },
    });
    expect(stdout).toContain('orders are in several currencies (EUR, SEK)');
    for (const page of ['overview', 'funnel', 'sessions', 'orders', 'products']) {
      const visuals = await readdir(
        join(folder, `out/Clicklake.Report/definition/pages/${page}/visuals`),
      );
      const texts = await Promise.all(
        visuals.map((name) =>
          text(`out/Clicklake.Report/definition/pages/${page}/visuals/${name}/visual.json`),
        ),
      );
      expect(texts.join(), page).toContain('Amounts in EUR, SEK are added as they were sent.');
    }
  });

  it('reads a lake on Azure storage from there', async () => {
    const { exitCode } = await run('--lake', 'abfss://shop@acme.dfs.core.windows.net/lake');
    expect(exitCode).toBe(0);
    expect(await text('out/Clicklake.SemanticModel/definition/expressions.tmdl')).toContain(
      '"https://acme.dfs.core.windows.net/shop/lake/gold"',
    );
  });

  it.each([
    'abfss://shop@acme.blob.core.windows.net/lake/gold',
    'https://acme.blob.core.windows.net/shop/lake/',
    'abfss://shop@acme.dfs.core.windows.net/lake',
  ])('finds Gold by --url %s', async (url) => {
    const { exitCode, stdout } = await run('--source', 'adls', '--url', url);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('reads https://acme.dfs.core.windows.net/shop/lake/gold\n');
  });

  it('takes the address of Databricks from options', async () => {
    const warehouse = ['--host', 'https://adb-1.azuredatabricks.net/', '--http-path', '/sql/1'];
    const { exitCode } = await run(
      ...['--source', 'databricks', ...warehouse, '--catalog', 'main', '--schema', 'shop'],
    );
    expect(exitCode).toBe(0);
    expect(await text('out/Clicklake.SemanticModel/definition/expressions.tmdl')).toContain(
      'expression DatabricksHost = "adb-1.azuredatabricks.net" meta',
    );
  });

  it('names the tables that roles made of the template leave open, as of a model that came later', async () => {
    await mkdir(join(folder, 'lake', 'gold'), { recursive: true });
    expect((await run()).stdout).not.toContain('role');
    const roles = join(folder, 'out/Clicklake.SemanticModel/definition/roles');
    const template = await readFile(join(roles, 'Country.tmdl'), 'utf8');
    await writeFile(join(roles, 'Country.tmdl'), template.replace('"XX"', '"FR"'));
    // As Desktop writes a copy; and a role that has nothing to do with countries.
    const copy = template.replace('role Country', "role 'South of'").replaceAll('\n', '\r\n');
    await writeFile(join(roles, 'South of.tmdl'), `\uFEFF${copy}`);
    await writeFile(
      join(roles, 'Mobile.tmdl'),
      `role Mobile\n\ttablePermission Device = FALSE()\n`,
    );
    expect((await run()).stdout).not.toContain('members of the role');

    await mkdir(join(folder, 'models'));
    await writeFile(
      join(folder, 'models', 'late_orders.sql'),
      '-- gold_late_orders: one row.\n-- grain: n\n-- refresh: full\n-- reads: silver_events\nSELECT\n  CAST(count(*) AS BIGINT) AS n -- events [events]\nFROM silver_events\n',
    );
    await writeFile(join(folder, 'clicklake.yaml'), 'models: ./models\n');
    const warning = (name: string) =>
      `members of the role in Clicklake.SemanticModel/definition/roles/${name}.tmdl see all countries, until you add there\n  tablePermission 'Late Orders' = FALSE()\n`;
    const { stdout } = await run();
    expect(stdout).toContain(warning('Country'));
    expect(stdout).toContain(warning('South of'));
    expect(stdout).not.toContain('Mobile');
    await run('--force');
    expect((await run()).stdout).not.toContain('Country.tmdl');
  });

  it.each([
    [[], 'there is no lake at'],
    [['--source', 'adls'], 'needs an address'],
    [['--source', 'adls', '--url', 's3://x/y'], 'not an address of Azure storage'],
    [['--out', 'abfss://x@y.dfs.core.windows.net/z'], 'It must be a folder on this machine'],
    [['--source', 'adls', '--url', 'https://x/y?sig=z'], '"https://x/y?…" is not an address'],
    [['--source', 'databricks', '--host', 'h'], '--http-path, --catalog, --schema'],
    [['--url', 'https://a.b/c/gold'], '--url: not with --source local'],
    [['--source', 'local', '--lake', 'abfss://c@a.dfs.core.windows.net/l'], 'is not a folder'],
    [['--source', 'sqlserver'], 'Allowed choices are local, adls, databricks, onelake'],
  ])('refuses %j', async (args, message) => {
    const { exitCode, stderr } = await run(...args);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(message);
    expect(await readdir(folder)).toEqual([]);
  });

  it('cannot do without a folder', async () => {
    const { exitCode, stderr } = await runCommand(['powerbi'], { cwd: folder });
    expect(exitCode).toBe(2);
    expect(stderr).toContain('--out');
  });
});

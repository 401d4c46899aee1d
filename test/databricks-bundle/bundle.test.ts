import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { loadSettings } from '../../src/config/load-settings.ts';
import { runCommand } from '../cli/support.ts';

const LAKE = 'abfss://shop@acme.dfs.core.windows.net/lake';
const FLAGS = ['--host', 'adb-1.2.azuredatabricks.net', '--catalog', 'main', '--schema', 'shop'];

describe('a Databricks Asset Bundle', () => {
  let cwd: string;
  beforeEach(async () => {
    cwd = await mkdtemp(join(tmpdir(), 'clicklake-bundle-'));
  });
  afterEach(() => rm(cwd, { recursive: true }));

  const init = (...args: string[]) =>
    runCommand(['databricks', 'init', '--no-dependencies', ...args], { cwd });
  const read = (path: string) => readFile(join(cwd, 'databricks', path), 'utf8');

  async function readAll(): Promise<Map<string, string>> {
    const folder = join(cwd, 'databricks');
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile());
    return new Map(
      await Promise.all(
        files.map(async ({ parentPath, name }) => {
          const path = join(parentPath, name);
          return [path.slice(folder.length + 1), await readFile(path, 'utf8')] as const;
        }),
      ),
    );
  }

  test('is written whole, and says what to do next', async () => {
    const { stdout, stderr, exitCode } = await init('--lake', LAKE, ...FLAGS);
    expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 });
    expect(stdout).toContain('wrote 8 files to databricks\n');
    expect([...(await readAll()).keys()].sort()).toEqual([
      '.gitignore',
      'README.md',
      'clicklake.yaml',
      'databricks.yml',
      'packages/clicklake.tgz',
      'resources/clicklake.cluster.yml',
      'resources/clicklake.job.yml',
      'scripts/run_clicklake.py',
    ]);
  });

  test('refers only to variables, resources and files that are there', async () => {
    await init('--lake', LAKE, ...FLAGS);
    const files = await readAll();
    const bundle = parse(files.get('databricks.yml')!);
    expect(bundle.targets.dev.workspace.host).toBe('https://adb-1.2.azuredatabricks.net');
    expect(bundle.targets.prod.mode).toBe('production');
    const known = new Set([
      ...Object.keys(bundle.variables).map((name) => `var.${name}`),
      ...['bundle.name', 'bundle.target', 'workspace.host', 'workspace.file_path'],
      ...['workspace.current_user.userName', 'resources.clusters.clicklake.id'],
    ]);
    const yaml = [...files].filter(([path]) => path.endsWith('.yml'));
    for (const [path, text] of yaml) {
      for (const [, name] of text.matchAll(/\$\{([^}]+)\}/g)) {
        expect(known, path).toContain(name);
      }
    }
    const { clicklake: job } = parse(files.get('resources/clicklake.job.yml')!).resources.jobs;
    expect(job.email_notifications.on_failure).toBe(`\${var.notify}`);
    expect(bundle.variables.notify.default).toEqual([]);
    expect(job.tasks.map((task: { task_key: string }) => task.task_key)).toEqual([
      'run',
      'maintain',
    ]);
    for (const { spark_python_task: task, existing_cluster_id: cluster } of job.tasks) {
      expect(task.parameters[0]).toBe(`\${workspace.file_path}`);
      expect(cluster).toBe(`\${resources.clusters.clicklake.id}`);
      expect(files.has(join('resources', task.python_file))).toBe(true);
    }
  });

  test('holds secrets as references only', async () => {
    await init('--lake', LAKE, ...FLAGS);
    const { clicklake: cluster } = parse(await read('resources/clicklake.cluster.yml')).resources
      .clusters;
    const secret = Object.entries<string>(cluster.spark_env_vars).filter(([name]) =>
      /SECRET|CLIENT_ID|TENANT/.test(name),
    );
    expect(secret).toHaveLength(5);
    for (const [, value] of secret) {
      expect(value).toMatch(/^\{\{secrets\/\$\{var\.secret_scope\}\/[a-z-]+\}\}$/);
      const key = value.slice(value.lastIndexOf('/') + 1, -2);
      expect(await read('README.md')).toContain(key);
    }
    expect(cluster.data_security_mode).toBe('SINGLE_USER');
  });

  test('has a configuration that Clicklake reads', async () => {
    await init('--lake', LAKE, ...FLAGS);
    const machine = { memoryBytes: 8e9, threads: 2, homeDir: '/home/someone' };
    const configPath = join(cwd, 'databricks', 'clicklake.yaml');
    expect(await loadSettings({ cwd, env: {}, configPath, machine })).toMatchObject({
      lake: LAKE,
      engine: 'spark',
      spark: { url: 'databricks://', catalog: 'main', schema: 'shop' },
    });
  });

  test('takes the lake and the catalog of the configuration, else names a placeholder', async () => {
    const text = `lake: ${LAKE}\nspark: { catalog: c, schema: s }\n`;
    await writeFile(join(cwd, 'clicklake.yaml'), text);
    await init();
    expect(parse(await read('clicklake.yaml'))).toMatchObject({
      lake: LAKE,
      spark: { catalog: 'c', schema: 's' },
    });
    await rm(join(cwd, 'clicklake.yaml'));
    const { stdout, stderr } = await init('--force');
    expect(stdout).toContain('write the lake into databricks/clicklake.yaml');
    expect(stderr).toContain('the lake is not in Azure');
    expect(parse(await read('clicklake.yaml')).lake).toMatch(/^abfss:\/\/container@account/);
  });

  test('overwrites nothing without being told to', async () => {
    await mkdir(join(cwd, 'databricks'));
    await writeFile(join(cwd, 'databricks', 'README.md'), 'mine');
    const { stderr, exitCode } = await init('--lake', LAKE);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('databricks/README.md is there already, and nothing was written');
    expect(existsSync(join(cwd, 'databricks', 'databricks.yml'))).toBe(false);
    expect((await init('--lake', LAKE, '--force')).exitCode).toBe(0);
    expect(await read('README.md')).toContain('# Clicklake on Databricks');
  });

  test('is not written for a host that is none', async () => {
    const { stderr, exitCode } = await init('--host', 'http://h');
    expect(exitCode).toBe(2);
    expect(stderr).toContain('"http://h" is not the host of a workspace');
  });
});

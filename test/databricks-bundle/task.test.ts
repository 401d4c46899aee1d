/** What a task of the job runs, with the package of the bundle and no registry in reach. */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commandEnv, type Finished, finish, startCommand } from '../acceptance/command.ts';

const EVENT =
  '{"event_id":"1","user_id":"u","session_id":"s","event_type":"page_view","event_timestamp":"2026-01-01T10:00:00Z"}\n';
const CLUSTER = '1123-100000-abcd1234';
const NOWHERE = 'http://127.0.0.1:1';

const isLikeTheCluster = process.platform === 'linux' && process.arch === 'x64';
const hasPython = spawnSync('python3', ['--version']).status === 0;

describe.skipIf(!isLikeTheCluster || !hasPython)('a task of the job', () => {
  let folder: string;
  let bundle: string;
  /** Name of the archive that the script wants, without its end. */
  let node: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'clicklake-task-'));
    bundle = join(folder, 'databricks');
    const init = await finish(startCommand(['databricks', 'init', '--json'], { cwd: folder }));
    expect(JSON.parse(init.stdout)).toMatchObject({ includesDependencies: true });
    const lake = join(folder, 'lake');
    await writeFile(join(bundle, 'clicklake.yaml'), `lake: ${lake}\n`);
    await mkdir(join(lake, 'bronze', 'shop'), { recursive: true });
    await writeFile(join(lake, 'bronze', 'shop', 'events.ndjson'), EVENT);
    node = /^NODE = "(.+)"$/m.exec(await readFile(script(), 'utf8'))![1]!;
  });
  afterAll(() => rm(folder, { recursive: true }));

  const script = () => join(bundle, 'scripts', 'run_clicklake.py');
  const archive = () => join(bundle, 'packages', `${node}.tar.gz`);

  /** An archive like that of nodejs.org, with these programs. */
  async function archiveOf(programs: Record<string, string>): Promise<Buffer> {
    await mkdir(join(folder, node, 'bin'), { recursive: true });
    for (const [name, command] of Object.entries(programs)) {
      const text = `#!/bin/sh\n${command}\n`;
      await writeFile(join(folder, node, 'bin', name), text, { mode: 0o755 });
    }
    return execFileSync('tar', ['-cz', '-C', folder, node]);
  }

  /** The Node.js and npm that run these tests. */
  function archiveOfThisNode(): Promise<Buffer> {
    const npm = execFileSync('sh', ['-c', 'command -v npm'], { encoding: 'utf8' }).trim();
    return archiveOf({ node: `exec "${process.execPath}" "$@"`, npm: `exec "${npm}" "$@"` });
  }

  async function task(args: string[], { temp = 'driver', python = script() } = {}) {
    const home = join(folder, temp);
    await mkdir(home, { recursive: true });
    const inherited = Object.entries(commandEnv()).filter(([name]) => !/^npm_config_/i.test(name));
    const env = {
      ...Object.fromEntries(inherited),
      TMPDIR: home,
      HOME: home,
      npm_config_registry: NOWHERE,
    };
    return finish(spawn('python3', [python, bundle, CLUSTER, ...args], { env }));
  }

  const installed = async (temp = 'driver') =>
    (await readdir(join(folder, temp))).filter((name) => name.startsWith('clicklake-'));

  it('installs the package once, from the bundle alone, and runs it', async () => {
    await writeFile(archive(), await archiveOfThisNode());
    const version = await task(['--version']);
    expect(version).toMatchObject({ stderr: '', exitCode: 0 });
    const { version: expected } = JSON.parse(await readFile('package.json', 'utf8'));
    expect(version.stdout.trimEnd().split('\n').at(-1)).toBe(expected);

    await rm(archive());
    const plan = await task(['run', '--plan', '--json']);
    expect(plan).toMatchObject({ stderr: '', exitCode: 0 });
    expect(JSON.parse(plan.stdout)).toMatchObject({ batches: [{ files: 1, valid: 1 }] });
    expect(await installed()).toHaveLength(1);
  });

  it('packs to the same bytes where it was installed', async () => {
    const [home] = await installed();
    const main = join(folder, 'driver', home!, 'app/node_modules/clicklake/dist/main.js');
    const again = join(folder, 'again');
    execFileSync(process.execPath, [main, 'databricks', 'init', again], { env: commandEnv() });
    const bytes = (of: string) => readFile(join(of, 'packages', 'clicklake.tgz'));
    expect((await bytes(again)).equals(await bytes(bundle))).toBe(true);
  });

  it('fails with the command', async () => {
    const failed = await task(['query', 'SELECT']);
    expect(failed.exitCode).not.toBe(0);
    expect(failed.stdout).toContain('error: ');
    expect(failed.stderr).toBe('clicklake query SELECT ended with 2\n');
  });

  describe('without Node.js in the bundle', () => {
    let site: Server;
    let bytes: Buffer;
    let checksum: string;
    let python: string;
    beforeAll(async () => {
      const app = 'node_modules/clicklake/dist';
      bytes = await archiveOf({
        node: 'echo "$DATABRICKS_CLUSTER_ID $*"',
        npm: `mkdir -p ${app} && touch ${app}/main.js`,
      });
      site = createServer(({ url }, response) => {
        response.end(url?.endsWith('.txt') ? `${checksum}  ${node}.tar.gz\n` : bytes);
      });
      await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
      const { port } = site.address() as AddressInfo;
      python = join(folder, 'elsewhere.py');
      const text = await readFile(script(), 'utf8');
      await writeFile(python, text.replaceAll('https://nodejs.org', `http://127.0.0.1:${port}`));
    });
    afterAll(() => new Promise((resolve) => site.close(resolve)));

    it('takes it from nodejs.org', async () => {
      checksum = createHash('sha256').update(bytes).digest('hex');
      const run = await task(['run'], { temp: 'fetched', python });
      expect(run).toMatchObject({ stderr: '', exitCode: 0 });
      expect(run.stdout).toMatch(
        /^1123-100000-abcd1234 .+main\.js --config .+clicklake\.yaml run\n$/,
      );
    });

    it('refuses an archive with another checksum, and leaves nothing behind', async () => {
      checksum = '0'.repeat(64);
      const run: Finished = await task(['run'], { temp: 'refused', python });
      expect(run.exitCode).not.toBe(0);
      expect(run.stderr).toBe(
        `${node}.tar.gz is damaged: its checksum is not the one of nodejs.org\n`,
      );
      expect(await installed('refused')).toEqual([]);
    });
  });
});

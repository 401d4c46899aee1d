/** What the command says when something is wrong with the Spark it was told of, and when it is stopped. */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { connectSpark, parseConnectionString } from '../../src/engines/spark/connect/index.ts';
import { type Finished, finish, startCommand } from '../acceptance/command.ts';
import { messyLines } from '../fixtures/messy-lines.ts';
import { startSparkProxy } from '../fixtures/spark-proxy.ts';
import { openTestLake } from '../pipeline/lake-support.ts';

const SPARK_URL = process.env.CLICKLAKE_TEST_SPARK_URL ?? '';
/** Nobody listens there. */
const NO_SPARK = 'sc://127.0.0.1:1';
// Seconds on a quiet machine, minutes for a Spark that has just started on a busy one.
vi.setConfig({ testTimeout: 1_800_000 });
/** What paths, addresses, patterns and SQL each take for something else. */
const ODD_NAME = ` of [1] {a,b}*? '\`"%41é#`;
const SLOW = 'SELECT count(*) FROM range(100000000000) WHERE hash(id, id) = 7';

describe.skipIf(SPARK_URL === '')('the command on Spark', () => {
  let folder: string;
  let lake: string;
  let stop: () => PromiseLike<void>;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'clicklake-spark-commands-'));
    const built = await openTestLake({}, (settings) => ({
      ...settings,
      lake: `${settings.lake}${ODD_NAME}`,
    }));
    stop = () => built[Symbol.asyncDispose]();
    await built.receive('first.ndjson', messyLines(0, 50));
    await built.lake.run({ fullRefresh: false });
    await built.receive('second.ndjson', messyLines(1, 50));
    lake = built.settings.lake;
  });
  afterAll(async () => {
    await stop?.();
    await rm(folder, { recursive: true, force: true });
  });

  const run = (args: readonly string[], env: Record<string, string> = {}): Promise<Finished> =>
    finish(startCommand([...args, '--lake', lake], { cwd: folder, env }));
  const onSpark = (url: string) => ['--engine', 'spark', '--spark-url', url];
  const query = (sql: string) => run(['query', sql, ...onSpark(SPARK_URL)]);

  const nobody = {
    exitCode: 5,
    stdout: '',
    stderr:
      'error: no Spark Connect server answers at 127.0.0.1:1: connect ECONNREFUSED 127.0.0.1:1\n' +
      'hint: check the address and that the server runs\n',
  };

  it('says that nobody answers at the address of the flag, the environment or the file', async () => {
    expect(await run(['run', ...onSpark(NO_SPARK)])).toEqual(nobody);
    const env = { CLICKLAKE_ENGINE: 'spark', CLICKLAKE_SPARK_URL: NO_SPARK };
    expect(await run(['verify', '--hash'], env)).toEqual(nobody);
    const file = join(folder, 'spark.yaml');
    await writeFile(file, `engine: spark\nspark:\n  url: ${NO_SPARK}\n`);
    expect(await run(['query', 'SELECT 1', '--config', file])).toEqual(nobody);
  });

  it('refuses an address that is none', async () => {
    expect(await run(['run', ...onSpark('http://127.0.0.1:15002')])).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: expect.stringMatching(
        /^error: the Spark connection string: .* sc:\/\/host:port\/;key=value.*\nhint: .+\n$/,
      ),
    });
  });

  it.each([
    ['SELECT * FRM gold_users', /^error: \[PARSE_SYNTAX_ERROR\] /],
    [
      'SELECT * FROM gold_user',
      /^error: there is no table gold_user\nhint: did you mean gold_users\? the tables are bronze/,
    ],
    ['SELECT no_such FROM gold_users', /^error: \[UNRESOLVED_COLUMN\S*\] .*`no_such`/],
    [
      'SELECT visitor_id, 1 / (session_count - session_count) FROM gold_users',
      /^error: \[DIVIDE_BY_ZERO\] /,
    ],
    [
      'INSERT INTO gold_users SELECT * FROM gold_users',
      /^error: only a single statement that reads/,
    ],
  ])('tells what is wrong with %s', async (sql, words) => {
    const { exitCode, stdout, stderr } = await query(sql);
    expect(stderr).toMatch(words);
    expect(stderr).toMatch(/\nhint: .+\n$/);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
  });

  it('ends with 130 when interrupted, and so does the work on the server', async () => {
    const proxy = await startSparkProxy(SPARK_URL);
    try {
      const args = ['query', SLOW, ...onSpark(proxy.url), '--lake', lake];
      const started = proxy.whenSent(SLOW);
      const child = startCommand(args, { cwd: folder });
      const finished = finish(child);
      await started;
      child.kill('SIGINT');
      expect(await finished).toEqual({
        exitCode: 130,
        stdout: '',
        stderr: expect.stringMatching(/^error: interrupted\nhint: .+\n$/),
      });
    } finally {
      proxy.stop();
    }
    // It had all cores: had it gone on, nothing else would run.
    expect(
      await query('SELECT count(*) AS n FROM gold_users WHERE visitor_id IS NULL'),
    ).toMatchObject({ exitCode: 0 });
  });

  it('says that its session was closed, leaves nothing half done and goes on the next time', async () => {
    const sessionId = randomUUID();
    const proxy = await startSparkProxy(SPARK_URL);
    const closed = proxy.whenSent('bronze_lines').then(async () => {
      const same = await connectSpark({ ...parseConnectionString(SPARK_URL), sessionId });
      await same.close();
    });
    try {
      const args = ['run', ...onSpark(`${proxy.url}/;session_id=${sessionId}`)];
      const { exitCode, stdout, stderr } = await run(args);
      await closed;
      expect(stderr).toMatch(
        /(?:^|\n)error: (?:the Spark at \S+ no longer has this session|Spark was told)/,
      );
      expect(stderr).toMatch(/\nhint: .+ run the command again\n$/);
      expect({ exitCode, stdout }).toEqual({ exitCode: 5, stdout: '' });
    } finally {
      proxy.stop();
    }
    expect(await run(['run', ...onSpark(SPARK_URL)])).toMatchObject({ exitCode: 0 });
    expect(await run(['verify'])).toMatchObject({ exitCode: 0 });
  });
});

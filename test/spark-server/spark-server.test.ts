import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { findJava } from '../../src/spark-server/java.ts';
import { startKept } from '../../src/spark-server/kept-process.ts';
import { prepareSparkJars } from '../../src/spark-server/spark-jars.ts';
import { startSparkServer } from '../../src/spark-server/start-server.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'clicklake-test-'));
  await mkdir(join(folder, 'bin'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

/** A program of that name, which JAVA_HOME=`folder` or the path leads to. */
async function makeProgram(name: string, script: string): Promise<void> {
  const file = join(folder, 'bin', name);
  await writeFile(file, `#!/bin/sh\n${script}\n`);
  await chmod(file, 0o755);
}

function putOnPath(): void {
  vi.stubEnv('PATH', `${join(folder, 'bin')}${delimiter}${process.env.PATH}`);
}

const FETCHING_MAVEN = `
echo fetched >> "${'$'}(dirname "${'$'}0")/calls"
for argument; do case "${'$'}argument" in -DoutputDirectory=*) out="${'$'}{argument#*=}";; esac; done
sleep 0.2; mkdir -p "${'$'}out"; echo jar > "${'$'}out/spark.jar"`;

describe('the Java of a Spark server', () => {
  test('is that of JAVA_HOME', async () => {
    await makeProgram('java', `echo 'openjdk version "21.0.4"' >&2`);
    expect(await findJava({ JAVA_HOME: folder })).toBe(join(folder, 'bin', 'java'));
  });

  test.each([
    ['openjdk version "11.0.22" 2024-01-16', 'Java 11 is too old for Spark 4'],
    ['java version "1.8.0_412"', 'Java 8 is too old for Spark 4'],
    ['what?', 'a Java of unknown version is too old for Spark 4'],
  ])('that says %s is refused', async (text, message) => {
    await makeProgram('java', `echo '${text}' >&2`);
    await expect(findJava({ JAVA_HOME: folder })).rejects.toMatchObject({
      code: 'server_unavailable',
      message,
      hint: expect.stringContaining('install Java 17 or newer'),
    });
  });

  test('that is not there is named with the remedy', async () => {
    await expect(findJava({ JAVA_HOME: folder })).rejects.toMatchObject({
      message: `Java is not installed in JAVA_HOME (${folder})`,
      hint: expect.stringContaining('install Java 17 or newer'),
    });
  });
});

describe('the archives of Spark', () => {
  test('are fetched once and kept, also when two ask at once', async () => {
    await makeProgram('mvn', FETCHING_MAVEN);
    putOnPath();
    const cache = join(folder, 'cache');
    const onFetch = vi.fn();
    const both = await Promise.all([
      prepareSparkJars(cache, onFetch),
      prepareSparkJars(cache, onFetch),
    ]);
    expect(both[0]).toBe(both[1]);
    expect(await readdir(both[0])).toEqual(['spark.jar']);
    expect(await readdir(cache)).toHaveLength(1);
    const calls = onFetch.mock.calls.length;
    expect(await prepareSparkJars(cache, onFetch)).toBe(both[0]);
    expect(onFetch).toHaveBeenCalledTimes(calls);
    expect((await readFile(join(folder, 'bin', 'calls'), 'utf8')).split('\n')).toHaveLength(
      calls + 1,
    );
  });

  test('leave nothing behind when Maven fails, and say why', async () => {
    await makeProgram('mvn', 'echo "[ERROR] Could not transfer artifact x"; exit 1');
    putOnPath();
    const cache = join(folder, 'cache');
    await expect(prepareSparkJars(cache, () => {})).rejects.toMatchObject({
      code: 'server_unavailable',
      message: 'Maven could not fetch Spark: Could not transfer artifact x',
    });
    expect(await readdir(cache)).toEqual([]);
  });

  test('need Maven', async () => {
    vi.stubEnv('PATH', join(folder, 'bin'));
    await expect(prepareSparkJars(join(folder, 'cache'), () => {})).rejects.toMatchObject({
      message: 'Maven, which fetches Spark, is not installed',
      hint: 'install it, for example: apt-get install maven',
    });
  });
});

describe('a Spark server', () => {
  const options = () => ({
    port: 0,
    memory: '1g',
    cacheFolder: join(folder, 'cache'),
    env: { ...process.env, JAVA_HOME: folder },
  });

  test('that ends at once gives its last words', async () => {
    await makeProgram('mvn', FETCHING_MAVEN);
    await makeProgram(
      'java',
      `[ "${'$'}1" = -version ] && { echo 'version "17.0.1"'; exit; }
echo 'Error occurred during initialization of VM'; exit 1`,
    );
    putOnPath();
    await expect(startSparkServer(options())).rejects.toMatchObject({
      code: 'server_unavailable',
      message: 'Spark has not started: Error occurred during initialization of VM',
    });
  });

  test('refuses a port that is taken', async () => {
    await makeProgram('mvn', FETCHING_MAVEN);
    await makeProgram('java', `echo 'version "17.0.1"'`);
    putOnPath();
    const other = createServer();
    await new Promise<void>((done) => other.listen(0, '127.0.0.1', done));
    const { port } = other.address() as { port: number };
    try {
      await expect(startSparkServer({ ...options(), port })).rejects.toMatchObject({
        code: 'usage',
        message: `port ${port} of this machine is taken`,
        hint: 'choose another with --port; 0 takes any free one',
      });
    } finally {
      other.close();
    }
  });
});

describe('a Spark server whose starter is ended by a signal', () => {
  let starter: ChildProcess | undefined;
  afterEach(() => void starter?.kill('SIGKILL'));

  /** A process that nobody has asked about after its end counts as ended. */
  function isAlive(processId: number): boolean {
    try {
      process.kill(processId, 0);
    } catch {
      return false;
    }
    const stat = `/proc/${processId}/stat`;
    return !existsSync(stat) || !/\) Z /.test(readFileSync(stat, 'utf8'));
  }

  test
    .skipIf(process.platform === 'win32')
    .each(['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGKILL'] as const)(
    'ends with it on %s, and leaves no folder behind',
    async (signal) => {
      await makeProgram('mvn', FETCHING_MAVEN);
      await makeProgram(
        'java',
        `[ "${'$'}1" = -version ] && { echo 'version "17.0.1"'; exit; }
echo ${'$'}${'$'} > "${'$'}TMPDIR/started" && mv "${'$'}TMPDIR/started" "${'$'}JAVA_HOME/process-id"
exec sleep 300`,
      );
      const temporary = join(folder, 'tmp');
      await mkdir(temporary);
      starter = spawn(process.execPath, ['dist/main.js', 'spark-server', '--port', '0'], {
        env: {
          ...process.env,
          PATH: `${join(folder, 'bin')}${delimiter}${process.env.PATH}`,
          JAVA_HOME: folder,
          XDG_CACHE_HOME: join(folder, 'cache'),
          TMPDIR: temporary,
        },
        stdio: 'ignore',
      });
      const gone = new Promise((done) => starter?.once('exit', done));
      const waiting = { timeout: 60_000, interval: 20 };
      const file = join(folder, 'process-id');
      await vi.waitFor(() => expect(existsSync(file)).toBe(true), waiting);
      const processId = Number(readFileSync(file, 'utf8'));
      expect(isAlive(processId)).toBe(true);
      starter.kill(signal);
      await gone;
      await vi.waitFor(() => expect(isAlive(processId)).toBe(false), waiting);
      const works = async () =>
        (await readdir(temporary)).filter((name) => name.startsWith('clicklake-spark-'));
      await vi.waitFor(async () => expect(await works()).toEqual([]), waiting);
    },
    120_000,
  );
});

test.skipIf(process.platform === 'win32')(
  'a kept program can be ended when its keeper was killed',
  async () => {
    const { keeper, processId, kill } = startKept('sleep', ['300'], { folder, env: process.env });
    const closed = once(keeper, 'close');
    await processId;
    keeper.kill('SIGKILL');
    await once(keeper, 'exit');
    kill();
    // Not before the program has ended: it holds the keeper's output.
    await closed;
  },
);

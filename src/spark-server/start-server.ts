/** A Spark Connect server on this machine, for trying and for tests. */
import type { ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { connectSpark, parseConnectionString } from '../engines/spark/connect/index.ts';
import { DEFAULT_RETRY_POLICY } from '../engines/spark/connect/retry.ts';
import { ClicklakeError } from '../errors.ts';
import { systemCode } from '../storage/file-errors.ts';
import { findJava } from './java.ts';
import { startKept } from './kept-process.ts';
import type { SparkRelease } from './releases.ts';
import { serverArguments } from './server-arguments.ts';
import { prepareSparkJars } from './spark-jars.ts';

export interface SparkServerOptions {
  /** Default: the newest. */
  release?: SparkRelease;
  /** Port on the loopback address; 0: any free one. */
  port: number;
  /** The JVM's largest heap, as Java writes it: `2g`, `1500m`. */
  memory: string;
  /** Cores that Spark computes with. Default: all. */
  cores?: number;
  /** Where Spark's archives are kept. */
  cacheFolder: string;
  env: Readonly<Record<string, string | undefined>>;
  signal?: AbortSignal;
  /** Called before archives are fetched, which takes a while. */
  onFetch?(): void;
}

export interface SparkServer {
  /** `sc://127.0.0.1:<port>` */
  address: string;
  sparkVersion: string;
  processId: number;
  /** Resolves when the server has ended by itself, with its last words; never after `stop`. */
  ended: Promise<string>;
  /** Ends it; returns when it has ended. */
  stop(): Promise<void>;
}

const START_LIMIT_MS = 120_000;
const STOP_LIMIT_MS = 10_000;

/**
 * Starts the server and returns once it answers a request. Throws `server_unavailable` when Java or
 * Maven is missing or Spark does not start, `usage` when the port is taken.
 */
export async function startSparkServer(options: SparkServerOptions): Promise<SparkServer> {
  const java = await findJava(options.env);
  const jars = await prepareSparkJars(
    options.cacheFolder,
    options.onFetch ?? (() => {}),
    options.release,
  );
  const port = await freePort(options.port);
  const work = await mkdtemp(join(tmpdir(), 'clicklake-spark-'));
  const { memory, cores } = options;
  const args = serverArguments({ jars, port, memory, cores, work });
  const { keeper, processId, kill } = startKept(java, args, {
    folder: work,
    env: { ...options.env, SPARK_LOCAL_IP: '127.0.0.1' },
  });
  const output = lastOutput(keeper);
  const exited = new Promise<void>((done) => keeper.once('close', () => done()));
  const stop = async (): Promise<void> => {
    keeper.kill('SIGTERM');
    // Spark may hang when it is asked to end.
    const limit = setTimeout(kill, STOP_LIMIT_MS);
    await exited;
    clearTimeout(limit);
    await rm(work, { recursive: true, force: true });
  };
  try {
    const address = `sc://127.0.0.1:${port}`;
    const sparkVersion = await untilItAnswers(address, keeper, output, options.signal);
    const ended = exited.then(() => output());
    return { address, sparkVersion, processId: await processId, ended, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function untilItAnswers(
  address: string,
  child: ChildProcess,
  output: () => string,
  signal: AbortSignal | undefined,
): Promise<string> {
  const retry = { ...DEFAULT_RETRY_POLICY, maxAttempts: 1 };
  const endMs = performance.now() + START_LIMIT_MS;
  for (;;) {
    signal?.throwIfAborted();
    if (child.exitCode !== null || child.signalCode !== null) {
      throw new ClicklakeError('server_unavailable', `Spark has not started: ${output()}`, {
        hint: 'try another --port, or more --memory',
      });
    }
    try {
      const connection = await connectSpark(parseConnectionString(address), { retry });
      await connection.close();
      return connection.sparkVersion;
    } catch (error) {
      if (performance.now() > endMs) {
        throw new ClicklakeError('server_unavailable', 'Spark has started but does not answer', {
          hint: 'this machine may be too busy, or have too little memory for it',
          cause: error,
        });
      }
    }
    await pause(250);
  }
}

/** What the server has said last, in one line: the reason when it ends. */
function lastOutput(child: ChildProcess): () => string {
  let text = '';
  const add = (chunk: Buffer): void => {
    text = (text + chunk.toString('utf8')).slice(-20_000);
  };
  child.stdout?.on('data', add);
  child.stderr?.on('data', add);
  child.on('error', (error) => add(Buffer.from(error.message)));
  return () => {
    const lines = text.split('\n').filter((line) => line.trim() !== '');
    const reason = lines.findLast((line) =>
      /^(?:Caused by:|Error|Exception|[\w.]+(?:Exception|Error):)/.test(line),
    );
    return (reason ?? lines.at(-1) ?? 'it said nothing').trim();
  };
}

/** The port itself when it is free, or some free one for 0. */
function freePort(port: number): Promise<number> {
  return new Promise((done, fail) => {
    const probe = createServer();
    probe.once('error', (error) => {
      if (systemCode(error) !== 'EADDRINUSE') {
        return fail(error);
      }
      fail(
        new ClicklakeError('usage', `port ${port} of this machine is taken`, {
          hint: 'choose another with --port; 0 takes any free one',
          cause: error,
        }),
      );
    });
    probe.listen(port, '127.0.0.1', () => {
      const address = probe.address();
      const chosen = typeof address === 'object' && address !== null ? address.port : port;
      probe.close(() => done(chosen));
    });
  });
}

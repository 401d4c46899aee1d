/**
 * Every kind of write on Spark (append, merge, partition replacement, overwrite, draft and publish) broken
 * off in the middle, by cut connections, by killed processes and by a server that dies: the same rows in the end.
 */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { userCacheFolder } from '../../src/config/cache-folder.ts';
import { connectSpark, parseConnectionString } from '../../src/engines/spark/connect/index.ts';
import { openLake } from '../../src/lake/open-lake.ts';
import { type SparkServer, startSparkServer } from '../../src/spark-server/start-server.ts';
import { finish, startCommand } from '../acceptance/command.ts';
import { contentsOf, RECEIVED_AT_MS, SPARK_URL } from '../fixtures/both-engines.ts';
import { IS_LONG } from '../fixtures/long-runs.ts';
import { seeded } from '../fixtures/messy-lines.ts';
import { type SparkProxy, startSparkProxy } from '../fixtures/spark-proxy.ts';
import { visits } from '../fixtures/visits.ts';
import { openTestLake, settingsFor } from '../pipeline/lake-support.ts';

vi.setConfig({ testTimeout: 1_800_000, hookTimeout: 300_000 });

/** How the statements that write to a table begin, and whose table it is. */
const WRITE = /(?:INSERT INTO|INSERT OVERWRITE|MERGE INTO) delta\.`([^`]+)`/;

/** Silver has its two writes behind it, and Gold one. */
const IN_GOLD = 4;

/** In which of its writes a run is killed: of Silver and Gold by increments, then of a full refresh. */
const KILLS = [
  ...(IS_LONG ? [1, 2, 3, 4, 5, 6] : [1, 3, 5]).map((write) => ({ write, args: [] })),
  ...(IS_LONG ? [1, 2, 4, 8] : [2, 6]).map((write) => ({ write, args: ['--full-refresh'] })),
];

describe.skipIf(SPARK_URL === undefined)('a write on Spark that is broken off', () => {
  let folder: string;
  /**
   * A lake with one file in Silver and Gold and another that waits; only DuckDB has written rows of it. Its
   * tables keep a feed of their changes, so that few rows are written by Spark too.
   */
  let begun: string;
  /** What the tables hold when everything was done in peace. */
  let calm: ReturnType<typeof contentsOf>;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'clicklake-broken-off-'));
    const lake = await openTestLake({ now: () => RECEIVED_AT_MS });
    await lake.receive('first.ndjson', visits(0));
    await lake.lake.run({ fullRefresh: false });
    await lake.receive('second.ndjson', visits(1));
    begun = join(folder, 'begun');
    await cp(lake.settings.lake, begun, { recursive: true });
    await lake.lake.run({ fullRefresh: false });
    calm = contentsOf(await lake.lake.hashTables());
    await lake[Symbol.asyncDispose]();
    await keepChangesOf(begun);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function copyOfBegun(name: string): Promise<string> {
    const path = join(folder, name);
    await cp(begun, path, { recursive: true });
    return path;
  }

  async function expectCalm(lake: string): Promise<void> {
    const opened = await openLake(settingsFor(lake));
    try {
      expect(contentsOf(await opened.hashTables())).toEqual(calm);
      const { checks } = await opened.verify();
      expect(checks.filter(({ isEqual }) => !isEqual)).toEqual([]);
    } finally {
      await opened.close();
    }
  }

  it('by cut connections, at once, a little later, or after Spark has committed', async () => {
    const lake = await copyOfBegun('cut');
    let writes = 0;
    const proxy = await startSparkProxy(SPARK_URL ?? '', (text) => {
      const [, table] = WRITE.exec(text) ?? [];
      if (table === undefined) {
        return;
      }
      writes += 1;
      void cutAt(proxy, table, writes % 3);
    });
    const opened = await openLake(
      { ...settingsFor(lake), engine: 'spark', spark: { url: proxy.url } },
      { now: () => RECEIVED_AT_MS },
    );
    try {
      await opened.run({ fullRefresh: false });
      expect(writes).toBeGreaterThanOrEqual(8);
      await expectCalm(lake);
      await opened.run({ fullRefresh: true });
      expect(writes).toBeGreaterThanOrEqual(16);
      expect(proxy.cutCount).toBeGreaterThanOrEqual(writes);
    } finally {
      await opened.close();
      proxy.stop();
    }
    await expectCalm(lake);
  });

  it(`by killed processes, whose lock does not outlive them (${KILLS.length} kills)`, async () => {
    const lake = await copyOfBegun('killed');
    const random = seeded(3);
    let killCount = 0;
    for (const [round, { write, args }] of KILLS.entries()) {
      const { proxy, table } = await startWatching(write, (held) => {
        if (round % 3 === 0) {
          held.holdAnswers();
        }
      });
      const child = startRun(lake, proxy.url, args);
      const exited = once(child, 'exit');
      const inWrite = await Promise.race([table, exited.then(() => undefined)]);
      if (inWrite !== undefined) {
        killCount += 1;
        if (round === 0) {
          await expectLocked(lake, child);
        }
        if (round % 3 === 0) {
          await untilCommitted(inWrite);
        } else {
          await pause(random() * 700 * (round % 3));
        }
      }
      child.kill('SIGKILL');
      await exited;
      proxy.stop();
    }
    expect(killCount).toBeGreaterThan(KILLS.length / 2);
    const last = await finish(startRun(lake, SPARK_URL ?? ''));
    expect(last).toMatchObject({ exitCode: 0 });
    await expectCalm(lake);
  });

  it('by a server that dies, and goes on with the one that is there then', async () => {
    const lake = await copyOfBegun('restarted');
    const died = await startServer();
    const { proxy, table } = await startWatching(IN_GOLD, () => {}, died.address);
    try {
      const finished = finish(startRun(lake, proxy.url));
      await table;
      proxy.redirect(SPARK_URL ?? '');
      process.kill(died.processId, 'SIGKILL');
      await died.ended;
      await died.stop();
      expect(await finished).toMatchObject({
        exitCode: 0,
        stderr: expect.stringMatching(
          /^the Spark at \S+ was restarted, and .+; going on from what/,
        ),
      });
    } finally {
      proxy.stop();
    }
    await expectCalm(lake);
  });

  async function expectLocked(lake: string, holder: ChildProcess): Promise<void> {
    const other = await finish(startRun(lake, SPARK_URL ?? ''));
    expect(other).toEqual({
      exitCode: 5,
      stdout: '',
      stderr: expect.stringMatching(
        new RegExp(
          `^error: .+ is being written to by clicklake run with the spark engine, process ${holder.pid} on .+\\nhint: wait until it has ended.+\\n$`,
        ),
      ),
    });
  }

  function startRun(lake: string, url: string, args: readonly string[] = []): ChildProcess {
    const spark = ['--engine', 'spark', '--spark-url', url];
    return startCommand(['run', ...args, ...spark, '--lake', lake], { cwd: folder });
  }
});

/** Turns the change data feed of the tables on, in which only Spark writes rows. */
async function keepChangesOf(lake: string): Promise<void> {
  const spark = await connectSpark(parseConnectionString(SPARK_URL ?? ''));
  try {
    for (const layer of ['silver', 'gold']) {
      for (const table of await readdir(join(lake, layer))) {
        const name = `delta.\`${join(lake, layer, table)}\``;
        await spark.run(
          `ALTER TABLE ${name} SET TBLPROPERTIES ('delta.enableChangeDataFeed' = 'true')`,
        );
      }
    }
  } finally {
    await spark.close();
  }
}

/** A server of its own, which may be killed. */
function startServer(): Promise<SparkServer> {
  return startSparkServer({
    ...{ port: 0, memory: '2g', cores: 2 },
    cacheFolder: userCacheFolder(process.env, homedir()),
    env: process.env,
  });
}

/** A proxy, and the table of the write with that number that goes through it. */
async function startWatching(
  write: number,
  onMet: (proxy: SparkProxy) => void,
  url = SPARK_URL ?? '',
): Promise<{ proxy: SparkProxy; table: Promise<string> }> {
  let meet: (table: string) => void = () => {};
  const table = new Promise<string>((resolve) => {
    meet = resolve;
  });
  let count = 0;
  const proxy = await startSparkProxy(url, (text) => {
    const [, name] = WRITE.exec(text) ?? [];
    if (name === undefined) {
      return;
    }
    count += 1;
    if (count !== write) {
      return;
    }
    onMet(proxy);
    meet(name);
  });
  return { proxy, table };
}

async function cutAt(proxy: SparkProxy, table: string, mode: number): Promise<void> {
  if (mode === 1) {
    await pause(300);
  }
  if (mode === 2) {
    proxy.holdAnswers();
    await untilCommitted(table);
  }
  proxy.cut();
}

/** Or some seconds: what the table has already is not committed again. */
async function untilCommitted(table: string): Promise<void> {
  const before = await commitCount(table);
  for (let tries = 0; tries < 75; tries += 1) {
    await pause(200);
    if ((await commitCount(table)) > before) {
      return;
    }
  }
}

async function commitCount(table: string): Promise<number> {
  const names = await readdir(join(table, '_delta_log'));
  return names.filter((name) => name.endsWith('.json')).length;
}

/** What a hosted Spark lets be set, and what follows from it. */
import { Code, ConnectError } from '@connectrpc/connect';
import { describe, expect, test } from 'vitest';
import type { SparkConnection } from '../../src/engines/spark/connect/index.ts';
import { describeFailure } from '../../src/engines/spark/connect/spark-error.ts';
import { applySettings, requireWriteSettings } from '../../src/engines/spark/session-settings.ts';

const ZONE = 'spark.sql.session.timeZone';
const ANSI = 'spark.sql.ansi.enabled';
const TIMESTAMPS = 'spark.sql.parquet.outputTimestampType';
const QUOTES = 'spark.sql.ansi.doubleQuotedIdentifiers';
const APP_ID = 'spark.databricks.delta.write.txnAppId';
const VERSION = 'spark.databricks.delta.write.txnVersion';
const METADATA = 'spark.databricks.delta.commitInfo.userMetadata';

const LARGEST_METHOD = 'spark.sql.codegen.hugeMethodLimit';
const FLAGS = '-XX:MaxNodeLimit=240000 -XX:-DontCompileHugeMethods';
/** What is set on one process only. */
const LOCAL = [
  'spark.sql.shuffle.partitions',
  'spark.databricks.delta.snapshotPartitions',
  'spark.sql.limit.initialNumPartitions',
  'spark.sql.sources.parallelPartitionDiscovery.threshold',
  'spark.sql.legacy.storeAnalyzedPlanForView',
  'spark.sql.codegen.wholeStage',
  'spark.sql.codegen.factoryMode',
];

/** As serverless compute: knows some names, and answers for no other. */
function hosted(options: {
  allowed: readonly string[];
  /** Taken without a word, and not held. */
  forgotten?: readonly string[];
  values?: Record<string, string>;
  failure?: ConnectError;
}) {
  const held: Record<string, string> = { ...options.values };
  let calls = 0;
  const check = (names: readonly string[], readable: readonly string[]) => {
    calls += 1;
    if (options.failure !== undefined) {
      throw describeFailure(options.failure, { address: 'h' });
    }
    const unknown = names.find((name) => !readable.includes(name));
    if (unknown === undefined) {
      return;
    }
    const words = `[CONFIG_NOT_AVAILABLE] Configuration ${unknown} is not available.`;
    throw describeFailure(new ConnectError(words, Code.Internal), { address: 'h' });
  };
  const known = [...options.allowed, ...(options.forgotten ?? [])];
  const connection = {
    async setConfig(settings: Record<string, string>) {
      check(Object.keys(settings), known);
      for (const [name, value] of Object.entries(settings)) {
        if (!options.forgotten?.includes(name)) {
          held[name] = value;
        }
      }
    },
    async unsetConfig(names: readonly string[]) {
      check(names, known);
      for (const name of names) {
        delete held[name];
      }
    },
    async getConfig(names: readonly string[]) {
      check(names, [...known, ...Object.keys(options.values ?? {})]);
      return Object.fromEntries(
        names.flatMap((name) => (held[name] === undefined ? [] : [[name, held[name]]])),
      );
    },
  } as unknown as SparkConnection;
  return { connection, held, calls: () => calls };
}

const CLUSTER = [ZONE, ANSI, TIMESTAMPS, QUOTES, 'spark.sql.variable.substitute', 'spark.master'];
const WRITING = [APP_ID, VERSION, METADATA];

describe('the settings of a session', () => {
  test('are made where they can be, also where the master may not be read', async () => {
    const { connection, held } = hosted({ allowed: [ZONE, ANSI] });
    await applySettings(connection);
    expect(held).toEqual({ [ZONE]: 'UTC', [ANSI]: 'true' });
  });

  test('that may not be made are enough when they hold already', async () => {
    const { connection } = hosted({ allowed: [ZONE], values: { [ANSI]: 'True' } });
    await expect(applySettings(connection)).resolves.toMatchObject({ isLocal: false });
  });

  test('that rows depend on and that do not hold end the command', async () => {
    const { connection } = hosted({ allowed: [ANSI], values: { [ZONE]: 'Europe/Vienna' } });
    await expect(applySettings(connection)).rejects.toMatchObject({
      code: 'access_refused',
      message: `this Spark server does not allow ${ZONE} to be set to UTC; it is Europe/Vienna`,
    });
  });

  test.each([
    ['a cluster', 'yarn', 'executor', undefined, '8000'],
    ['a cluster that compiles large methods', 'yarn', 'executor', FLAGS, undefined],
    ['a cluster whose driver alone compiles them', 'yarn', 'driver', FLAGS, '8000'],
    ['one process', 'local[2]', 'driver', '-Xss4m', '8000'],
    ['one process that compiles large methods', 'local[2]', 'driver', FLAGS, undefined],
  ])('let %s compute with methods that Java compiles', async (_, master, part, flags, limit) => {
    const options = ['driver', 'executor'].map((each) => `spark.${each}.extraJavaOptions`);
    const { connection, held } = hosted({
      allowed: [...CLUSTER, ...LOCAL, LARGEST_METHOD, ...options],
      values: {
        'spark.master': master,
        ...(flags === undefined ? {} : { [`spark.${part}.extraJavaOptions`]: flags }),
      },
    });
    await applySettings(connection);
    expect(held[LARGEST_METHOD]).toBe(limit);
  });

  test('are not taken for refused when the server is gone', async () => {
    const failure = new ConnectError('gone', Code.Unavailable);
    const { connection } = hosted({ allowed: [], failure });
    await expect(applySettings(connection)).rejects.toMatchObject({ code: 'server_unavailable' });
    await expect(requireWriteSettings(connection)).rejects.toMatchObject({
      code: 'server_unavailable',
    });
  });
});

describe('writing', () => {
  test('needs a Spark that carries transactions, and leaves nothing set', async () => {
    const { connection, held, calls } = hosted({ allowed: [...CLUSTER, ...WRITING] });
    await applySettings(connection);
    await requireWriteSettings(connection);
    for (const name of WRITING) {
      expect(held).not.toHaveProperty(name);
    }
    const before = calls();
    await requireWriteSettings(connection);
    expect(calls()).toBe(before);
  });

  test.each(WRITING)('is refused where %s may not be set', async (name) => {
    const allowed = [...CLUSTER, ...WRITING].filter((each) => each !== name);
    const { connection } = hosted({ allowed });
    await applySettings(connection);
    await expect(requireWriteSettings(connection)).rejects.toMatchObject({
      code: 'access_refused',
      message: expect.stringMatching(
        /^nothing was written: this Spark server does not allow spark\./,
      ),
      hint: expect.stringContaining('serverless'),
    });
  });

  test.each(WRITING)('is refused where %s is taken and forgotten', async (name) => {
    const allowed = [...CLUSTER, ...WRITING].filter((each) => each !== name);
    const { connection } = hosted({ allowed, forgotten: [name] });
    await applySettings(connection);
    await expect(requireWriteSettings(connection)).rejects.toMatchObject({
      message: expect.stringContaining(`does not allow ${name} to be set`),
    });
  });

  test('is refused where instants would be written in another form', async () => {
    const allowed = [...CLUSTER, ...WRITING].filter((each) => each !== TIMESTAMPS);
    const { connection } = hosted({ allowed, values: { [TIMESTAMPS]: 'INT96' } });
    await applySettings(connection);
    await expect(requireWriteSettings(connection)).rejects.toMatchObject({
      message: expect.stringContaining(`does not allow ${TIMESTAMPS} to be set`),
    });
  });
});

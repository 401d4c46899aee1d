/**
 * Settings of a session. Hosted Sparks let few of them be set, serverless compute the fewest: what
 * reading relies on must hold, what writing relies on must hold before anything is written, and the
 * rest is set where it can be.
 */
import { ClicklakeError } from '../../errors.ts';
import { type SparkConnection, SparkError } from './connect/index.ts';

export interface Setting {
  name: string;
  value: string;
  /** Without it rows would come out differently. */
  isNeeded: boolean;
}

/** Instants as microseconds with a time zone, which every reader of Delta tables takes alike. */
const TIMESTAMP_TYPE = 'spark.sql.parquet.outputTimestampType';

const SETTINGS: readonly Setting[] = [
  { name: 'spark.sql.session.timeZone', value: 'UTC', isNeeded: true },
  { name: 'spark.sql.ansi.enabled', value: 'true', isNeeded: true },
  // For the user's queries; the models have none.
  { name: 'spark.sql.ansi.doubleQuotedIdentifiers', value: 'true', isNeeded: false },
  // Text such as ${name} in a query means itself.
  { name: 'spark.sql.variable.substitute', value: 'false', isNeeded: false },
  // Off in Spark 4.0; later releases have it on.
  { name: 'spark.sql.scripting.enabled', value: 'true', isNeeded: false },
  // What is merged was kept before, so that reading it twice gives the same.
  { name: 'spark.databricks.delta.merge.materializeSource', value: 'none', isNeeded: false },
  // For writing, see below.
  { name: TIMESTAMP_TYPE, value: 'TIMESTAMP_MICROS', isNeeded: false },
];

/** In one process small tasks and planning cost more than they gain; a cluster keeps its own settings. */
const LOCAL_SETTINGS: Readonly<Record<string, string>> = {
  'spark.sql.shuffle.partitions': '4',
  'spark.databricks.delta.snapshotPartitions': '1',
  // Results are limited, and small: all their parts at once.
  'spark.sql.limit.initialNumPartitions': '100',
  // A job to look at the files that a view names is for slow storage.
  'spark.sql.sources.parallelPartitionDiscovery.threshold': '1000',
  // A view is otherwise parsed and analyzed again, with all it reads, wherever it is named; the tables
  // that views read are pinned to a version.
  'spark.sql.legacy.storeAnalyzedPlanForView': 'true',
};

/**
 * Small queries are interpreted: to compile the code of each takes most of their processor time. Unset
 * before much is read.
 */
const SMALL_READS: Readonly<Record<string, string>> = {
  'spark.sql.codegen.wholeStage': 'false',
  'spark.sql.codegen.factoryMode': 'NO_CODEGEN',
};

/** Java's flag, in the options of a driver or executor. */
export const COMPILES_LARGE_METHODS = '-XX:-DontCompileHugeMethods';

/**
 * Without that flag Java interprets methods of more bytes than these. Spark then computes with several
 * smaller ones, which takes less than half as much longer.
 */
const LARGEST_METHOD = { 'spark.sql.codegen.hugeMethodLimit': '8000' };

/** What identifies a repeated write, and the commit of this one. */
export const TXN_APP_ID = 'spark.databricks.delta.write.txnAppId';
export const TXN_VERSION = 'spark.databricks.delta.write.txnVersion';
export const USER_METADATA = 'spark.databricks.delta.commitInfo.userMetadata';

export interface AppliedSettings {
  /** Spark is one process, on this machine or another. */
  isLocal: boolean;
  /** Says that the next statements read much. They are compiled from then on. */
  expectLarge(): Promise<void>;
}

/** Throws `access_refused` when a needed setting can neither be made nor holds already. */
export async function applySettings(connection: SparkConnection): Promise<AppliedSettings> {
  const all = Object.fromEntries(SETTINGS.map(({ name, value }) => [name, value]));
  if (!(await isAllowed(connection.setConfig(all)))) {
    for (const setting of SETTINGS) {
      await applyOne(connection, setting);
    }
  }
  const { 'spark.master': master } = await readSettings(connection, ['spark.master']);
  const isLocal = master?.startsWith('local') === true;
  let isInterpreted = isLocal;
  if (isLocal) {
    await connection.setConfig({ ...LOCAL_SETTINGS, ...SMALL_READS });
  }
  const options = `spark.${isLocal ? 'driver' : 'executor'}.extraJavaOptions`;
  const { [options]: flags = '' } = await readSettings(connection, [options]);
  if (!flags.split(/\s+/).includes(COMPILES_LARGE_METHODS)) {
    await isAllowed(connection.setConfig(LARGEST_METHOD));
  }
  return {
    isLocal,
    async expectLarge() {
      if (isInterpreted) {
        isInterpreted = false;
        await connection.unsetConfig(Object.keys(SMALL_READS));
      }
    },
  };
}

async function applyOne(
  connection: SparkConnection,
  { name, value, isNeeded }: Setting,
): Promise<void> {
  if ((await isAllowed(connection.setConfig({ [name]: value }))) || !isNeeded) {
    return;
  }
  const { [name]: found } = await readSettings(connection, [name]);
  if (found?.toLowerCase() === value.toLowerCase()) {
    return;
  }
  const instead = found === undefined ? '' : `; it is ${found}`;
  throw new ClicklakeError(
    'access_refused',
    `this Spark server does not allow ${name} to be set to ${value}${instead}`,
    { hint: 'use a cluster whose policy allows it, or set it in the configuration of the cluster' },
  );
}

/** Tries each setting of a session alone; `found`: what it is then, undefined if the server does not tell. */
export async function trySettings(
  connection: SparkConnection,
): Promise<(Setting & { found: string | undefined })[]> {
  const tried: (Setting & { found: string | undefined })[] = [];
  for (const setting of SETTINGS) {
    const { name, value } = setting;
    await isAllowed(connection.setConfig({ [name]: value }));
    tried.push({ ...setting, found: (await readSettings(connection, [name]))[name] });
  }
  return tried;
}

const checked = new WeakMap<SparkConnection, Promise<void>>();

/**
 * Throws `access_refused` on a Spark that does not carry transactions: there a repeated write would
 * count twice. Asked before anything is written; one check for a session.
 */
export async function requireWriteSettings(connection: SparkConnection): Promise<void> {
  const check = checked.get(connection) ?? tryWriteSettings(connection);
  checked.set(connection, check);
  await check;
}

/** What the last write left set. */
const written = new WeakMap<SparkConnection, readonly string[]>();

/**
 * Sets what the next write carries, and nothing else of an earlier one. They stay until then: every
 * statement that commits to a Delta table has to come here first.
 */
export async function setWriteSettings(
  connection: SparkConnection,
  settings: Readonly<Record<string, string>>,
): Promise<void> {
  const names = Object.keys(settings);
  const left = written.get(connection) ?? [];
  const stale = left.filter((name) => settings[name] === undefined);
  written.set(connection, [...new Set([...left, ...names])]);
  if (stale.length > 0) {
    await connection.unsetConfig(stale);
  }
  if (names.length > 0) {
    await connection.setConfig(settings);
  }
  written.set(connection, names);
}

async function tryWriteSettings(connection: SparkConnection): Promise<void> {
  const trial = { [TXN_APP_ID]: 'clicklake-trial', [TXN_VERSION]: '0', [USER_METADATA]: '{}' };
  const needed = { ...trial, [TIMESTAMP_TYPE]: 'TIMESTAMP_MICROS' };
  // A server may take a setting without a word and forget it: what it holds counts.
  const held = (await isAllowed(setWriteSettings(connection, trial)))
    ? await readSettings(connection, Object.keys(needed))
    : {};
  await setWriteSettings(connection, {}).catch(() => {});
  const missing = Object.entries(needed).find(([name, value]) => held[name] !== value);
  if (missing === undefined) {
    return;
  }
  throw new ClicklakeError(
    'access_refused',
    `nothing was written: this Spark server does not allow ${missing[0]} to be set, which exactly-once writing needs`,
    {
      hint: 'write with a cluster that allows it; Databricks serverless compute does not, but takes queries',
    },
  );
}

/** False when the server does not allow the setting; every other failure is thrown. */
async function isAllowed(setting: Promise<void>): Promise<boolean> {
  try {
    await setting;
    return true;
  } catch (error) {
    if (isRefusal(error)) {
      return false;
    }
    throw error;
  }
}

async function readSettings(
  connection: SparkConnection,
  names: readonly string[],
): Promise<Record<string, string>> {
  return await connection.getConfig(names).catch((error: unknown) => {
    if (isRefusal(error)) {
      return {};
    }
    throw error;
  });
}

/** Whether the server answered, and said no: the settings are its own. */
function isRefusal(error: unknown): boolean {
  return error instanceof SparkError && error.code === 'query_failed';
}

/** What can be seen of a Spark server before a run: its release, its settings, what it may write. */
import { randomUUID } from 'node:crypto';
import { readCommitInfo } from '../delta/commit-info.ts';
import type { SparkConnection } from '../engines/spark/connect/index.ts';
import { connectToLake } from '../engines/spark/connect-to-lake.ts';
import { findMissing } from '../engines/spark/requirements.ts';
import { requireWriteSettings, trySettings } from '../engines/spark/session-settings.ts';
import {
  findRuntime,
  measureRoundTrip,
  nameTable,
  writeTwice,
} from '../engines/spark/try-server.ts';
import { ClicklakeError } from '../errors.ts';
import type { Storage } from '../storage/storage.ts';
import { type Check, type Found, failed, ok, skipped } from './check-list.ts';
import type { CheckState } from './check-spark.ts';
import { sparkConnectOptions } from './choose-engine.ts';
import { openStorage } from './choose-storage.ts';

const CONNECTION = 'connection';
const WRITE_SETTINGS = 'settings of a write';
const OWN_ACCESS = 'lake, from this machine';
const SPARK_ACCESS = 'lake, from Spark';

/** Where Spark writes its trial table in the scratch folder. */
const TRIAL_TABLE = 'trial';

export const SERVER_CHECKS: readonly Check<CheckState>[] = [
  { name: CONNECTION, needs: [], run: checkConnection },
  { name: 'SQL that the models need', needs: [CONNECTION], run: checkSql },
  { name: 'Databricks Runtime', needs: [CONNECTION], run: checkRuntime },
  { name: 'settings of a session', needs: [CONNECTION], run: checkSettings },
  { name: WRITE_SETTINGS, needs: [CONNECTION], run: checkWriteSettings },
  { name: OWN_ACCESS, needs: [], run: checkOwnAccess },
  { name: SPARK_ACCESS, needs: [WRITE_SETTINGS, OWN_ACCESS], run: checkSparkAccess },
  { name: 'catalog', needs: [SPARK_ACCESS], run: checkCatalog },
];

/** What a run on Spark needs of these. */
export const NEEDED_FOR_RUNS: readonly string[] = [
  'SQL that the models need',
  'settings of a session',
  SPARK_ACCESS,
];

async function checkConnection(state: CheckState): Promise<Found> {
  const options = sparkConnectOptions(state.settings, state.env);
  const connection = await connectToLake(options, state.storage);
  state.connection = connection;
  const roundTripMs = await measureRoundTrip(connection);
  return ok(`Spark ${connection.sparkVersion}, ${Math.round(roundTripMs)} ms a statement`);
}

async function checkSql(state: CheckState): Promise<Found> {
  const connection = connectionOf(state);
  await trySettings(connection);
  const missing = await findMissing(connection);
  return missing.length === 0
    ? ok('scripts and functions')
    : failed(
        `missing: ${missing.join(', ')}`,
        'use Spark 4.0 or newer, or Databricks Runtime 17.3',
      );
}

async function checkRuntime(state: CheckState): Promise<Found> {
  const runtime = await findRuntime(connectionOf(state));
  return runtime === undefined ? skipped('not a Databricks workspace') : ok(runtime);
}

async function checkSettings(state: CheckState): Promise<Found[]> {
  const tried = await trySettings(connectionOf(state));
  return tried.map(({ name, value, found, isNeeded }) => {
    if (found?.toLowerCase() === value.toLowerCase()) {
      return { check: name, ...ok(value) };
    }
    const detail = `${found ?? 'not known'}, and cannot be set to ${value}`;
    return {
      check: name,
      ...(isNeeded
        ? failed(detail, 'allow it in the policy of the cluster, or set it in its configuration')
        : skipped(`${detail}: not needed`)),
    };
  });
}

async function checkWriteSettings(state: CheckState): Promise<Found> {
  await requireWriteSettings(connectionOf(state));
  return ok('a write can carry its transaction');
}

async function checkOwnAccess(state: CheckState): Promise<Found> {
  const storage = await openStorage({ ...state.settings, lake: state.scratch }, { env: state.env });
  try {
    const bytes = Buffer.from(randomUUID());
    await storage.write('probe', bytes);
    const isSame = (await storage.read('probe')).equals(bytes);
    const again = await storage.putIfAbsent('probe', Buffer.from('other'));
    await storage.delete('probe');
    return isSame && again.kind === 'exists'
      ? ok('written, read, not overwritten by a second commit, and deleted')
      : failed('what was written is not what is read');
  } finally {
    await storage.close();
  }
}

/** Spark writes a table, and this machine reads its log: both look at the same place. */
async function checkSparkAccess(state: CheckState): Promise<Found[]> {
  const rowCount = await writeTwice(connectionOf(state), `${state.scratch}/${TRIAL_TABLE}`);
  const storage = await openStorage({ ...state.settings, lake: state.scratch }, { env: state.env });
  try {
    const version = await newestVersion(storage);
    if (version === undefined) {
      return [
        failed(
          'Spark wrote a table that this machine does not find',
          'Spark and Clicklake must see the lake under the same address',
        ),
      ];
    }
    const { engineInfo = 'unknown' } = await readCommitInfo({ storage }, TRIAL_TABLE, version);
    return [
      ok('created a table, wrote and read it; this machine finds it'),
      { check: 'writer', ...ok(engineInfo) },
      photonOf(engineInfo),
      {
        check: 'repeated write',
        ...(rowCount === 1
          ? ok('skipped, as its transaction was there')
          : failed(`not skipped: ${rowCount} rows instead of 1`, 'do not run the pipeline on it')),
      },
    ];
  } finally {
    await storage.close();
  }
}

/** Of the table that Spark wrote; undefined: there is none. */
async function newestVersion(storage: Storage): Promise<number | undefined> {
  let newest: number | undefined;
  for await (const { path } of storage.list(`${TRIAL_TABLE}/_delta_log/`)) {
    const [, version] = /\/(\d{20})\.json$/.exec(path) ?? [];
    newest = version === undefined ? newest : Number(version);
  }
  return newest;
}

/** Databricks names its runtime in each commit, as in `Databricks-Runtime/17.3.x-photon-scala2.13`. */
function photonOf(engineInfo: string): Found {
  const check = 'Photon';
  if (!engineInfo.startsWith('Databricks-Runtime/')) {
    return { check, ...skipped('not a Databricks workspace') };
  }
  return { check, ...ok(engineInfo.includes('photon') ? 'on' : 'off, or not told') };
}

async function checkCatalog(state: CheckState): Promise<Found> {
  const { catalog, schema } = state.settings.spark;
  if (schema === undefined) {
    return skipped('spark.schema is not set');
  }
  const home = catalog === undefined ? schema : `${catalog}.${schema}`;
  try {
    const url = `${state.scratch}/${TRIAL_TABLE}`;
    const name = await nameTable(connectionOf(state), url, { catalog, schema });
    return ok(`registered a table as ${name}, and removed the name`);
  } catch (error) {
    if (!(error instanceof ClicklakeError) || error.code === 'server_unavailable') {
      throw error;
    }
    return failed(
      error.message,
      `make the schema ${home}; grant USE CATALOG, USE SCHEMA and CREATE TABLE for it, and CREATE EXTERNAL TABLE on the external location of the lake`,
    );
  }
}

function connectionOf({ connection }: CheckState): SparkConnection {
  if (connection === undefined) {
    throw new Error('a check without its connection');
  }
  return connection;
}

/** The engine on the user's Spark server, which computes and writes. Only plans, counts and small results reach Node. */
import type { GoldRules } from '../../contract/gold-rules.ts';
import type { DeltaContext } from '../../delta/context.ts';
import type { Mapping } from '../../mapping/mapping.ts';
import type { SqlConnection as DuckdbConnection } from '../duckdb/sql-connection.ts';
import type { Engine } from '../engine.ts';
import type { EventTypeRules } from '../event-types.ts';
import { type ConnectOptions, connectToLake } from './connect-to-lake.ts';
import { contractFunctions } from './contract-functions.ts';
import { openRecords } from './records.ts';
import type { CatalogPlace } from './register-tables.ts';
import { openSession } from './session.ts';
import { NO_SMALL_WRITES, openSmallWrites } from './small-writes.ts';
import { openSqlConnection } from './sql-connection.ts';
import { openStaging } from './staging.ts';
import { openWork, type SparkWork } from './work.ts';
import { openWriter } from './writer.ts';

export interface SparkEngineOptions extends ConnectOptions {
  delta: DeltaContext;
  /** Writes few rows. */
  duckdb: DuckdbConnection;
  /** Where tables are named when a run is done; undefined: nowhere. */
  catalog: CatalogPlace | undefined;
  /** Text of models/functions/spark.sql. */
  functions: string;
  /** Text of models/bronze/spark.sql: from lines to the texts of their fields. */
  lineTexts: string;
  /** How the records of sources are read, by number. */
  mappings: readonly Mapping[];
  /** What their event types mean, by number of the mapping. */
  eventTypes: readonly EventTypeRules[];
  rules: GoldRules;
  /** Aborting ends the statement that runs, on the server too. */
  signal: AbortSignal | undefined;
}

export async function openSparkEngine(options: SparkEngineOptions): Promise<Engine> {
  const { delta } = options;
  const { storage } = delta;
  const connection = await openSqlConnection(await connectToLake(options, storage), options.signal);
  const functions = contractFunctions(options.eventTypes, options.rules);
  // One statement, for it holds several.
  connection.defer(`BEGIN ${options.functions}\n${functions.join('\n')} END`);
  // Looking at a lake must not make folders in it: the work area comes with the first result.
  let opened: Promise<SparkWork> | undefined;
  const work = (): Promise<SparkWork> => {
    opened ??= openWork(storage);
    return opened;
  };
  const staging = openStaging(connection, work, { areSmall: !storage.isRemote });
  const lake = storage.url;
  const small =
    connection.isLocal && !storage.isRemote
      ? openSmallWrites(options.duckdb, delta, staging)
      : NO_SMALL_WRITES;
  return {
    name: 'spark',
    sharesLocalLakes: false,
    session: openSession(connection, staging, { lake, isRemote: storage.isRemote }),
    records: openRecords(connection, {
      ...{ storage, staging, work },
      lineTexts: options.lineTexts,
      mappings: options.mappings,
    }),
    writer: openWriter({ connection, delta, lake }, staging, small, options.catalog),
    async close() {
      await connection.close();
      await (await opened)?.release();
    },
  };
}

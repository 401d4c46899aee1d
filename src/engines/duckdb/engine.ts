/** The embedded engine: DuckDB computes and writes Parquet; our own log module commits. */
import type { GoldRules } from '../../contract/gold-rules.ts';
import type { DeltaContext } from '../../delta/context.ts';
import type { Mapping } from '../../mapping/mapping.ts';
import type { Engine } from '../engine.ts';
import type { EventTypeRules } from '../event-types.ts';
import { contractFunctions } from './contract-functions.ts';
import { openRecords } from './records.ts';
import { openSession } from './session.ts';
import type { SqlConnection } from './sql-connection.ts';
import { openWriter } from './writer.ts';

export interface DuckdbEngineOptions {
  /** Closed with the engine. */
  connection: SqlConnection;
  delta: DeltaContext;
  /** Threads that read Bronze files. */
  threads: number;
  /** The content of models/functions/duckdb.sql. */
  functions: string;
  /** Mappings of the sources, indexed by mapping number. */
  mappings: readonly Mapping[];
  /** Event type rules, indexed by mapping number. */
  eventTypes: readonly EventTypeRules[];
  rules: GoldRules;
}

export async function openDuckdbEngine(options: DuckdbEngineOptions): Promise<Engine> {
  const { connection, delta } = options;
  await connection.run(options.functions);
  for (const sql of contractFunctions(options.eventTypes, options.rules)) {
    await connection.run(sql);
  }
  const records = openRecords(connection, delta.storage, options);
  return {
    name: 'duckdb',
    sharesLocalLakes: true,
    session: openSession(connection, delta),
    records,
    writer: openWriter(connection, delta),
    async close() {
      await records.close();
      connection.close();
    },
  };
}

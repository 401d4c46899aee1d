/** DuckDB with the functions of the models, for one time zone after the other. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEFAULT_GOLD_RULES } from '../../src/contract/gold-rules.ts';
import { contractFunctions } from '../../src/engines/duckdb/contract-functions.ts';
import { openSqlConnection } from '../../src/engines/duckdb/sql-connection.ts';

const NO_EVENT_TYPES = {
  names: new Map([['a', 'a']]),
  ignored: new Set<string>(),
  keepsUnknown: false,
};

export interface ZoneSession {
  useZone(timeZone: string): Promise<void>;
  rows(sql: string): Promise<unknown[][]>;
  close(): void;
}

export async function openZoneSession(): Promise<ZoneSession> {
  const folder = mkdtempSync(join(tmpdir(), 'clicklake-zones-'));
  const duckdb = await openSqlConnection({
    memoryLimitBytes: 500_000_000,
    threads: 1,
    spillFolder: join(folder, 'spill'),
  });
  await duckdb.run(
    readFileSync(new URL('../../models/functions/duckdb.sql', import.meta.url), 'utf8'),
  );
  return {
    async useZone(timeZone) {
      for (const sql of contractFunctions([NO_EVENT_TYPES], { ...DEFAULT_GOLD_RULES, timeZone })) {
        await duckdb.run(sql);
      }
    },
    rows: async (sql) => await duckdb.rows(sql),
    close() {
      duckdb.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

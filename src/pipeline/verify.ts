/** Hands the lake to the recount: its files as received, its rules, its tables as they are. */
import type { TableDefinition } from '../engines/engine.ts';
import type { TableName, TableValue } from '../verify/canonical-row.ts';
import { verifyLake } from '../verify/verify.ts';
import { type LakeContext, loadTable, openText, stopIfAborted } from './context.ts';
import { isGoldCurrent } from './gold.ts';
import { filesReceivedAfter } from './ledger.ts';
import type { VerifyReport } from './reports.ts';
import { loadSilver } from './silver.ts';

/**
 * Compares the tables with a recount of the files that Silver has consumed; files still waiting for a
 * run are left out. Changes nothing. Reads every line of the lake.
 */
export async function verify(context: LakeContext): Promise<VerifyReport> {
  const startedAt = performance.now();
  const { settings, storage } = context;
  const { consumed } = await loadSilver(context);
  const files = (await filesReceivedAfter(context, 0)).filter(
    (file) => file.fileNumber <= consumed,
  );
  const linesTotal = files.reduce((sum, file) => sum + file.lineCount, 0);
  const current = (await isGoldCurrent(context)) ? 'yes' : 'no';
  const work = await storage.workFolder('verify');
  try {
    const { lines, checks } = await verifyLake({
      files,
      openFile: (file) => openText(storage, file.path),
      rules: {
        eventTypes: new Set(settings.silver.eventTypes),
        aliases: new Map(Object.entries(settings.silver.eventTypeAliases)),
        extraColumns: new Set(settings.silver.extraColumns.map(({ name }) => name)),
      },
      isCheckoutSkipped: settings.funnel.skipCheckout,
      tempFolder: work.path,
      readTable: (table, columns) => readTable(context, table, columns),
      onProgress(linesDone) {
        stopIfAborted(context.signal);
        context.onProgress({ stage: 'verify', linesDone, linesTotal });
      },
    });
    const isCurrent = {
      name: 'gold: up to date with Silver',
      expected: 'yes',
      actual: current,
      isEqual: current === 'yes',
    };
    return { lines, checks: [isCurrent, ...checks], durationMs: performance.now() - startedAt };
  } finally {
    await work.release();
  }
}

async function* readTable(
  context: LakeContext,
  name: TableName,
  columns: readonly string[],
): AsyncIterable<TableValue[][]> {
  const table = (Object.values(context.tables) as TableDefinition[]).find(
    (each) => each.name === name,
  );
  if (table === undefined) throw new Error(`no table ${name}`);
  await context.engine.showTable(table, await loadTable(context, table));
  const selected = columns.map((column) => exactValue(table, column));
  const batches = context.engine.queryBatches(`SELECT ${selected.join(', ')} FROM ${name}`);
  for await (const rows of batches) yield rows.map((row) => row.map(toTableValue));
}

/** Instants as microseconds, dates and decimals as their text. */
function exactValue(table: TableDefinition, column: string): string {
  const type = table.columns.find(({ name }) => name === column)?.type ?? 'string';
  if (type === 'timestamp') return `CAST(unix_micros(${column}) AS BIGINT) AS ${column}`;
  const isText = type === 'date' || type.startsWith('decimal');
  return isText ? `CAST(${column} AS STRING) AS ${column}` : column;
}

function toTableValue(value: unknown): TableValue {
  if (value === null || value === undefined) return null;
  return typeof value === 'object' ? String(value) : (value as TableValue);
}

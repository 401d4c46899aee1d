/** Reports what the lake holds. Changes nothing. */
import { parseStatistics } from '../delta/statistics.ts';
import type { TableDefinition } from '../engines/engine.ts';
import { ClicklakeError } from '../errors.ts';
import { BRONZE_ROOT } from './bronze-paths.ts';
import { type LakeContext, loadTable, requireWritable } from './context.ts';
import { releaseTable } from './fetch-ahead.ts';
import { isRefreshUnfinished } from './full-refresh.ts';
import { goldTables, isGoldCurrent } from './gold.ts';
import { microsToIso } from './json-values.ts';
import { showLedger } from './ledger.ts';
import type { StatusReport } from './reports.ts';
import { loadSilver, type SilverState } from './silver.ts';
import { ignoredRecords, requireSameSilver } from './silver-properties.ts';
import { listTables } from './tables.ts';
import { areOwnModelsCurrent } from './update-own-models.ts';

/** Counts files, lines and their outcomes, and lists the tables with their versions and sizes. */
export async function status(context: LakeContext): Promise<StatusReport> {
  const { engine, tables } = context;
  const silver = await loadSilver(context);
  const isCurrent = await isGoldCurrent(context);
  await showLedger(context);
  const [bronze] = await engine.session.query(
    `SELECT CAST(count(*) AS BIGINT), CAST(sum(line_count) AS BIGINT), CAST(sum(size_bytes) AS BIGINT),
       CAST(unix_micros(max(received_at)) AS BIGINT),
       CAST(count(CASE WHEN file_number > ${silver.consumed} AND repeats IS NULL THEN 1 END) AS BIGINT),
       CAST(sum(CASE WHEN file_number > ${silver.consumed} THEN line_count ELSE 0 END) AS BIGINT),
       CAST(sum(CASE WHEN file_number <= ${silver.consumed} THEN line_count ELSE 0 END) AS BIGINT)
     FROM bronze_files WHERE substr(path, 1, ${BRONZE_ROOT.length}) = '${BRONZE_ROOT}'`,
  );
  const [files, lines, sizeBytes, lastMicros, pendingFiles, pendingLines, consumedLines] =
    (bronze ?? []) as unknown[];
  const written = isCurrent ? [] : goldTables(context);
  const refusal = await findRefusal(
    context,
    silver,
    Number(pendingFiles ?? 0) > 0 ? listTables(tables) : written,
  );
  await engine.session.showTable(tables.quarantine, silver.snapshots.get(tables.quarantine.name));
  const reasons = await engine.session.query(
    'SELECT reason, CAST(count(*) AS BIGINT) FROM silver_quarantine GROUP BY reason ORDER BY 2 DESC, 1',
  );
  await releaseTable(context, context.snapshots.get(tables.ledger.root));
  await releaseTable(context, silver.snapshots.get(tables.quarantine.name));
  const quarantined = Object.fromEntries(
    reasons.map(([reason, count]) => [String(reason), Number(count)]),
  );
  const described = await Promise.all(
    listTables(tables).map((table) => describeTable(context, table)),
  );
  const valid = described.find((table) => table?.table === tables.events.name)?.rows ?? 0;
  const quarantinedLines = Object.values(quarantined).reduce((sum, count) => sum + count, 0);
  const ignored = ignoredRecords(silver.events);
  return {
    lake: context.storage.url,
    bronze: {
      files: Number(files ?? 0),
      lines: Number(lines ?? 0),
      sizeBytes: Number(sizeBytes ?? 0),
      lastReceivedAt: lastMicros == null ? null : microsToIso(BigInt(lastMicros as bigint)),
    },
    pending: { files: Number(pendingFiles ?? 0), lines: Number(pendingLines ?? 0) },
    outcomes: {
      lines: Number(consumedLines ?? 0),
      valid,
      duplicates: Number(consumedLines ?? 0) - valid - quarantinedLines - ignored,
      ignored,
      quarantined,
    },
    tables: described.filter((table) => table !== undefined),
    isGoldCurrent: isCurrent && (await areOwnModelsCurrent(context)),
    ...(refusal === undefined ? {} : { refusal }),
  };
}

/**
 * Why a run that writes these tables would be refused; undefined: it would not, or it would go on
 * with a full refresh.
 */
async function findRefusal(
  context: LakeContext,
  { events, consumed }: SilverState,
  writes: readonly TableDefinition[],
): Promise<StatusReport['refusal']> {
  if (await isRefreshUnfinished(context)) {
    return undefined;
  }
  try {
    await requireSameSilver(context, events, consumed);
    // With engine `auto` a run leaves to Spark what DuckDB cannot write.
    const isAuto = context.settings.engine === 'auto';
    await requireWritable(context, writes, isAuto ? { commitsRows: true } : undefined);
    return undefined;
  } catch (error) {
    if (error instanceof ClicklakeError) {
      const { code, message, hint } = error;
      return { code, message, ...(hint === undefined ? {} : { hint }) };
    }
    throw error;
  }
}

async function describeTable(
  context: LakeContext,
  table: TableDefinition,
): Promise<StatusReport['tables'][number] | undefined> {
  const snapshot = await loadTable(context, table);
  if (snapshot === undefined) {
    return undefined;
  }
  let rows = 0;
  let sizeBytes = 0;
  for (const file of snapshot.files) {
    const count = parseStatistics(file.stats, snapshot.metadata.schema)?.rowCount ?? 0;
    rows += count - (file.deletionVector?.cardinality ?? 0);
    sizeBytes += file.sizeBytes;
  }
  return {
    table: table.name,
    version: snapshot.version,
    files: snapshot.files.length,
    sizeBytes,
    rows,
    lastModifiedAt: new Date(snapshot.timestampMs).toISOString(),
  };
}

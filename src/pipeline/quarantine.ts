/** Lines that could not be taken: shown with their reasons, and given back as they came. */
import { type LakeContext, loadTable } from './context.ts';
import { microsToIso } from './json-values.ts';
import type { QuarantineReport } from './reports.ts';
import { textLiteral } from './sql-literal.ts';

export async function listQuarantine(
  context: LakeContext,
  options: { reason?: string; limit: number },
): Promise<QuarantineReport> {
  await showQuarantine(context);
  const where = whereReason(options.reason);
  const counts = await context.engine.query(
    `SELECT reason, CAST(count(*) AS BIGINT) FROM silver_quarantine ${where} GROUP BY reason ORDER BY 2 DESC, 1`,
  );
  const rows = await context.engine.query(
    `SELECT reason, CAST(unix_micros(received_at) AS BIGINT), bronze_path,
       COALESCE(raw_base64, text_to_base64(raw_text))
     FROM silver_quarantine ${where} ORDER BY received_at DESC, bronze_path, reason, raw_text LIMIT ${options.limit}`,
  );
  const byReason = Object.fromEntries(
    counts.map(([reason, count]) => [String(reason), Number(count)]),
  );
  return {
    total: Object.values(byReason).reduce((sum, count) => sum + count, 0),
    byReason,
    rows: rows.map(([reason, receivedAt, bronzePath, base64]) => ({
      reason: String(reason),
      receivedAt: microsToIso(BigInt(receivedAt as bigint)),
      bronzePath: String(bronzePath),
      text: lineBytes(base64).toString('utf8'),
    })),
  };
}

/** Hands every quarantined line to `sink`, byte for byte as received, each ended by LF. */
export async function exportQuarantine(
  context: LakeContext,
  options: { reason?: string },
  sink: (chunk: Buffer) => Promise<void>,
): Promise<{ lines: number }> {
  await showQuarantine(context);
  const batches = context.engine.queryBatches(
    `SELECT COALESCE(raw_base64, text_to_base64(raw_text)) FROM silver_quarantine
     ${whereReason(options.reason)} ORDER BY received_at, bronze_path, raw_text, raw_base64`,
  );
  let lines = 0;
  for await (const rows of batches) {
    await sink(Buffer.concat(rows.flatMap(([base64]) => [lineBytes(base64), LINE_FEED])));
    lines += rows.length;
  }
  return { lines };
}

const LINE_FEED = Buffer.from('\n');

function lineBytes(base64: unknown): Buffer {
  return Buffer.from(String(base64), 'base64');
}

async function showQuarantine({ engine, tables, ...context }: LakeContext): Promise<void> {
  await engine.showTable(tables.quarantine, await loadTable(context, tables.quarantine));
}

function whereReason(reason: string | undefined): string {
  return reason === undefined ? '' : `WHERE reason = ${textLiteral(reason)}`;
}

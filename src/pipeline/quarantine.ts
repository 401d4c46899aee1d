/** Rejected lines: listed with their reasons, and exported byte for byte. */
import { FIELD_NAMES, REQUIRED_FIELDS } from '../contract/fields.ts';
import { ClicklakeError } from '../errors.ts';
import { type LakeContext, loadTable } from './context.ts';
import { microsToIso } from './json-values.ts';
import type { QuarantineReport } from './reports.ts';
import { textLiteral } from './sql-literal.ts';

/** In the order in which they are looked for (docs/accepted-input.md). */
const REASONS: readonly string[] = [
  ...['not_utf8', 'not_json', 'not_an_object'],
  ...FIELD_NAMES.map((field) => `wrong_type:${field}`),
  ...REQUIRED_FIELDS.map((field) => `missing:${field}`),
  ...['unknown_event_type', 'bad_timestamp', 'timestamp_out_of_range', 'conflicting_event_id'],
];

/**
 * The newest lines first. With `maxTextLength` no more than so many characters of each line are read:
 * lines may have many megabytes. Throws `usage` for an unknown reason.
 */
export async function listQuarantine(
  context: LakeContext,
  options: { reason?: string; limit: number; maxTextLength?: number },
): Promise<QuarantineReport> {
  refuseUnknownReason(options.reason);
  await showQuarantine(context);
  const where = whereReason(options.reason);
  const counts = await context.engine.session.query(
    `SELECT reason, CAST(count(*) AS BIGINT) FROM silver_quarantine ${where} GROUP BY reason ORDER BY 2 DESC, 1`,
  );
  const rows = await context.engine.session.query(
    `SELECT reason, CAST(unix_micros(received_at) AS BIGINT), bronze_path,
       ${base64OfLine(options.maxTextLength)}
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

/**
 * Hands every quarantined line to `sink`, byte for byte as received, each ended by LF. Throws `usage`
 * for an unknown reason.
 */
export async function exportQuarantine(
  context: LakeContext,
  options: { reason?: string },
  sink: (chunk: Buffer) => Promise<void>,
): Promise<{ lines: number }> {
  refuseUnknownReason(options.reason);
  await showQuarantine(context);
  const batches = context.engine.session.queryBatches(
    `SELECT ${base64OfLine()} FROM silver_quarantine
     ${whereReason(options.reason)} ORDER BY received_at, bronze_path, raw_text, raw_base64`,
  );
  let lines = 0;
  for await (const rows of batches) {
    await sink(Buffer.concat(rows.flatMap(([base64]) => [lineBytes(base64), LINE_FEED])));
    lines += rows.length;
  }
  return { lines };
}

/** Four characters of Base64 are three bytes. */
function base64OfLine(maxLength?: number): string {
  return maxLength === undefined
    ? 'COALESCE(raw_base64, text_to_base64(raw_text))'
    : `COALESCE(substr(raw_base64, 1, ${4 * Math.ceil(maxLength / 3)}), text_to_base64(substr(raw_text, 1, ${maxLength})))`;
}

function refuseUnknownReason(reason: string | undefined): void {
  if (reason === undefined || REASONS.includes(reason)) {
    return;
  }
  const [kind] = reason.split(':', 1);
  const alike = REASONS.filter((known) => known.startsWith(`${kind}:`));
  const plain = REASONS.filter((known) => !known.includes(':'));
  throw new ClicklakeError('usage', `"${reason}" is not a quarantine reason`, {
    hint: `the reasons are ${(alike.length > 0 ? alike : [...plain, 'wrong_type:<field>', 'missing:<field>']).join(', ')}`,
  });
}

const LINE_FEED = Buffer.from('\n');

function lineBytes(base64: unknown): Buffer {
  return Buffer.from(String(base64), 'base64');
}

async function showQuarantine({ engine, tables, ...context }: LakeContext): Promise<void> {
  await engine.session.showTable(tables.quarantine, await loadTable(context, tables.quarantine));
}

function whereReason(reason: string | undefined): string {
  return reason === undefined ? '' : `WHERE reason = ${textLiteral(reason)}`;
}

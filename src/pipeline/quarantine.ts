/** Lists rejected records with reasons and positions, and exports them byte for byte. */
import { FIELD_NAMES, REQUIRED_FIELDS } from '../contract/fields.ts';
import { ClicklakeError } from '../errors.ts';
import { type LakeContext, loadTable } from './context.ts';
import { microsToIso } from './json-values.ts';
import {
  findPositions,
  RECORD_KEY_SQL,
  type RecordKey,
  type RecordPositions,
  recordKey,
} from './quarantine-positions.ts';
import type { QuarantinedRecord, QuarantineReport } from './reports.ts';
import { textLiteral } from './sql-literal.ts';
import { UNKNOWN_TYPE, unknownTypesInQuarantine } from './unknown-types.ts';

/** In the order in which a run checks them (docs/accepted-input.md). */
const REASONS: readonly string[] = [
  ...['not_utf8', 'not_json', 'not_an_object'],
  ...FIELD_NAMES.map((field) => `wrong_type:${field}`),
  ...REQUIRED_FIELDS.map((field) => `missing:${field}`),
  ...['unknown_event_type', 'bad_timestamp', 'timestamp_out_of_range', 'conflicting_event_id'],
];

/**
 * To find positions for a list, at most this much of Bronze is read, unless all positions are
 * requested.
 */
const MAX_SEARCHED_BYTES = 1024 * 1024 * 1024;

export interface QuarantineOptions {
  reason?: string;
  limit: number;
  /** Reads at most this many characters of each record; a record can have many megabytes. */
  maxTextLength?: number;
  /** Finds the positions of all records, however large their files are. */
  positions?: boolean;
}

/** Lists the newest records first. Throws `usage` for an unknown reason. */
export async function listQuarantine(
  context: LakeContext,
  options: QuarantineOptions,
): Promise<QuarantineReport> {
  refuseUnknownReason(options.reason);
  await showQuarantine(context);
  const where = whereReason(options.reason);
  const counts = await context.engine.session.query(
    `SELECT reason, CAST(count(*) AS BIGINT) FROM silver_quarantine ${where} GROUP BY reason ORDER BY 2 DESC, 1`,
  );
  const rows = await context.engine.session.query(
    `SELECT ${recordColumns(options.maxTextLength)}
     FROM silver_quarantine ${where} ORDER BY received_at DESC, bronze_path, reason, raw_text LIMIT ${options.limit}`,
  );
  const hasUnknown = counts.some(([reason]) => reason === UNKNOWN_TYPE);
  const unknownTypes = hasUnknown ? await unknownTypesInQuarantine(context) : [];
  const maxBytes = options.positions === true ? undefined : MAX_SEARCHED_BYTES;
  const positions = await findPositions(context, rows.map(keyOfRow), maxBytes);
  const byReason = Object.fromEntries(
    counts.map(([reason, count]) => [String(reason), Number(count)]),
  );
  return {
    total: Object.values(byReason).reduce((sum, count) => sum + count, 0),
    byReason,
    rows: rows.map((row) => toRecord(row, positions)),
    unreadFiles: positions.unreadFiles,
    ...(unknownTypes.length === 0 ? {} : { unknownTypes }),
  };
}

/**
 * Passes every quarantined record to `sink`, followed by LF: the raw bytes, or with `positions` a
 * JSON object with reason, file, position and text. Throws `usage` for an unknown reason.
 */
export async function exportQuarantine(
  context: LakeContext,
  options: { reason?: string; positions?: boolean },
  sink: (chunk: Buffer) => Promise<void>,
): Promise<{ lines: number }> {
  refuseUnknownReason(options.reason);
  await showQuarantine(context);
  const where = whereReason(options.reason);
  const order = 'ORDER BY received_at, bronze_path, raw_text, raw_base64';
  const positions = options.positions === true ? await findAllPositions(context, where) : undefined;
  const columns = positions === undefined ? base64OfLine() : recordColumns();
  const batches = context.engine.session.queryBatches(
    `SELECT ${columns} FROM silver_quarantine ${where} ${order}`,
  );
  let lines = 0;
  for await (const rows of batches) {
    const texts = rows.map((row) =>
      positions === undefined
        ? lineBytes(row[0])
        : Buffer.from(JSON.stringify(toRecord(row, positions))),
    );
    await sink(Buffer.concat(texts.flatMap((text) => [text, LINE_FEED])));
    lines += rows.length;
  }
  return { lines };
}

async function findAllPositions(context: LakeContext, where: string): Promise<RecordPositions> {
  const keys: RecordKey[] = [];
  const batches = context.engine.session.queryBatches(
    `SELECT ${RECORD_KEY_SQL} FROM silver_quarantine ${where}`,
  );
  for await (const rows of batches) {
    keys.push(...rows.map(recordKey));
  }
  return await findPositions(context, keys);
}

/** The columns that `toRecord` and `keyOfRow` expect. */
function recordColumns(maxTextLength?: number): string {
  return `reason, CAST(unix_micros(received_at) AS BIGINT), ${base64OfLine(maxTextLength)}, ${RECORD_KEY_SQL}`;
}

function keyOfRow(row: readonly unknown[]): RecordKey {
  return recordKey(row.slice(3));
}

function toRecord(row: readonly unknown[], positions: RecordPositions): QuarantinedRecord {
  const [reason, receivedAt, base64] = row;
  const key = keyOfRow(row);
  return {
    reason: String(reason),
    receivedAt: microsToIso(BigInt(receivedAt as bigint)),
    bronzePath: key.bronzePath,
    position: positions.take(key),
    text: lineBytes(base64).toString('utf8'),
  };
}

/** Truncates in SQL: four characters of Base64 encode three bytes. */
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

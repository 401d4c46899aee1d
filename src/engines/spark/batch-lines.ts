/**
 * The lines of a batch as `bronze_lines`, every one read exactly. Spark reads the files and judges
 * the lines by models/bronze/spark.sql; the few that it must not judge come here, distinct and in
 * portions, through our own reader, and go back as fields.
 */
import {
  addField,
  addFields,
  type FieldCounts,
  MAX_NAME_LENGTH,
  MAX_NAMES,
  noFields,
} from '../../bronze/field-counts.ts';
import { isBlank } from '../../bronze/lines.ts';
import { FIELD_NAMES } from '../../contract/fields.ts';
import { ClicklakeError } from '../../errors.ts';
import { PLAIN_MAPPING } from '../../mapping/mapping.ts';
import { type FoundPaths, layOut } from '../../mapping/record-layout.ts';
import { type ExactLine, readExactly } from '../exact-lines.ts';
import { type BatchFile, type DeclaredField, IS_REJECTED } from '../records.ts';
import { arrowRows, type SentColumn } from './arrow-rows.ts';
import { type BatchText, fileAddress, openBatchText, type TextSource } from './batch-texts.ts';
import { jsonFunctions } from './json-functions.ts';
import {
  defineMappedLines,
  isMapped,
  LINE_COLUMNS,
  type MappedLines,
  type MappedSource,
  selectMappedLines,
  stageMappedTexts,
} from './mapped-lines.ts';
import type { SqlConnection } from './sql-connection.ts';
import { identifier, literal } from './sql-text.ts';
import { countStagedLines, type StagedLines } from './staged-lines.ts';
import type { Staging } from './staging.ts';
import { selectTypedLines } from './typed-lines.ts';
import type { SparkWork } from './work.ts';

export interface BatchSource extends TextSource, MappedSource {
  /** Text of models/bronze/spark.sql: from lines to the texts of their fields. */
  lineTexts: string;
}

export interface OpenBatch {
  files: readonly BatchFile[];
  /** Of the files, those that our own reader has read. */
  mapped: readonly BatchFile[];
  /** What our reader has left in the work area. */
  workFiles: readonly string[];
  declared: readonly DeclaredField[];
  source: BatchSource;
  /** Undeclared fields of the lines read exactly, each distinct line as often as it occurs. */
  unknownFields: FieldCounts;
  /** Of lines that came here when they were staged. */
  staged: StagedLines | undefined;
  /** By the number of a mapping that our own reader has read by. */
  foundPaths: ReadonlyMap<number, FoundPaths>;
}

/** The results of a batch of so much text come here rather than to files. */
const SMALL_BATCH_BYTES = 1024 * 1024;

/** Defines `batch_files` and `batch_lines` for the given files. */
export async function openBatch(
  connection: SqlConnection,
  work: SparkWork,
  files: readonly BatchFile[],
  declared: readonly DeclaredField[],
  source: BatchSource,
): Promise<OpenBatch> {
  const mapped = files.filter((file) => isMapped(source.mappings, file));
  const texts: BatchText[] = [];
  for (const file of files) {
    texts.push(
      mapped.includes(file)
        ? { file, url: source.url(file), markedLine: undefined }
        : await openBatchText(file, source, work),
    );
  }
  const { unknownFields, foundPaths, workFiles }: MappedLines =
    mapped.length === 0
      ? { unknownFields: noFields(), foundPaths: new Map(), workFiles: [] }
      : await defineMappedLines(connection, work, source, mapped, declared);
  await sendRows(connection, 'batch_texts', [
    {
      name: 'file_number',
      type: 'BIGINT',
      values: texts.map(({ file }) => BigInt(file.fileNumber)),
    },
    { name: 'bronze_path', type: 'STRING', values: texts.map(({ file }) => file.path) },
    { name: 'micros', type: 'BIGINT', values: texts.map(({ file }) => file.receivedAtMicros) },
    {
      name: 'mapping_number',
      type: 'BIGINT',
      values: texts.map(({ file }) => BigInt(file.mapping)),
    },
    { name: 'address', type: 'STRING', values: texts.map(({ url }) => fileAddress(url)) },
    {
      name: 'marked_line',
      type: 'BINARY',
      values: texts.map(({ markedLine }) => markedLine ?? null),
    },
  ]);
  await defineTextLines(
    connection,
    texts.filter(({ file }) => !mapped.includes(file)),
  );
  for (const statement of jsonFunctions(declared)) {
    connection.defer(statement);
  }
  connection.defer(`CREATE OR REPLACE TEMPORARY VIEW batch_files AS
    SELECT file_number, bronze_path, timestamp_micros(micros) AS received_at,
      CAST(mapping_number AS INT) AS mapping_number FROM batch_texts`);
  connection.defer(`CREATE OR REPLACE TEMPORARY VIEW batch_lines AS
    SELECT f.file_number, l.value AS line, false AS has_file_mark
    FROM batch_text_lines AS l
    JOIN (SELECT file_number, address FROM batch_texts) AS f ON f.address = l.file_path
    WHERE startswith(l.value, '{') OR NOT l.value RLIKE r'\\A[ \\t\\r\\x0b\\f]*+\\z'
    UNION ALL
    SELECT file_number, CAST(marked_line AS STRING) AS line, true AS has_file_mark
    FROM batch_texts WHERE marked_line IS NOT NULL`);
  const staged = undefined;
  return { files, mapped, workFiles, declared, source, unknownFields, staged, foundPaths };
}

/** The lines are not read any more. */
export async function releaseBatch(work: SparkWork, { workFiles }: OpenBatch): Promise<void> {
  for (const name of workFiles) {
    await work.remove(name);
  }
}

async function defineTextLines(
  connection: SqlConnection,
  texts: readonly BatchText[],
): Promise<void> {
  if (texts.length === 0) {
    connection.defer(`CREATE OR REPLACE TEMPORARY VIEW batch_text_lines AS
      SELECT '' AS value, '' AS file_path WHERE false`);
    return;
  }
  await connection.defineFiles('batch_text_lines', {
    format: 'text',
    options: { lineSep: '\n', recursiveFileLookup: 'true' },
    paths: texts.map(({ url }) => url),
    columns: ['value', '_metadata.file_path'],
  });
}

/** Stages the result of the parsing model over every line of the batch; see `Batch.stageLines`. */
export async function stageLines(
  connection: SqlConnection,
  staging: Staging,
  batch: OpenBatch,
  name: string,
  model: string,
): Promise<void> {
  defineLines(connection, fieldTexts(batch.source.lineTexts), batch);
  const draft = `${name}_read`;
  staging.drop([`${name}_exact`]);
  const textBytes = batch.files.reduce((sum, file) => sum + file.textBytes, 0);
  await connection.expectBytes(textBytes);
  if (textBytes > SMALL_BATCH_BYTES) {
    staging.expectLarge();
  }
  const staged = await staging.stage(draft, stagedColumns(model));
  batch.staged = staged && countStagedLines(staged.stream);
  const counted =
    batch.staged?.lineCounts ??
    (await connection.rows(`SELECT file_number, count(*),
      count(CASE WHEN reason LIKE 'needs_exact_read%' THEN 1 END) FROM ${identifier(draft)} GROUP BY file_number`));
  checkLineCounts(batch.files, counted);
  const hasMarked = counted.some(([, , marked]) => Number(marked) > 0);
  if (hasMarked) {
    await readMarkedLines(connection, staging, batch, { draft, name, model });
  }
  connection.defer(
    `CREATE OR REPLACE TEMPORARY VIEW ${identifier(name)} AS
     SELECT * FROM ${identifier(draft)}${hasMarked ? ` WHERE reason IS NULL OR reason NOT LIKE 'needs_exact_read%' UNION ALL SELECT * FROM ${identifier(`${name}_exact`)}` : ''}`,
  );
  await defineRejected(connection, staging, batch, name);
}

async function defineRejected(
  connection: SqlConnection,
  staging: Staging,
  { mapped, source }: OpenBatch,
  name: string,
): Promise<void> {
  const rejected = `SELECT file_number, line_key, reason, raw_text, raw_base64
    FROM ${identifier(name)} WHERE ${IS_REJECTED}`;
  if (mapped.length > 0) {
    connection.defer(`CREATE OR REPLACE TEMPORARY VIEW rejected_keys AS ${rejected}`);
    const texts = { name: REJECTED_TEXTS, keys: 'rejected_keys' };
    await stageMappedTexts(connection, staging, source.storage, mapped, texts);
  }
  const shown =
    mapped.length === 0
      ? `SELECT file_number, reason, raw_text, raw_base64 FROM (${rejected})`
      : `SELECT r.file_number, r.reason, COALESCE(r.raw_text, t.raw_text) AS raw_text,
           COALESCE(r.raw_base64, t.raw_base64) AS raw_base64
         FROM rejected_keys AS r
         LEFT JOIN ${REJECTED_TEXTS} AS t ON t.file_number = r.file_number AND t.line_key = r.line_key`;
  connection.defer(`CREATE OR REPLACE TEMPORARY VIEW rejected_lines AS ${shown}`);
}

const REJECTED_TEXTS = 'rejected_texts';

/** What is kept of the lines: the text only of those that may be read again, or are for quarantine. */
function stagedColumns(model: string): string {
  return `SELECT * EXCEPT (problem, sent_type, is_timestamp_sent, received_at, raw_text),
    CASE WHEN reason IS NOT NULL THEN raw_text END AS raw_text FROM (${model})`;
}

/** The names under which a result may be kept in parts. */
export function partsOf(name: string): string[] {
  return [name, `${name}_read`, `${name}_exact`, `${name}_mapped`];
}

/** Stages the text of the lines that `keys` names; see `Batch.stageRawLines`. */
export async function stageRawLines(
  staging: Staging,
  connection: SqlConnection,
  { mapped, source }: OpenBatch,
  name: string,
  keys: string,
): Promise<void> {
  const wanted =
    staging.rowCountOf(keys) ??
    (await connection.rows(`SELECT 1 FROM ${identifier(keys)} LIMIT 1`)).length;
  if (wanted === 0) {
    connection.defer(`CREATE OR REPLACE TEMPORARY VIEW ${identifier(name)} AS
      SELECT CAST(NULL AS BIGINT) AS file_number, CAST(NULL AS BIGINT) AS line_key,
        CAST(NULL AS STRING) AS raw_text WHERE false`);
    return;
  }
  const texts = { name: `${name}_mapped`, keys };
  if (mapped.length > 0) {
    await stageMappedTexts(connection, staging, source.storage, mapped, texts);
  }
  const fromMapped = `UNION ALL SELECT file_number, line_key, raw_text FROM ${identifier(texts.name)}`;
  await staging.stage(
    name,
    `SELECT DISTINCT l.file_number, k.line_key, l.line AS raw_text FROM batch_lines AS l
     JOIN ${identifier(keys)} AS k ON k.file_number = l.file_number AND k.line_key = xxhash64(l.line)
     ${mapped.length === 0 ? '' : fromMapped}`,
  );
}

/** Undeclared fields and how many of the staged lines have each. */
export async function countUnknownFields(
  connection: SqlConnection,
  batch: OpenBatch,
  stagedLines: string,
): Promise<FieldCounts> {
  const counts = noFields();
  addFields(counts, batch.unknownFields);
  if (batch.staged?.unknownFields !== undefined) {
    addFields(counts, batch.staged.unknownFields);
    return counts;
  }
  // One character more than is kept tells that a name is cut, one name more that there are too many.
  const rows = await connection.rows(`SELECT field, count(*) AS line_count FROM (
    SELECT left(field, ${MAX_NAME_LENGTH + 1}) AS field FROM (
      SELECT explode(shape_key) AS field FROM ${identifier(stagedLines)}))
    GROUP BY field ORDER BY line_count DESC, field LIMIT ${MAX_NAMES + 1}`);
  for (const [field, lineCount] of rows) {
    addField(counts, String(field), Number(lineCount));
  }
  return counts;
}

async function sendRows(
  connection: SqlConnection,
  name: string,
  columns: readonly SentColumn[],
): Promise<void> {
  const { stream, schema } = arrowRows(columns);
  await connection.defineRows(name, stream, schema);
}

function checkLineCounts(
  files: readonly BatchFile[],
  counted: readonly (readonly unknown[])[],
): void {
  const counts = new Map(counted.map(([number, count]) => [Number(number), Number(count)]));
  const wrong = files.find((file) => (counts.get(file.fileNumber) ?? 0) !== file.lineCount);
  if (wrong === undefined) {
    return;
  }
  throw new ClicklakeError(
    'conservation_violated',
    `${wrong.path} gave ${counts.get(wrong.fileNumber) ?? 0} lines, and had ${wrong.lineCount} when it was received`,
    { hint: 'files in Bronze must never change: restore the file as it was, then run again' },
  );
}

/** The fields that a line has, each in a column. */
function fieldTexts(lineTexts: string): string {
  return `SELECT * EXCEPT (fields), ${FIELD_NAMES.map((name) => `fields.${name} AS ${name}`).join(', ')}
    FROM (${lineTexts})`;
}

/** Defines `bronze_lines` over a query that gives the fields of lines as text. */
function defineLines(
  connection: SqlConnection,
  texts: string,
  { mapped, declared }: Pick<OpenBatch, 'mapped' | 'declared'>,
): void {
  connection.defer(`CREATE OR REPLACE TEMPORARY VIEW bronze_texts AS ${texts}`);
  connection.defer(`CREATE OR REPLACE TEMPORARY VIEW bronze_lines AS ${selectTypedLines()}
    ${mapped.length === 0 ? '' : `UNION ALL ${selectMappedLines(LINE_COLUMNS, declared)}`}`);
}

/** Text of lines that is held at a time. */
const PORTION_BYTES = 16 * 1024 * 1024;

interface ReadLine {
  fileNumber: bigint;
  lineKey: bigint;
  exact: ExactLine;
}

async function readMarkedLines(
  connection: SqlConnection,
  staging: Staging,
  batch: OpenBatch,
  { draft, name, model }: { draft: string; name: string; model: string },
): Promise<void> {
  const layout = layOut(
    batch.source.mappings[0] ?? PLAIN_MAPPING,
    batch.declared.map(({ name }) => name),
  );
  const marked = `SELECT file_number, line_key, min(raw_text) AS raw_text, min(reason) AS reason, count(*) AS line_count
    FROM ${identifier(draft)} WHERE reason LIKE 'needs_exact_read%' GROUP BY file_number, line_key`;
  let portion: ReadLine[] = [];
  let portionBytes = 0;
  const flush = async (): Promise<void> => {
    if (portion.length > 0) {
      await stagePortion(connection, staging, { draft, name, model }, batch, portion);
    }
    portion = [];
    portionBytes = 0;
  };
  for await (const rows of connection.rowBatches(marked)) {
    for (const [fileNumber, lineKey, text, reason, lineCount] of rows) {
      const line = Buffer.from(String(text));
      if (isBlank(line)) {
        throw new Error('a blank line was not told from others');
      }
      const exact = readExactly(line, reason === 'needs_exact_read:marked', layout);
      for (const field of exact.unknownFields) {
        addField(batch.unknownFields, field, Number(lineCount));
      }
      portion.push({
        fileNumber: BigInt(fileNumber as bigint),
        lineKey: BigInt(lineKey as bigint),
        exact,
      });
      portionBytes += line.length;
      if (portionBytes > PORTION_BYTES) {
        await flush();
      }
    }
  }
  await flush();
}

/** Null when none is there. */
function declaredJson(
  declared: readonly DeclaredField[],
  texts: readonly (string | null)[],
): string | null {
  const sent = declared.flatMap(({ name }, index) => {
    const text = texts[index];
    return text == null ? [] : [[name, text] as const];
  });
  return sent.length === 0 ? null : JSON.stringify(Object.fromEntries(sent));
}

/** The raw text need not travel back: it is joined from what is staged. */
async function stagePortion(
  connection: SqlConnection,
  staging: Staging,
  { draft, name, model }: { draft: string; name: string; model: string },
  batch: OpenBatch,
  lines: readonly ReadLine[],
): Promise<void> {
  await sendRows(connection, 'exact_lines', [
    { name: 'file_number', type: 'BIGINT', values: lines.map((line) => line.fileNumber) },
    { name: 'line_key', type: 'BIGINT', values: lines.map((line) => line.lineKey) },
    { name: 'problem', type: 'STRING', values: lines.map(({ exact }) => exact.problem) },
    {
      name: 'declared',
      type: 'STRING',
      values: lines.map(({ exact }) => declaredJson(batch.declared, exact.declared)),
    },
    ...FIELD_NAMES.map(
      (field, index): SentColumn => ({
        name: field,
        type: 'STRING',
        values: lines.map(({ exact }) => exact.fields[index] ?? null),
      }),
    ),
  ]);
  const texts = `SELECT m.file_number, m.raw_text, CAST(NULL AS STRING) AS raw_base64, m.line_key,
      CAST(NULL AS ARRAY<STRING>) AS shape_key, e.problem,
      read_declared(read_fields(e.declared)) AS declared,
      ${FIELD_NAMES.map((field) => `e.${field}`).join(', ')}
    FROM (SELECT file_number, line_key, raw_text FROM ${identifier(draft)} WHERE reason LIKE ${literal('needs_exact_read%')}) AS m
    JOIN exact_lines AS e ON e.file_number = m.file_number AND e.line_key = m.line_key`;
  defineLines(connection, texts, { ...batch, mapped: [] });
  await staging.extend(`${name}_exact`, stagedColumns(model));
  defineLines(connection, fieldTexts(batch.source.lineTexts), batch);
}

/**
 * The user's own models: `.sql` files in a folder that the configuration names. Each makes a table
 * `gold_<name>`.
 *
 * A model with `refresh: session`, `visitor` or `date` promises that its rows for one key depend
 * only on input rows with the same key. An increment therefore recomputes only the keys of changed
 * rows (update-own-models.ts).
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DeltaColumn } from '../delta/schema.ts';
import type { TableDefinition } from '../engines/engine.ts';
import { fileDateColumn } from '../engines/table.ts';
import { ClicklakeError } from '../errors.ts';
import { parseHeader } from './model-header.ts';
import { type Model, tableColumns } from './models.ts';

export interface OwnTable extends TableDefinition {
  summary: string;
  model: Model;
  /**
   * The column that gives the date of a row: the first date column of the grain, else the first of
   * the table.
   */
  dateColumn: string | undefined;
  /** Tables that the model reads. */
  inputs: readonly string[];
  /**
   * The key column of the table, and that of each input; undefined: every change recomputes the
   * table.
   */
  key: { column: string; ofInput: ReadonlyMap<string, string> } | undefined;
  fingerprint: string;
}

type KnownTable = Pick<TableDefinition, 'name' | 'columns' | 'partitionBy' | 'filesBy'>;

const KINDS = ['session', 'visitor', 'date', 'full'];
/** The column is called user_id in Silver and visitor_id in Gold. */
const KEY_COLUMNS = { session: ['session_id'], visitor: ['visitor_id', 'user_id'] } as const;
const DATE_COLUMNS = ['date', 'event_date', 'session_date'];

/** Loads the models, each after the models it reads. Throws `config_invalid`, naming the file. */
export function loadOwnModels(
  folder: string | undefined,
  builtIn: readonly KnownTable[],
  configuration: Readonly<Record<string, string>>,
): OwnTable[] {
  if (folder === undefined) {
    return [];
  }
  const models = new Map<string, Model>();
  for (const file of modelFiles(folder)) {
    const sql = readFileSync(join(folder, file), 'utf8').trim();
    const model: Model = { ...parseHeader(sql, file), file, sql };
    const other = models.get(model.name);
    if (other !== undefined) {
      throw modelError(file, `${model.name} is also declared in ${other.file}`);
    }
    checkForm(model, builtIn);
    models.set(model.name, model);
  }
  const tables = new Map<string, KnownTable>(builtIn.map((table) => [table.name, table]));
  return inOrderOfReads(models).map((model) => {
    const own = ownTable(model, tables, configuration);
    tables.set(own.name, own);
    return own;
  });
}

function modelFiles(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith('.sql') && !/^[._]/.test(name))
      .sort();
  } catch (cause) {
    throw new ClicklakeError('config_invalid', `the folder of models ${folder} cannot be read`, {
      hint: 'create it with `clicklake init --model NAME`, or remove `models` from the configuration',
      cause,
    });
  }
}

function checkForm(model: Model, builtIn: readonly KnownTable[]): void {
  const { name, file, refresh, grain, slices } = model;
  if (!/^gold_[a-z][a-z0-9_]*$/.test(name)) {
    throw modelError(file, `"${name}" is not gold_<name> of lower-case letters, digits and _`);
  }
  if (builtIn.some((table) => table.name === name)) {
    throw modelError(file, `${name} is the name of a built-in table`);
  }
  if (refresh === undefined || !KINDS.includes(refresh.kind)) {
    throw modelError(file, `has no "refresh: " with one of ${KINDS.join(', ')}`);
  }
  const { keys, dates, when } = refresh;
  if (keys !== undefined || dates.length > 0 || when !== undefined || slices.length > 0) {
    throw modelError(file, '"of", "on", "when" and "only" are only for built-in models');
  }
  if (grain.length === 0) {
    throw modelError(file, 'has no "grain: " with the columns of its key');
  }
}

/** Sorts the models so that each comes after those it reads. */
function inOrderOfReads(models: ReadonlyMap<string, Model>): Model[] {
  const ordered: Model[] = [];
  const visit = (model: Model, path: readonly string[]): void => {
    if (path.includes(model.name)) {
      throw modelError(model.file, `reads itself: ${[...path, model.name].join(' -> ')}`);
    }
    if (ordered.includes(model)) {
      return;
    }
    for (const read of model.reads) {
      const other = models.get(read);
      if (other !== undefined) {
        visit(other, [...path, model.name]);
      }
    }
    ordered.push(model);
  };
  for (const model of models.values()) {
    visit(model, []);
  }
  return ordered;
}

function ownTable(
  model: Model,
  tables: ReadonlyMap<string, KnownTable>,
  configuration: Readonly<Record<string, string>>,
): OwnTable {
  const { name, file, sql, summary, reads, partition, filesBy } = model;
  const columns = tableColumns(model);
  checkReads(model, tables);
  const missing = [...model.grain, partition, filesBy].find(
    (column) => column !== undefined && !columns.some((each) => each.name === column),
  );
  if (missing !== undefined) {
    throw modelError(file, `its last SELECT has no column ${missing}`);
  }
  if (filesBy !== undefined && (partition !== undefined || !datesOf(columns).includes(filesBy))) {
    throw modelError(file, '"files by" needs a column of type DATE, and no "partition"');
  }
  return {
    name,
    summary,
    root: `gold/${name.slice('gold_'.length)}`,
    columns,
    partitionBy: partition === undefined ? [] : [partition],
    filesBy,
    configuration,
    model,
    dateColumn: dateColumnOf(model, columns),
    inputs: reads,
    key: keyOf(model, columns, tables),
    fingerprint: createHash('sha256').update(sql).digest('hex'),
  };
}

function dateColumnOf({ grain }: Model, columns: readonly DeltaColumn[]): string | undefined {
  const dates = datesOf(columns);
  return grain.find((name) => dates.includes(name)) ?? dates[0];
}

function datesOf(columns: readonly DeltaColumn[]): string[] {
  return columns.filter(({ type }) => type === 'date').map(({ name }) => name);
}

/**
 * Throws if the SQL reads a table that its header does not name, or the header a table that does
 * not exist.
 */
function checkReads({ file, sql, reads, name }: Model, tables: ReadonlyMap<string, unknown>): void {
  const unknown = reads.find((read) => !tables.has(read));
  if (unknown !== undefined) {
    throw modelError(file, `reads ${unknown}; the tables are ${[...tables.keys()].join(', ')}`);
  }
  const named = wordsOf(sql).filter((word) => tables.has(word) && word !== name);
  const undeclared = named.find((word) => !reads.includes(word));
  if (undeclared !== undefined) {
    throw modelError(file, `its header lacks "reads: ${undeclared}"`);
  }
}

function keyOf(
  { file, refresh, reads, grain }: Model,
  columns: readonly DeltaColumn[],
  tables: ReadonlyMap<string, KnownTable>,
): OwnTable['key'] {
  const kind = refresh?.kind;
  if (kind !== 'session' && kind !== 'visitor' && kind !== 'date') {
    return undefined;
  }
  const keys: readonly string[] = kind === 'date' ? datesOf(columns) : KEY_COLUMNS[kind];
  const column = grain.find((name) => keys.includes(name));
  if (column === undefined) {
    const wanted = kind === 'date' ? 'a column of type DATE' : keys.join(' or ');
    throw modelError(file, `"refresh: ${kind}" needs ${wanted} in its grain`);
  }
  const ofInput = new Map<string, string>();
  for (const read of reads) {
    const found = inputKey(kind, column, tables.get(read));
    if (found === undefined) {
      throw modelError(
        file,
        `"refresh: ${kind}" needs a ${kind === 'date' ? kind : column} in ${read}: use "refresh: full"`,
      );
    }
    ofInput.set(read, found);
  }
  return { column, ofInput };
}

function inputKey(
  kind: 'session' | 'visitor' | 'date',
  column: string,
  table: KnownTable | undefined,
): string | undefined {
  const names = (table?.columns ?? []).map(({ name }) => name);
  if (kind !== 'date') {
    return names.find((name) => name === column);
  }
  const dates = (table?.columns ?? []).filter(({ type }) => type === 'date');
  const ofFiles = table && fileDateColumn(table);
  const candidates = [...(ofFiles === undefined ? [] : [ofFiles]), ...DATE_COLUMNS];
  return candidates.find((candidate) => dates.some(({ name }) => name === candidate));
}

/** A string, a comment, or a word. */
const TOKEN = /'(?:[^']|'')*'|--[^\n]*|\/\*[\s\S]*?\*\/|[A-Za-z_]\w*/g;

function wordsOf(sql: string): string[] {
  return (sql.match(TOKEN) ?? []).map((token) => token.toLowerCase());
}

/**
 * Replaces table names in the SQL. Line numbers stay the same, so that errors point to the right
 * line.
 */
export function renameTables(sql: string, names: ReadonlyMap<string, string>): string {
  return sql.replace(TOKEN, (token) => names.get(token.toLowerCase()) ?? token);
}

/** Adds the model's file and line to an error of an engine. */
export function explainModelError(
  { model }: OwnTable,
  engine: string,
  error: unknown,
): ClicklakeError | undefined {
  if (!(error instanceof ClicklakeError)) {
    return undefined;
  }
  if (error.code !== 'query_failed' && error.code !== 'unknown_table') {
    return undefined;
  }
  const [, line] = /\bline[: ]+(\d+)/i.exec(error.message) ?? [];
  const place = line === undefined ? model.file : `${model.file}, line ${line}`;
  return new ClicklakeError('query_failed', `${place}: the ${engine} engine: ${error.message}`, {
    hint: 'all tables are up to date except this one and the models after it; correct the model and run again',
    cause: error,
  });
}

function modelError(file: string, what: string): ClicklakeError {
  return new ClicklakeError('config_invalid', `the model ${file}: ${what}`, {
    hint: 'see docs/models.md',
  });
}

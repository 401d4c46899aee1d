/**
 * What a model says of itself: the comment at its head.
 *
 *     -- gold_products: one row per date and product that an event names.
 *     -- grain: date, product_id
 *     -- files by: date
 *     -- refresh: date on new_event_dates
 *     -- reads: items_to_count
 *
 *     -- items_to_count: the items of all events, old and new, of the dates that have new ones.
 *     -- reads: items_on_utc_dates_to_count = silver_items, only event_date in utc_dates_to_count
 *
 * The first line names the table or step and says what a row is; more lines of prose may follow. Then
 * come lines of `key: value`. docs/architecture.md lists them.
 */
import { ClicklakeError } from '../errors.ts';

/** A subset of a table's rows that a model reads under its own name. */
export type TableSlice =
  /** Rows in the files of Silver that were added since Gold's last commit. */
  | { kind: 'new files'; name: string; table: string }
  /**
   * Rows whose columns have values of these relations. For dates the filter is exact; on other
   * columns it skips files by statistics, so more rows may be included.
   */
  | { kind: 'rows'; name: string; table: string; only: readonly Restriction[] }
  /** All rows if the relation has rows; none, and no file is read, if it is empty. */
  | { kind: 'all'; name: string; table: string; when: string }
  /** The raw lines that a relation of the batch refers to. */
  | { kind: 'raw lines'; name: string; of: string };

export interface Restriction {
  column: string;
  among: string;
}

/**
 * What happens with the result of a step: only named (`view`), computed and kept in the session,
 * returned as dates (one column) or date ranges (first and last), or returned as rows.
 */
export type StepResult = 'view' | 'kept' | 'batch lines' | 'dates' | 'date ranges' | 'counts';

/** How a table is brought up to date. */
export interface Refresh {
  kind: 'ingest' | 'batch' | 'session' | 'visitor' | 'order' | 'date' | 'full';
  /** Relation with the keys whose rows are replaced; undefined: the keys of the new rows. */
  keys?: string;
  /**
   * Steps that return dates: those whose rows are replaced, or that the replaced rows are on.
   */
  dates: readonly string[];
  /**
   * Only for a full refresh of the table: if this relation is empty, an increment leaves the table
   * unchanged.
   */
  when?: string;
}

export interface ModelHeader {
  name: string;
  /** What a row is: the first sentence. */
  summary: string;
  grain: readonly string[];
  partition: string | undefined;
  /** See `TableDefinition.filesBy`. */
  filesBy: string | undefined;
  /** Undefined: a step of a run, not a table. */
  refresh: Refresh | undefined;
  /** Names used in the model's SQL. */
  reads: readonly string[];
  slices: readonly TableSlice[];
  /** Conditions that every row must meet. A condition that is null counts as met. */
  checks: readonly { level: 'warn' | 'fail'; condition: string }[];
  result: StepResult;
  /**
   * What replaces this name in a full computation: a table, another step, or `view` (computed, but
   * not kept).
   */
  inFull: string | undefined;
  /** With this setting, the step's dates are not computed: all dates are read. */
  anyWhen: { setting: string; value: string } | undefined;
  /**
   * A column of everything it reads. Rows with different values in it can be computed separately.
   */
  inParts: string | undefined;
}

const KEYS = [
  'grain',
  'partition',
  'files by',
  'refresh',
  'reads',
  'check',
  'result',
  'in full',
  'any when',
  'in parts',
] as const;
type Key = (typeof KEYS)[number];

const RESULTS: readonly StepResult[] = [
  'view',
  'kept',
  'batch lines',
  'dates',
  'date ranges',
  'counts',
];
const REFRESHES: readonly Refresh['kind'][] = [
  'ingest',
  'batch',
  'session',
  'visitor',
  'order',
  'date',
  'full',
];

/** Reads a model's header. Throws `config_invalid` naming `file` and the line. */
export function parseHeader(sql: string, file: string): ModelHeader {
  const { title, entries } = splitHeader(sql, file);
  const [, name = '', summary = ''] = /^(\w+): (.+?\.)(?: |$)/.exec(title) ?? [];
  if (name === '') {
    throw headerError(file, 1, 'has no first line `-- <name>: <one sentence>.`');
  }
  const reads = entries
    .filter(({ key }) => key === 'reads')
    .map((entry) => parseReads(entry, file));
  const refresh = onlyEntry(entries, 'refresh', file);
  const result = onlyEntry(entries, 'result', file);
  const anyWhen = onlyEntry(entries, 'any when', file);
  const inParts = onlyEntry(entries, 'in parts', file);
  return {
    name,
    summary,
    grain: listOf(onlyEntry(entries, 'grain', file)?.value),
    partition: onlyEntry(entries, 'partition', file)?.value,
    filesBy: onlyEntry(entries, 'files by', file)?.value,
    refresh: refresh === undefined ? undefined : parseRefresh(refresh, file),
    reads: reads.flatMap(({ names }) => names),
    slices: reads.flatMap(({ slices }) => slices),
    checks: entries.filter(({ key }) => key === 'check').map((entry) => parseCheck(entry, file)),
    result: result === undefined ? 'view' : oneOf(RESULTS, result, file),
    inFull: onlyEntry(entries, 'in full', file)?.value,
    anyWhen: anyWhen === undefined ? undefined : parseCondition(anyWhen, file),
    inParts: inParts === undefined ? undefined : parseInParts(inParts, file),
  };
}

interface Entry {
  key: Key;
  value: string;
  line: number;
}

function splitHeader(sql: string, file: string): { title: string; entries: Entry[] } {
  const prose: string[] = [];
  const entries: Entry[] = [];
  for (const [index, text] of sql.split('\n').entries()) {
    if (!text.startsWith('--')) {
      break;
    }
    const content = text.replace(/^-- ?/, '').trim();
    const [, key = '', value = ''] = /^([a-z]+(?: [a-z]+)?): *(.*)$/.exec(content) ?? [];
    const known = KEYS.find((each) => each === key);
    if (known !== undefined) {
      entries.push({ key: known, value, line: index + 1 });
    } else if (entries.length === 0) {
      prose.push(content);
    } else {
      throw headerError(file, index + 1, `"${content}" is none of ${KEYS.join(', ')}`);
    }
  }
  return { title: prose.join(' '), entries };
}

function onlyEntry(entries: readonly Entry[], key: Key, file: string): Entry | undefined {
  const [first, second] = entries.filter((entry) => entry.key === key);
  if (second !== undefined) {
    throw headerError(file, second.line, `says ${key} twice`);
  }
  return first;
}

const SLICE = /^(\w+) = (\w+), only (.+)$/;

function parseReads(
  { value, line }: Entry,
  file: string,
): { names: string[]; slices: TableSlice[] } {
  if (!value.includes('=')) {
    return { names: listOf(value), slices: [] };
  }
  const [, rawName, of] = /^(\w+) = raw lines of (\w+)$/.exec(value) ?? [];
  if (rawName !== undefined && of !== undefined) {
    return { names: [rawName], slices: [{ kind: 'raw lines', name: rawName, of }] };
  }
  const [, name, table, which] = SLICE.exec(value) ?? [];
  if (name === undefined || table === undefined || which === undefined) {
    throw headerError(file, line, '"reads" is not `name = table, only column in relation`');
  }
  if (which === 'new files') {
    return { names: [name], slices: [{ kind: 'new files', name, table }] };
  }
  const [, when] = /^when (\w+)$/.exec(which) ?? [];
  if (when !== undefined) {
    return { names: [name], slices: [{ kind: 'all', name, table, when }] };
  }
  const only = listOf(which).map((text): Restriction => {
    const [, column, among] = /^(\w+) in (\w+)$/.exec(text) ?? [];
    if (column !== undefined && among !== undefined) {
      return { column, among };
    }
    throw headerError(file, line, `"${text}" is not \`column in relation\``);
  });
  return { names: [name], slices: [{ kind: 'rows', name, table, only }] };
}

function parseRefresh(entry: Entry, file: string): Refresh {
  const [, when] = /^full when (\w+)$/.exec(entry.value) ?? [];
  if (when !== undefined) {
    return { kind: 'full', dates: [], when };
  }
  const [, kind = '', keys, dates] = /^(\w+)(?: of (\w+))?(?: on (.+))?$/.exec(entry.value) ?? [];
  return {
    kind: oneOf(REFRESHES, { ...entry, value: kind }, file),
    ...(keys === undefined ? {} : { keys }),
    dates: listOf(dates),
  };
}

function parseCheck(entry: Entry, file: string): ModelHeader['checks'][number] {
  const [, level = '', condition = ''] = /^(warn|fail) (.+)$/.exec(entry.value) ?? [];
  return { level: oneOf(['warn', 'fail'] as const, { ...entry, value: level }, file), condition };
}

function parseCondition({ value, line }: Entry, file: string): ModelHeader['anyWhen'] {
  const [, setting, wanted] = /^([\w.]+) = (\w+)$/.exec(value) ?? [];
  if (setting !== undefined && wanted !== undefined) {
    return { setting, value: wanted };
  }
  throw headerError(file, line, '"any when" is not `setting = value`');
}

function parseInParts({ value, line }: Entry, file: string): string {
  const [, column] = /^by (\w+)$/.exec(value) ?? [];
  if (column !== undefined) {
    return column;
  }
  throw headerError(file, line, '"in parts" is not `by column`');
}

function oneOf<Name extends string>(names: readonly Name[], entry: Entry, file: string): Name {
  const found = names.find((name) => name === entry.value);
  if (found !== undefined) {
    return found;
  }
  throw headerError(
    file,
    entry.line,
    `"${entry.key}: ${entry.value}" is none of ${names.join(', ')}`,
  );
}

function listOf(text: string | undefined): string[] {
  return text === undefined ? [] : text.split(',').map((each) => each.trim());
}

function headerError(file: string, line: number, what: string): ClicklakeError {
  return new ClicklakeError('config_invalid', `the header of ${file}, line ${line}: ${what}`, {
    hint: 'see docs/architecture.md, "Models", for what a header says',
  });
}

/**
 * Updates the user's own tables from the tables they read.
 *
 * The properties of each own table store the state of each input it was computed from. Rows that
 * differ between that state and the present one name the sessions, visitors or dates to
 * recompute.
 */
import { fileKey } from '../delta/actions.ts';
import { diffVersions } from '../delta/changes.ts';
import { setLogAside } from '../delta/set-log-aside.ts';
import type { AddFile, Snapshot } from '../delta/snapshot.ts';
import type { TableDefinition, TableRows, WriteResult } from '../engines/engine.ts';
import { fileDateColumn } from '../engines/table.ts';
import { ClicklakeError } from '../errors.ts';
import { type LakeContext, loadTable, stopIfAborted } from './context.ts';
import { explainModelError, type OwnTable, renameTables } from './own-models.ts';
import type { CheckReport, RunReport, VerifyReport } from './reports.ts';
import { listTables } from './tables.ts';

const FINGERPRINT_PROPERTY = 'clicklake.modelFingerprint';
const READS_PROPERTY = 'clicklake.modelReads';
const MAX_ATTEMPTS = 10;

/**
 * Updates every own table that is not up to date and runs its checks. Throws `query_failed`, naming
 * the model and the line, if the SQL of a model fails.
 */
export async function updateOwnModels(
  context: LakeContext,
): Promise<{ written: RunReport['tablesWritten']; checks: CheckReport[] }> {
  const written: RunReport['tablesWritten'] = [];
  const checks: CheckReport[] = [];
  for (const table of context.tables.own) {
    stopIfAborted(context.signal);
    const result = await updateTable(context, table).catch((error: unknown) => {
      throw explainModelError(table, context.engine.name, error) ?? error;
    });
    if (result?.kind !== 'committed') {
      continue;
    }
    const { snapshot, rowsWritten } = result;
    written.push({ table: table.name, version: snapshot.version, rowsWritten });
    checks.push(...(await runChecks(context, table, snapshot)));
  }
  return { written, checks };
}

/** True if every own table is up to date with its inputs. */
export async function areOwnModelsCurrent(context: LakeContext): Promise<boolean> {
  for (const table of context.tables.own) {
    const base = await loadTable(context, table);
    const { isSame, states } = computedFrom(table, base);
    if (!isSame) {
      return false;
    }
    for (const name of table.inputs) {
      if (await hasOtherRows(context, await loadInput(context, name), states[name])) {
        return false;
      }
    }
  }
  return true;
}

/**
 * What a table was computed from, by its properties: whether the model's text is the same, and the
 * states of its inputs.
 */
function computedFrom(
  table: OwnTable,
  base: Snapshot | undefined,
): { isSame: boolean; states: Readonly<Record<string, string>> } {
  const properties = base?.metadata.configuration ?? {};
  return {
    isSame: base !== undefined && properties[FINGERPRINT_PROPERTY] === table.fingerprint,
    states: JSON.parse(properties[READS_PROPERTY] ?? '{}') as Record<string, string>,
  };
}

/** Whether an own table does not exist yet, or was computed by another text of its model. */
export async function hasChangedModels(context: LakeContext): Promise<boolean> {
  for (const table of context.tables.own) {
    if (!computedFrom(table, await loadTable(context, table)).isSame) {
      return true;
    }
  }
  return false;
}

/** Undefined: nothing to do. */
async function updateTable(
  context: LakeContext,
  table: OwnTable,
): Promise<WriteResult | undefined> {
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
    const work = await planWork(context, table);
    if (work === undefined) {
      return undefined;
    }
    if (work.base !== undefined && !work.isSame && hasOtherColumns(table, work.base)) {
      await setLogAside(context.delta, table.root);
      work.base = undefined;
    }
    const result = await carryOut(context, table, work);
    await context.engine.session.drop(namesOf(table));
    if (result.kind !== 'conflict') {
      return result;
    }
  }
  throw new ClicklakeError('commit_conflict', `${table.name} is too busy`, {
    hint: 'let the other runs end, then run again',
  });
}

interface Input {
  name: string;
  snapshot: Snapshot | undefined;
  /** Files of the earlier version that are gone, and files that are new. */
  removed: readonly AddFile[];
  added: readonly AddFile[];
  before: Snapshot | undefined;
}

interface Work {
  base: Snapshot | undefined;
  /** The table was computed by the model's present text. */
  isSame: boolean;
  inputs: readonly Input[];
  /** Inputs that have changed since, or that this run will change. */
  changed: readonly string[];
  isFull: boolean;
}

/** Undefined: nothing to do, even after the tables in `aboutToChange` are written. */
async function planWork(
  context: LakeContext,
  table: OwnTable,
  aboutToChange: ReadonlySet<string> = new Set(),
): Promise<Work | undefined> {
  const base = await loadTable(context, table);
  const { isSame, states } = computedFrom(table, base);
  const inputs: Input[] = [];
  const changed: string[] = [];
  let isComparable = isSame && table.key !== undefined;
  for (const name of table.inputs) {
    const snapshot = await loadInput(context, name);
    const before = isComparable
      ? await loadBefore(context, tableNamed(context, name), snapshot, states[name])
      : snapshot;
    const known = before === 'unavailable' ? undefined : before;
    const files = compareFiles(known, snapshot);
    isComparable &&= before !== 'unavailable' && (await areThere(context, known, files.removed));
    inputs.push({ name, snapshot, before: known, ...files });
    if (aboutToChange.has(name) || (await hasOtherRows(context, snapshot, states[name]))) {
      changed.push(name);
    }
  }
  if (isSame && changed.length === 0) {
    return undefined;
  }
  return { base, isSame, inputs, changed, isFull: !isComparable };
}

/** What a run would do with the own tables after it has written the tables of these names. */
export async function previewOwnModels(
  context: LakeContext,
  written: readonly string[],
): Promise<{ table: OwnTable; how: OwnUpdateKind; why: string }[]> {
  const aboutToChange = new Set(written);
  const found: { table: OwnTable; how: OwnUpdateKind; why: string }[] = [];
  for (const table of context.tables.own) {
    const work = await planWork(context, table, aboutToChange);
    if (work !== undefined) {
      aboutToChange.add(table.name);
      found.push({ table, how: updateKind(table, work), why: whyUpdated(table, work) });
    }
  }
  return found;
}

type OwnUpdateKind = 'replaces all rows' | 'replaces dates' | 'replaces rows by key';

function updateKind(table: OwnTable, { isFull }: Work): OwnUpdateKind {
  const { key, columns } = table;
  if (isFull || key === undefined) {
    return 'replaces all rows';
  }
  const isDate = columns.some(({ name, type }) => name === key.column && type === 'date');
  return isDate && fileDateColumn(table) === key.column ? 'replaces dates' : 'replaces rows by key';
}

function whyUpdated({ key }: OwnTable, { base, isSame, isFull, changed }: Work): string {
  if (base === undefined) {
    return 'the table is not there yet';
  }
  if (!isSame) {
    return 'its model has changed';
  }
  const names = changed.join(', ');
  if (key === undefined) {
    return `changes in ${names}`;
  }
  return isFull
    ? `the version of ${names} it was computed from is gone`
    : `${key.column} of changed rows in ${names}`;
}

const NO_TABLE = 'none';

/** Identity and version: a table that was begun again counts its versions from 0. */
function stateOf(snapshot: Snapshot | undefined): string {
  return snapshot === undefined ? NO_TABLE : `${snapshot.metadata.id}/${snapshot.version}`;
}

/**
 * The version in a state of this table; undefined: the state is that of another one. Earlier versions
 * of Clicklake stored a number, which names no table.
 */
function versionIn(state: unknown, { metadata }: Snapshot): number | undefined {
  const [id, version] = String(state).split('/');
  return id === metadata.id ? Number(version) : undefined;
}

/** False if a table is as it was, or if only compactions came since. */
async function hasOtherRows(
  { delta }: LakeContext,
  snapshot: Snapshot | undefined,
  state: unknown,
): Promise<boolean> {
  if (state === stateOf(snapshot)) {
    return false;
  }
  const version = snapshot && versionIn(state, snapshot);
  if (snapshot === undefined || version === undefined) {
    return true;
  }
  const changes = await diffVersions(delta, snapshot, version);
  return (
    changes.kind === 'unavailable' ||
    changes.adds.length > 0 ||
    changes.hasDataRemoves ||
    changes.metadataChanged
  );
}

/** Whether the files still exist: what a compaction replaces is deleted after a week. */
async function areThere(
  { storage }: LakeContext,
  snapshot: Snapshot | undefined,
  files: readonly AddFile[],
): Promise<boolean> {
  const found = await Promise.all(
    files.map(({ path }) => storage.stat(`${snapshot?.root}/${path}`)),
  );
  return found.every((each) => each !== undefined);
}

async function loadInput(context: LakeContext, name: string): Promise<Snapshot | undefined> {
  return await loadTable(context, tableNamed(context, name));
}

async function loadBefore(
  context: LakeContext,
  table: TableDefinition,
  now: Snapshot | undefined,
  state: unknown,
): Promise<Snapshot | undefined | 'unavailable'> {
  if (state === NO_TABLE) {
    return undefined;
  }
  const version = now && versionIn(state, now);
  if (version === undefined) {
    return 'unavailable';
  }
  try {
    return (await loadTable(context, table, { version })) ?? 'unavailable';
  } catch (error) {
    if (error instanceof ClicklakeError && error.code === 'not_found') {
      return 'unavailable';
    }
    throw error;
  }
}

function tableNamed(context: LakeContext, name: string) {
  const table = listTables(context.tables).find((each) => each.name === name);
  if (table === undefined) {
    throw new Error(`no table ${name}`);
  }
  return table;
}

function compareFiles(
  before: Snapshot | undefined,
  now: Snapshot | undefined,
): Pick<Input, 'removed' | 'added'> {
  const old = new Set((before?.files ?? []).map(fileKey));
  const current = new Set((now?.files ?? []).map(fileKey));
  return {
    removed: (before?.files ?? []).filter((file) => !current.has(fileKey(file))),
    added: (now?.files ?? []).filter((file) => !old.has(fileKey(file))),
  };
}

function hasOtherColumns({ columns, partitionBy }: OwnTable, { metadata }: Snapshot): boolean {
  const wanted = columns.map(({ name, type }) => [name, type]);
  const held = metadata.schema.fields.map(({ name, type }) => [name, type]);
  return (
    JSON.stringify([wanted, partitionBy]) !== JSON.stringify([held, metadata.partitionColumns])
  );
}

const inputName = (table: OwnTable, input: string): string => `${input}_for_${table.name}`;
const touchedName = (table: OwnTable): string => `touched_for_${table.name}`;
const rowsName = (table: OwnTable): string => `rows_for_${table.name}`;

function namesOf(table: OwnTable): string[] {
  const shown = table.inputs.flatMap((input) => {
    const name = inputName(table, input);
    return [name, `found_${name}`, `removed_${name}`, `added_${name}`];
  });
  return [rowsName(table), `computed_${rowsName(table)}`, ...shown, touchedName(table)];
}

async function carryOut(context: LakeContext, table: OwnTable, work: Work): Promise<WriteResult> {
  const { engine } = context;
  const reads = Object.fromEntries(
    work.inputs.map(({ name, snapshot }) => [name, stateOf(snapshot)]),
  );
  const configuration = {
    ...table.configuration,
    [FINGERPRINT_PROPERTY]: table.fingerprint,
    [READS_PROPERTY]: JSON.stringify(reads),
  };
  const request = {
    table: { ...table, configuration },
    base: work.base,
    from: rowsName(table),
  };
  const touched = work.isFull ? undefined : await findTouched(context, table, work.inputs);
  if (touched === undefined) {
    for (const { name, snapshot } of work.inputs) {
      const definition = tableNamed(context, name);
      await engine.session.showTable(definition, snapshot, { kind: 'all' }, inputName(table, name));
    }
    await computeRows(context, table);
    return await engine.writer.replace({ ...request, rows: 'all' });
  }
  const { column, dates } = touched;
  await computeRows(context, table);
  if (dates !== undefined && fileDateColumn(table) === column) {
    return await engine.writer.replace({ ...request, rows: { column, dates } });
  }
  return await engine.writer.merge({ ...request, key: column, keys: touchedName(table) });
}

/** Names the rows to write. Rows that are divided into files are read more than once. */
async function computeRows({ engine }: LakeContext, table: OwnTable): Promise<void> {
  const name = rowsName(table);
  if (table.filesBy === undefined) {
    await engine.session.defineView(name, modelSql(table), { isUsers: true });
    return;
  }
  const view = `computed_${name}`;
  await engine.session.defineView(view, modelSql(table), { isUsers: true });
  await engine.session.stage(name, `SELECT * FROM ${view}`);
}

function modelSql(table: OwnTable): string {
  const names = new Map(table.inputs.map((input) => [input, inputName(table, input)]));
  return renameTables(table.model.sql, names);
}

/**
 * Keeps the keys of changed rows in the session, and shows each input restricted to these keys.
 * `dates`: the keys if they are dates. Undefined: the whole table is touched, because a changed row
 * has no key.
 */
async function findTouched(
  context: LakeContext,
  table: OwnTable,
  inputs: readonly Input[],
): Promise<{ column: string; dates: Set<string> | undefined } | undefined> {
  const { engine } = context;
  if (table.key === undefined) {
    return undefined;
  }
  const { column, ofInput } = table.key;
  const parts: string[] = [];
  for (const input of inputs) {
    if (input.added.length === 0 && input.removed.length === 0) {
      continue;
    }
    parts.push(await selectChangedKeys(context, table, input, String(ofInput.get(input.name))));
  }
  const keys = parts.length === 0 ? emptyKeys(table, column) : parts.join(' UNION ALL ');
  await engine.session.stage(
    touchedName(table),
    `SELECT DISTINCT k AS ${column} FROM (${keys}) AS t`,
  );
  const lacksKey = `SELECT 1 FROM ${touchedName(table)} WHERE ${column} IS NULL`;
  if ((await engine.session.query(lacksKey)).length > 0) {
    return undefined;
  }
  const isDate = table.columns.some(({ name, type }) => name === column && type === 'date');
  const dates = isDate ? await touchedDates(context, table, column) : undefined;
  for (const { name, snapshot } of inputs) {
    const shown = `found_${inputName(table, name)}`;
    const key = String(ofInput.get(name));
    const rows = rowsOnKeys(table, { key, column }, dates);
    await engine.session.showTable(tableNamed(context, name), snapshot, rows, shown);
    await engine.session.defineView(
      inputName(table, name),
      `SELECT * FROM ${shown} WHERE ${key} IN (SELECT t.${column} FROM ${touchedName(table)} AS t)`,
    );
  }
  return { column, dates };
}

async function touchedDates(
  { engine }: LakeContext,
  table: OwnTable,
  column: string,
): Promise<Set<string>> {
  const rows = await engine.session.query(
    `SELECT CAST(${column} AS STRING) FROM ${touchedName(table)}`,
  );
  return new Set(rows.map(([date]) => String(date)));
}

function rowsOnKeys(
  table: OwnTable,
  { key, column }: { key: string; column: string },
  dates: ReadonlySet<string> | undefined,
): TableRows {
  if (dates === undefined) {
    const among = `(SELECT ${column} AS ${key} FROM ${touchedName(table)}) AS t`;
    return { kind: 'keys', column: key, among, on: undefined };
  }
  return { kind: 'dates', column: key, dates };
}

/**
 * The keys of rows that were added or removed. Most rows of a rewritten file are unchanged, so
 * files alone would name too many.
 */
async function selectChangedKeys(
  { engine, ...context }: LakeContext,
  table: OwnTable,
  { name, snapshot, before, removed, added }: Input,
  key: string,
): Promise<string> {
  const definition = tableNamed({ engine, ...context }, name);
  const [gone, come] = [`removed_${inputName(table, name)}`, `added_${inputName(table, name)}`];
  await engine.session.showTable(definition, snapshot, { kind: 'files', files: added }, come);
  if (removed.length === 0) {
    return `SELECT ${key} AS k FROM ${come}`;
  }
  await engine.session.showTable(definition, before, { kind: 'files', files: removed }, gone);
  return `SELECT ${key} AS k FROM (SELECT * FROM ${gone} EXCEPT SELECT * FROM ${come}) AS g
    UNION ALL SELECT ${key} AS k FROM (SELECT * FROM ${come} EXCEPT SELECT * FROM ${gone}) AS c`;
}

function emptyKeys({ columns }: OwnTable, column: string): string {
  const isDate = columns.some(({ name, type }) => name === column && type === 'date');
  return `SELECT CAST(NULL AS ${isDate ? 'DATE' : 'STRING'}) AS k WHERE false`;
}

/** By table: the results of its checks, and the version they were computed on. */
export type KnownChecks = Map<string, { version: string; checks: readonly CheckReport[] }>;

/**
 * Runs the checks of own tables on their present rows, except for tables whose model has changed
 * since they were computed. Skips versions that are in `known`. Tables are read one after the
 * other.
 */
export async function checkOwnTables(
  context: LakeContext,
  known: KnownChecks = new Map(),
): Promise<CheckReport[]> {
  const found: CheckReport[] = [];
  for (const table of context.tables.own) {
    const snapshot = await loadTable(context, table);
    // A table of another model text may lack columns that the checks name.
    if (snapshot === undefined || !computedFrom(table, snapshot).isSame) {
      continue;
    }
    const version = `${snapshot.metadata.id}/${snapshot.version}`;
    const before = known.get(table.name);
    const checks =
      before?.version === version ? before.checks : await runChecks(context, table, snapshot);
    known.set(table.name, { version, checks });
    found.push(...checks);
  }
  return found;
}

/** For each check, the number of rows that fail it. One query. */
async function runChecks(
  { engine }: LakeContext,
  table: OwnTable,
  snapshot: Snapshot,
): Promise<CheckReport[]> {
  const { checks } = table.model;
  if (checks.length === 0) {
    return [];
  }
  const name = `checked_${table.name}`;
  await engine.session.showTable(table, snapshot, { kind: 'all' }, name);
  const counts = checks.map(
    ({ condition }) => `CAST(count(CASE WHEN NOT (${condition}) THEN 1 END) AS BIGINT)`,
  );
  const [row = []] = await engine.session
    .query(`SELECT ${counts.join(', ')} FROM ${name}`)
    .catch((error: unknown) => {
      throw explainModelError(table, engine.name, error) ?? error;
    });
  return checks.map(({ level, condition }, index) => ({
    table: table.name,
    level,
    condition,
    failedRows: Number(row[index]),
  }));
}

/** Computes each own table in full from its inputs and compares the result with the table. */
export async function verifyOwnModels(context: LakeContext): Promise<VerifyReport['checks']> {
  const { engine } = context;
  const found: VerifyReport['checks'] = [];
  for (const table of context.tables.own) {
    const snapshot = await loadTable(context, table);
    for (const input of table.inputs) {
      const definition = tableNamed(context, input);
      const now = await loadInput(context, input);
      await engine.session.showTable(definition, now, { kind: 'all' }, inputName(table, input));
    }
    const columns = table.columns.map(({ name }) => name).join(', ');
    await engine.session.defineView(
      rowsName(table),
      `SELECT ${columns} FROM (${modelSql(table)}) AS m`,
    );
    await engine.session.showTable(table, snapshot, { kind: 'all' }, `stored_${table.name}`);
    const stored = `SELECT ${columns} FROM stored_${table.name}`;
    const [row = []] = await engine.session.query(
      `SELECT CAST((SELECT count(*) FROM (SELECT * FROM ${rowsName(table)} EXCEPT ${stored}) AS a) AS BIGINT),
         CAST((SELECT count(*) FROM (${stored} EXCEPT SELECT * FROM ${rowsName(table)}) AS b) AS BIGINT),
         CAST((SELECT count(*) FROM ${rowsName(table)}) AS BIGINT),
         CAST((SELECT count(*) FROM (${stored}) AS s) AS BIGINT)`,
    );
    const [missing = 0, surplus = 0, expected = 0, actual = 0] = row.map(Number);
    found.push({
      name: `${table.name}: as computed in full`,
      expected: `${expected} rows`,
      actual:
        missing + surplus === 0
          ? `${actual} rows`
          : `${actual} rows, ${missing} missing and ${surplus} others`,
      isEqual: missing + surplus === 0 && expected === actual,
    });
    await engine.session.drop([...namesOf(table), `stored_${table.name}`]);
  }
  return found;
}

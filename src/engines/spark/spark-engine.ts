import { randomUUID } from 'node:crypto';
import type { DeltaContext } from '../../delta/context.ts';
import { ClicklakeError } from '../../errors.ts';
import type { Draft, Engine, WriteRequest } from '../engine.ts';
import * as lines from './batch-lines.ts';
import type { TextSource } from './batch-texts.ts';
import { compact } from './compact.ts';
import { isDatabricksAddress } from './databricks/workspace.ts';
import { openConnection } from './open-connection.ts';
import { type CatalogPlace, registerTables } from './register-tables.ts';
import { openSession } from './session.ts';
import { requireWriteSettings } from './session-settings.ts';
import { identifier, literal } from './sql-text.ts';
import { openStaging } from './staging.ts';
import {
  explainingRefusals,
  passSettings,
  type StorageAccess,
  settingsToPass,
} from './storage-access.ts';
import { isInPartitions, selectNothing, selectRows } from './table-view.ts';
import { openWork, type SparkWork } from './work.ts';
import { type StatementParts, type TableWrite, writeTable } from './write.ts';

export interface SparkEngineOptions {
  /** Where Spark is: `sc://host:port/;key=value`, or `databricks://host/;cluster_id=…`. */
  url: string;
  /** How Spark gets at the lake. */
  access: StorageAccess;
  /** Where the credentials of a Databricks workspace are looked for. */
  env: Readonly<Record<string, string | undefined>>;
  delta: DeltaContext;
  /** Where tables are named when a run is done; undefined: nowhere. */
  catalog: CatalogPlace | undefined;
  /** Text of models/functions/spark.sql and of models/bronze/spark.sql and spark_typed.sql. */
  functions: string;
  bronzeModels: lines.BronzeModels;
  /** Every spelling of an event type, lower case, and the name it stands for. */
  eventTypes: ReadonlyMap<string, string>;
  /** The shop sends no checkout events. */
  skipCheckout: boolean;
  openText: TextSource['openText'];
  /** Aborting ends the statement that runs, on the server too. */
  signal: AbortSignal | undefined;
}

/** A Spark of the user's computes and writes; only plans, counts and small results come here. */
export async function openSparkEngine(options: SparkEngineOptions): Promise<Engine> {
  const { delta } = options;
  if (isDatabricksAddress(options.url)) requireReachable(delta.storage);
  const session = await openSession(await connectToLake(options), options.signal);
  await session.run(`BEGIN ${options.functions}\n${lakeFunctions(options)} END`);
  const lake = delta.storage.url;
  const tables = { session, delta, lake };
  const source = {
    openText: options.openText,
    url: (file: { path: string }) => `${lake}/${file.path}`,
    models: options.bronzeModels,
  };
  // Looking at a lake must not make folders in it: the work area comes with the first result.
  let opened: Promise<SparkWork> | undefined;
  const work = (): Promise<SparkWork> => {
    opened ??= openWork(delta.storage);
    return opened;
  };
  const staging = openStaging(session, work);
  let batch: lines.OpenBatch | undefined;
  const currentBatch = (): lines.OpenBatch => {
    if (batch === undefined) throw new Error('no batch is open');
    return batch;
  };
  const defineView = (name: string, sql: string): Promise<void> =>
    session.run(`CREATE OR REPLACE TEMPORARY VIEW ${identifier(name)} AS ${sql}`);

  return {
    name: 'spark',
    sharesLocalLakes: false,
    commitsRows: true,
    readsRemoteFiles: true,
    showTable: (table, snapshot, rows = { kind: 'all' }, name = table.name) =>
      defineView(name, selectRows(lake, snapshot, table.columns, rows)),
    async openBatch(files, declared) {
      await requireWriteSettings(session.connection);
      batch = await lines.openBatch(session, await work(), files, declared, source);
    },
    stageLines: (name, model) => lines.stageLines(session, staging, currentBatch(), name, model),
    countUnknownFields: (name) => lines.countUnknownFields(session, currentBatch(), name),
    stageRawLines: (name, keys) => lines.stageRawLines(staging, session, name, keys),
    stage: (name, sql) => staging.stage(name, sql),
    defineView,
    drop: (names) => staging.drop(names.flatMap(lines.partsOf)),
    query: (sql) => session.rows(sql),
    queryNamed: (sql, signal) => session.namedRows(sql, signal),
    queryBatches: (sql) => session.rowBatches(sql),
    append: (request) => writeTable(tables, { ...request, ...appending(request.from) }),
    async merge(request) {
      const { from, key, keys } = request;
      // A join in the source would keep Spark from reading the table in the guard.
      const source = from === keys ? from : MERGE_SOURCE;
      if (from !== keys) await staging.stage(MERGE_SOURCE, mergeSource(from, key, keys));
      const result = await writeTable(tables, {
        ...request,
        isWhole: false,
        guard: 'files',
        statement: (parts) => mergeStatement(parts, request, source),
      });
      await staging.drop([MERGE_SOURCE]);
      return result;
    },
    replace: (request) => writeTable(tables, { ...request, ...replacing(request) }),
    async addToDraft(draft, from) {
      const name = draftName(draft);
      const [count] = await session.rows(`SELECT count(*) FROM ${identifier(from)}`);
      const columns = draft.table.columns.map((column) => identifier(column.name)).join(', ');
      await staging.extend(name, `SELECT ${columns} FROM ${identifier(from)}`);
      draft.rowCount += Number(count?.[0]);
    },
    showDraft: (draft, partitions, name) => defineView(name, selectDraft(draft, partitions)),
    async publishDraft(draft, request) {
      const name = draftName(draft);
      if (draft.rowCount === 0) await defineView(name, selectNothing(draft.table.columns));
      const whole = replacing({ from: name, partitions: 'all' });
      const result = await writeTable(tables, { ...request, ...whole, table: draft.table });
      if (result.kind === 'committed') await staging.drop([name]);
      return result;
    },
    compact: (request) => compact(tables, request),
    registerTables: async (named) =>
      options.catalog === undefined
        ? []
        : await registerTables(session, lake, options.catalog, named),
    async close() {
      await session.close();
      await (await opened)?.release();
    },
  };
}

async function connectToLake({ url, env, access, delta }: SparkEngineOptions) {
  const passed = settingsToPass(url, access);
  const connection = await openConnection(url, env);
  try {
    await passSettings(connection, passed);
  } catch (error) {
    await connection.close();
    throw error;
  }
  return explainingRefusals(connection, delta.storage.url, Object.keys(passed).length > 0);
}

/** Databricks sees nothing of this machine's disk. */
function requireReachable({ isRemote, url }: DeltaContext['storage']): void {
  if (isRemote) return;
  throw new ClicklakeError('usage', `Databricks cannot reach the lake ${url} on this machine`, {
    hint: 'use a lake in Azure: --lake abfss://container@account.dfs.core.windows.net/path',
  });
}

function lakeFunctions({ eventTypes, skipCheckout }: SparkEngineOptions): string {
  const cases = [...eventTypes].map(
    ([spelling, name]) => `WHEN ${literal(spelling)} THEN ${literal(name)}`,
  );
  return `CREATE OR REPLACE TEMPORARY FUNCTION is_checkout_skipped() RETURNS BOOLEAN RETURN ${skipCheckout};
    CREATE OR REPLACE TEMPORARY FUNCTION named_event_type(v STRING) RETURNS STRING
      RETURN CASE v ${cases.join(' ')} END;`;
}

function appending(from: string): Pick<TableWrite, 'isWhole' | 'guard' | 'statement'> {
  return {
    isWhole: false,
    guard: 'rows',
    statement: ({ target, columns, selected, guard, base }) =>
      `INSERT INTO ${target} (${columns.map(identifier).join(', ')})
       SELECT ${selected} FROM (SELECT ${together(base)} * FROM ${identifier(from)}) WHERE ${guard}`,
  };
}

function replacing({
  from,
  partitions,
}: {
  from: string;
  partitions: ReadonlySet<string> | 'all';
}): Pick<TableWrite, 'isWhole' | 'guard' | 'statement'> {
  const isWhole = partitions === 'all';
  return {
    isWhole,
    guard: 'files',
    statement: ({ target, selected, guard, base }) => {
      const [partition] = base.metadata.partitionColumns;
      const field = base.metadata.schema.fields.find(({ name }) => name === partition);
      const rows = `SELECT ${selected} FROM (SELECT ${together(base)} * FROM ${identifier(from)}) WHERE ${guard}`;
      return isWhole || partition === undefined
        ? `INSERT OVERWRITE ${target} ${rows}`
        : `INSERT INTO ${target} REPLACE WHERE ${isInPartitions(partition, String(field?.type), partitions)} ${rows}`;
    },
  };
}

/** Rows of a partition go to one file, not one for every task. */
function together(base: StatementParts['base']): string {
  const { partitionColumns } = base.metadata;
  return partitionColumns.length === 0
    ? ''
    : `/*+ REBALANCE(${partitionColumns.map(identifier).join(', ')}) */`;
}

const MERGE_SOURCE = 'clicklake_merge_source';

/** The rows, and the keys without a row, whose other columns are null. */
function mergeSource(from: string, key: string, keys: string): string {
  const k = identifier(key);
  return `SELECT r.*, COALESCE(k.${k}, r.${k}) AS merge_key FROM ${identifier(from)} AS r
    FULL OUTER JOIN (SELECT DISTINCT ${k} FROM ${identifier(keys)}) AS k ON k.${k} = r.${k}`;
}

function mergeStatement(
  { target, base, columns, selected, guard }: StatementParts,
  { from, key, partitions }: WriteRequest & { key: string; partitions?: ReadonlySet<string> },
  source: string,
): string {
  const k = identifier(key);
  const mergeKey = source === from ? k : 'merge_key';
  const [partition] = base.metadata.partitionColumns;
  const field = base.metadata.schema.fields.find(({ name }) => name === partition);
  const where =
    partitions === undefined || partition === undefined
      ? ''
      : ` AND ${isInPartitions(partition, String(field?.type), partitions, 't.')}`;
  const assigned = columns.map((name) => `t.${identifier(name)} = s.${identifier(name)}`);
  return `MERGE INTO ${target} AS t USING (SELECT ${selected}, ${mergeKey} AS merge_key FROM ${identifier(source)} WHERE ${guard}) AS s
    ON t.${k} = s.merge_key${where}
    WHEN MATCHED AND s.${k} IS NULL THEN DELETE
    WHEN MATCHED THEN UPDATE SET ${assigned.join(', ')}
    WHEN NOT MATCHED AND s.${k} IS NOT NULL THEN INSERT (${columns.map(identifier).join(', ')})
      VALUES (${columns.map((name) => `s.${identifier(name)}`).join(', ')})`;
}

const draftNames = new WeakMap<Draft, string>();

/** A draft that is given up and begun again is another one. */
function draftName(draft: Draft): string {
  const name = draftNames.get(draft) ?? `draft_${randomUUID().slice(0, 8)}_of_${draft.table.name}`;
  draftNames.set(draft, name);
  return name;
}

function selectDraft(draft: Draft, partitions: ReadonlySet<string> | undefined): string {
  if (draft.rowCount === 0) return selectNothing(draft.table.columns);
  const [partition] = draft.table.partitionBy;
  const column = draft.table.columns.find(({ name }) => name === partition);
  const where =
    partitions === undefined || column === undefined
      ? ''
      : ` WHERE ${isInPartitions(column.name, column.type, partitions)}`;
  return `SELECT * FROM ${identifier(draftName(draft))}${where}`;
}

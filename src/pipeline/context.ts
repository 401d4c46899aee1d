/** What every part of the pipeline works with. */
import type { Settings } from '../config/settings.ts';
import type { DeltaContext } from '../delta/context.ts';
import { assertWritable, type Written } from '../delta/protocol.ts';
import {
  loadSnapshot,
  refreshSnapshot,
  type Snapshot,
  type SnapshotSelector,
} from '../delta/snapshot.ts';
import { isAppendOnly } from '../delta/table-properties.ts';
import type { RecountSession } from '../engines/duckdb/recount-session.ts';
import type { Engine, TableDefinition } from '../engines/engine.ts';
import { neededMetadata } from '../engines/table-metadata.ts';
import { ClicklakeError } from '../errors.ts';
import type { SourceMappings } from '../mapping/source-mappings.ts';
import type { Storage } from '../storage/storage.ts';
import { BRONZE_ROOT } from './bronze-paths.ts';
import type { ProgressListener } from './reports.ts';
import { FORMAT_PROPERTY, FORMAT_VERSION, GOLD_ROOT, type LakeTables } from './tables.ts';

export interface LakeContext {
  settings: Settings;
  storage: Storage;
  delta: DeltaContext;
  engine: Engine;
  /** DuckDB for `verify`, whichever engine the lake uses. */
  recountSession: RecountSession;
  tables: LakeTables;
  /** How the records of each source are read. */
  mappings: SourceMappings;
  /** With as many files in the ledger, runs may leave out old date folders of Bronze. */
  manyFiles: number;
  /** The newest version of each table loaded so far, by folder: the next load starts from it. */
  snapshots: Map<string, Snapshot>;
  onProgress: ProgressListener;
  signal: AbortSignal | undefined;
  /** Milliseconds since the epoch: when a file is received, and which dates are old. */
  now: () => number;
}

type TableSource = Pick<LakeContext, 'delta' | 'storage' | 'snapshots'>;

/**
 * The newest version of a table, or an earlier one; undefined if there is no table. Throws
 * `table_corrupt` or `unsupported_table_feature`, with a remedy for this table, if its log cannot
 * be read.
 */
export async function loadTable(
  context: TableSource,
  table: TableDefinition,
  at?: SnapshotSelector,
): Promise<Snapshot | undefined> {
  const loading =
    at === undefined
      ? loadNewest(context, table.root)
      : loadSnapshot(context.delta, table.root, at);
  const snapshot = await loading.catch((error: unknown) => {
    throw isUnusable(error) ? withRemedy(error, table) : error;
  });
  checkFormat(context, table, snapshot);
  return snapshot;
}

/**
 * The newest version of a table that is about to be replaced. `isUnusable`: its log is damaged, or
 * the table has features that we cannot write.
 */
export async function loadOldTable(
  context: TableSource,
  table: TableDefinition,
): Promise<{ snapshot: Snapshot | undefined; isUnusable: boolean }> {
  try {
    const snapshot = await loadNewest(context, table.root);
    if (snapshot !== undefined) {
      assertReplaceable(context, snapshot);
    }
    checkFormat(context, table, snapshot);
    return { snapshot, isUnusable: false };
  } catch (error) {
    if (!isUnusable(error)) {
      throw error;
    }
    return { snapshot: undefined, isUnusable: true };
  }
}

/**
 * Throws `unsupported_table_feature`, with a remedy, if the writer cannot write one of the tables.
 * Called before anything is computed. Tables that are loaded already are not read again, because
 * every commit calls this.
 */
export async function requireWritable(
  context: LakeContext,
  tables: readonly TableDefinition[],
  writer: Writes = context.engine.writer,
): Promise<void> {
  // In parallel: each request to a remote storage is slow.
  await Promise.all(
    tables.map(async (table) => {
      const snapshot = context.snapshots.get(table.root) ?? (await loadTable(context, table));
      try {
        if (snapshot !== undefined) {
          assertWritableBy(writer, context, table, snapshot);
        }
      } catch (error) {
        throw isUnusable(error) ? withRemedy(error, table) : error;
      }
    }),
  );
}

type Writes = Pick<Engine['writer'], 'commitsRows'>;

function assertWritableBy(
  writer: Writes,
  { storage }: LakeContext,
  table: TableDefinition,
  snapshot: Snapshot,
): void {
  // Changes of columns and properties are always committed by our own code.
  const isShaped = neededMetadata(table, snapshot) === undefined;
  const written = writer.commitsRows && isShaped ? 'log' : 'rows';
  const { protocol, metadata, root } = snapshot;
  assertWritable(protocol, metadata, `${storage.url}/${root}`, written);
  // Gold replaces rows in every run; the other tables only append.
  if (root.startsWith(GOLD_ROOT)) {
    assertReplaceable({ storage }, snapshot, written);
  }
}

function assertReplaceable(
  { storage }: Pick<TableSource, 'storage'>,
  { protocol, metadata, root }: Snapshot,
  written: Written = 'rows',
): void {
  assertWritable(protocol, metadata, `${storage.url}/${root}`, written);
  if (!isAppendOnly(metadata)) {
    return;
  }
  throw new ClicklakeError(
    'unsupported_table_feature',
    `the Delta table ${storage.url}/${root} is append-only (delta.appendOnly = true)`,
  );
}

/** Reads only what was committed since the last load. */
async function loadNewest(
  { delta, snapshots }: TableSource,
  root: string,
): Promise<Snapshot | undefined> {
  const known = snapshots.get(root);
  const newest =
    known === undefined ? await loadSnapshot(delta, root) : await refreshSnapshot(delta, known);
  if (newest === undefined) {
    snapshots.delete(root);
  } else {
    snapshots.set(root, newest);
  }
  return newest;
}

function checkFormat(
  { storage }: TableSource,
  { root }: TableDefinition,
  snapshot: Snapshot | undefined,
): void {
  const text = snapshot?.metadata.configuration[FORMAT_PROPERTY] ?? String(FORMAT_VERSION);
  const format = /^\d+$/.test(text) ? Number(text) : undefined;
  if (format === undefined) {
    throw new ClicklakeError(
      'table_corrupt',
      `${storage.url}/${root}: its property ${FORMAT_PROPERTY} is "${text}", which is not a number`,
      {
        hint: `the number of this lake format is ${FORMAT_VERSION}; another tool may have changed the property`,
      },
    );
  }
  if (format <= FORMAT_VERSION) {
    return;
  }
  throw new ClicklakeError(
    'lake_too_new',
    `${storage.url}/${root} was written by a newer Clicklake (lake format ${format}, this one knows ${FORMAT_VERSION})`,
    { hint: 'install the newer Clicklake, for example: npm install clicklake@latest' },
  );
}

function isUnusable(error: unknown): error is ClicklakeError {
  return (
    error instanceof ClicklakeError &&
    (error.code === 'table_corrupt' || error.code === 'unsupported_table_feature')
  );
}

/** Silver and Gold can be recomputed; the ledger's content exists nowhere else. */
function withRemedy(error: ClicklakeError, table: TableDefinition): ClicklakeError {
  const hint = error.code === 'table_corrupt' ? damageRemedy(table) : featureRemedy(table);
  return new ClicklakeError(error.code, error.message, { hint, cause: error });
}

function damageRemedy({ root }: TableDefinition): string {
  return root.startsWith(BRONZE_ROOT)
    ? `restore ${root} from a backup; if there is none, ${WITHOUT_LEDGER}`
    : `${REBUILD} from the files in bronze/`;
}

function featureRemedy({ root }: TableDefinition): string {
  return root.startsWith(BRONZE_ROOT)
    ? `drop the feature with the tool that added it; if that does not work, ${WITHOUT_LEDGER}`
    : `${REBUILD} without it, from the files in bronze/; or drop it with the tool that added it`;
}

const WITHOUT_LEDGER = 'see "A damaged ledger" in docs/operations.md';
const REBUILD = '`clicklake run --full-refresh` rebuilds the table';

/** Throws if the signal is aborted. Called between the steps of long work. */
export function stopIfAborted(signal: AbortSignal | undefined): void {
  signal?.throwIfAborted();
}

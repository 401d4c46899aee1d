/** What every part of the pipeline works with. */
import type { Settings } from '../config/settings.ts';
import type { DeltaContext } from '../delta/context.ts';
import {
  loadSnapshot,
  refreshSnapshot,
  type Snapshot,
  type SnapshotSelector,
} from '../delta/snapshot.ts';
import type { Engine, TableDefinition } from '../engines/engine.ts';
import { ClicklakeError } from '../errors.ts';
import type { FixedFile, Storage } from '../storage/storage.ts';
import { BRONZE_ROOT } from './bronze-paths.ts';
import type { ProgressListener } from './reports.ts';
import { FORMAT_PROPERTY, FORMAT_VERSION, type LakeTables } from './tables.ts';

export interface LakeContext {
  settings: Settings;
  storage: Storage;
  delta: DeltaContext;
  engine: Engine;
  tables: LakeTables;
  /** The newest version of each table that was met, by the table's folder: the next look begins there. */
  snapshots: Map<string, Snapshot>;
  onProgress: ProgressListener;
  signal: AbortSignal | undefined;
  /** Milliseconds since the epoch; only the reception of files asks for it. */
  now: () => number;
}

type TableSource = Pick<LakeContext, 'delta' | 'storage' | 'snapshots'>;

/**
 * The table's newest version, or an earlier one; undefined when there is none. Throws `table_corrupt`,
 * with what to do about this table, when its log is damaged.
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
    throw isDamaged(error) ? withRemedy(error, table) : error;
  });
  checkFormat(context, table, snapshot);
  return snapshot;
}

/** The newest version of a table that is about to be made anew: its old log may be damaged. */
export async function loadOldTable(
  context: TableSource,
  table: TableDefinition,
): Promise<{ snapshot: Snapshot | undefined; isDamaged: boolean }> {
  const old = await loadNewest(context, table.root).then(
    (snapshot) => ({ snapshot, isDamaged: false }),
    (error: unknown) => {
      if (!isDamaged(error)) throw error;
      return { snapshot: undefined, isDamaged: true };
    },
  );
  checkFormat(context, table, old.snapshot);
  return old;
}

/** Reads only what was committed since the last look. */
async function loadNewest(
  { delta, snapshots }: TableSource,
  root: string,
): Promise<Snapshot | undefined> {
  const known = snapshots.get(root);
  const newest =
    known === undefined ? await loadSnapshot(delta, root) : await refreshSnapshot(delta, known);
  if (newest === undefined) snapshots.delete(root);
  else snapshots.set(root, newest);
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
      `${storage.url}/${root}: its property ${FORMAT_PROPERTY} is "${text}", which is no number`,
      {
        hint: `the number of this lake format is ${FORMAT_VERSION}; another tool may have changed the property`,
      },
    );
  }
  if (format <= FORMAT_VERSION) return;
  throw new ClicklakeError(
    'lake_too_new',
    `${storage.url}/${root} was written by a newer Clicklake (lake format ${format}, this one knows ${FORMAT_VERSION})`,
    { hint: 'install the newer Clicklake, for example: npm install clicklake@latest' },
  );
}

function isDamaged(error: unknown): error is ClicklakeError {
  return error instanceof ClicklakeError && error.code === 'table_corrupt';
}

/** Silver and Gold can be computed again; what the ledger knows is nowhere else. */
function withRemedy(error: ClicklakeError, table: TableDefinition): ClicklakeError {
  const hint = table.root.startsWith(BRONZE_ROOT)
    ? `restore ${table.root} from a backup; if there is none, see "A damaged ledger" in docs/operations.md`
    : '`clicklake run --full-refresh` makes the table anew from the files in bronze/';
  return new ClicklakeError(error.code, error.message, { hint, cause: error });
}

/** A received file never changes, and its hash tells it from any other that had its path. */
export function fixedFile({ sizeBytes, sha256 }: { sizeBytes: number; sha256: string }): FixedFile {
  return { sizeBytes, contentName: sha256 };
}

/** Stops a long piece of work between two steps. */
export function stopIfAborted(signal: AbortSignal | undefined): void {
  signal?.throwIfAborted();
}

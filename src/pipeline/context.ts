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

/** The table's newest version, or an earlier one; undefined when there is none. */
export async function loadTable(
  context: Pick<LakeContext, 'delta' | 'storage' | 'snapshots'>,
  table: TableDefinition,
  at?: SnapshotSelector,
): Promise<Snapshot | undefined> {
  const snapshot =
    at === undefined
      ? await loadNewest(context, table.root)
      : await loadSnapshot(context.delta, table.root, at);
  const text = snapshot?.metadata.configuration[FORMAT_PROPERTY] ?? String(FORMAT_VERSION);
  const format = /^\d+$/.test(text) ? Number(text) : undefined;
  if (format === undefined) {
    throw new ClicklakeError(
      'table_corrupt',
      `${context.storage.url}/${table.root}: its property ${FORMAT_PROPERTY} is "${text}", which is no number`,
      {
        hint: `the number of this lake format is ${FORMAT_VERSION}; another tool may have changed the property`,
      },
    );
  }
  if (format <= FORMAT_VERSION) return snapshot;
  throw new ClicklakeError(
    'lake_too_new',
    `${context.storage.url}/${table.root} was written by a newer Clicklake (lake format ${format}, this one knows ${FORMAT_VERSION})`,
    { hint: 'install the newer Clicklake, for example: npm install clicklake@latest' },
  );
}

/** Reads only what was committed since the last look. */
async function loadNewest(
  { delta, snapshots }: Pick<LakeContext, 'delta' | 'snapshots'>,
  root: string,
): Promise<Snapshot | undefined> {
  const known = snapshots.get(root);
  const newest =
    known === undefined ? await loadSnapshot(delta, root) : await refreshSnapshot(delta, known);
  if (newest === undefined) snapshots.delete(root);
  else snapshots.set(root, newest);
  return newest;
}

/** A received file never changes, and its hash tells it from any other that had its path. */
export function fixedFile({ sizeBytes, sha256 }: { sizeBytes: number; sha256: string }): FixedFile {
  return { sizeBytes, contentName: sha256 };
}

/** Stops a long piece of work between two steps. */
export function stopIfAborted(signal: AbortSignal | undefined): void {
  signal?.throwIfAborted();
}

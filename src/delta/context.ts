import type { Storage } from '../storage/storage.ts';
import type { JsonObject } from './exact-json.ts';

/**
 * Reads and writes the Parquet form of checkpoints, which the log itself knows nothing about. One
 * row is one action: an object with a single key (`add`, `remove`, `metaData` …) that is not null.
 */
export interface CheckpointFiles {
  /** Every row of a Parquet file, as parsed by `parseExactJson`. Fields may be null or missing. */
  read(localPath: string): Promise<readonly JsonObject[]>;
  /** Writes a new file, not necessarily durable, with one row per action. */
  write(actions: readonly JsonObject[], localPath: string): Promise<void>;
}

/** What the log module needs from outside. The optional parts have the obvious defaults. */
export interface DeltaContext {
  storage: Storage;
  checkpointFiles: CheckpointFiles;
  /** Milliseconds since the epoch. */
  now?: () => number;
  /** From 0 up to 1; spreads retries. */
  random?: () => number;
  /** A new UUID. */
  newId?: () => string;
}

export function currentTime(context: DeltaContext): number {
  return (context.now ?? Date.now)();
}

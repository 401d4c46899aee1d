import type { Storage } from '../storage/storage.ts';
import type { JsonObject } from './exact-json.ts';

/**
 * Reads and writes checkpoints as Parquet, a format that this module does not know. One
 * row is one action: an object with a single key (`add`, `remove`, `metaData` …) that is not null.
 */
export interface CheckpointFiles {
  /** Every row of a Parquet file, as parsed by `parseExactJson`. Fields may be null or missing. */
  read(localPath: string): Promise<readonly JsonObject[]>;
  /** Writes a new file, not necessarily durable, with one row per action. */
  write(actions: readonly JsonObject[], localPath: string): Promise<void>;
}

/** Dependencies of the log module. The optional ones default to the real clock and randomness. */
export interface DeltaContext {
  storage: Storage;
  checkpointFiles: CheckpointFiles;
  /** Milliseconds since the epoch. */
  now?: () => number;
  /** From 0 up to 1; spreads retries. */
  random?: () => number;
  /** A new UUID. */
  newId?: () => string;
  /** The program that commits say they are by, as `Name/version`. Default: none. */
  engineInfo?: string;
}

export function currentTime(context: DeltaContext): number {
  return (context.now ?? Date.now)();
}

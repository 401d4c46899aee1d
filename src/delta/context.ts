import type { Storage } from '../storage/storage.ts';
import type { JsonObject } from './exact-json.ts';

/**
 * Reads and writes the Parquet files of checkpoints, so that this module needs no Parquet code. One
 * row is one action: an object in which a single key (`add`, `remove`, `metaData` …) is not null.
 */
export interface CheckpointFiles {
  /**
   * Returns every row of a Parquet file, in the form of `parseExactJson`. Fields may be null or
   * missing.
   */
  read(localPath: string): Promise<readonly JsonObject[]>;
  /** Writes a new file with one row per action. The file need not be durable. */
  write(actions: readonly JsonObject[], localPath: string): Promise<void>;
}

/** What the log module depends on. By default it uses the real clock and random numbers. */
export interface DeltaContext {
  storage: Storage;
  checkpointFiles: CheckpointFiles;
  /** Milliseconds since the epoch. */
  now?: () => number;
  /** At least 0, less than 1. Used to spread retries. */
  random?: () => number;
  /** A new UUID. */
  newId?: () => string;
  /** The program that commits name as their writer, as `Name/version`. Default: none. */
  engineInfo?: string;
}

export function currentTime(context: DeltaContext): number {
  return (context.now ?? Date.now)();
}

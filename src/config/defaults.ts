/** Default settings. */
import { DEFAULT_GOLD_RULES } from '../contract/gold-rules.ts';
import { BUILT_IN_EVENT_TYPES } from './event-types.ts';

/** The name of the configuration file in the working folder. */
export const CONFIG_FILE_NAME = 'clicklake.yaml';

export const DEFAULTS = {
  engine: 'duckdb',
  source: 'web',
  eventTypes: BUILT_IN_EVENT_TYPES as readonly string[],
  conflictScope: 'all',
  /** Spark needs no more memory for a large batch, and a second or two for each statement of a batch. */
  maxBatchMb: { duckdb: 512, spark: 4096 },
  /** A few minutes of DuckDB on two cores. */
  sparkFromMb: 10_000,
  ...DEFAULT_GOLD_RULES,
  retentionHours: 168,
  targetFileMb: 128,
  azureMaxTries: 6,
  azureRetryDelayMs: 500,
  azureRequestTimeoutS: 60,
  cacheMaxMb: 20_000,
} as const;

/**
 * Half of the memory, at most 4 GB. The rest is for other parts of the process and the file cache.
 */
export function defaultMemoryLimitMb(memoryBytes: number): number {
  return Math.max(128, Math.min(4096, Math.floor(memoryBytes / 2 / 1_000_000)));
}

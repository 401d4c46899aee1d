/**
 * The table properties that Delta defines, all parsed here. The log stores them as text in various
 * spellings (`true`, `TRUE`). An invalid value counts as not set.
 */
import type { TableMetadata } from './actions.ts';

type Properties = Pick<TableMetadata, 'configuration'>;

const HOUR_MS = 3_600_000;
const UNIT_MS: ReadonlyMap<string, number> = new Map([
  ['microsecond', 0.001],
  ['millisecond', 1],
  ['second', 1_000],
  ['minute', 60_000],
  ['hour', HOUR_MS],
  ['day', 24 * HOUR_MS],
  ['week', 7 * 24 * HOUR_MS],
]);
const DEFAULT_CHECKPOINT_INTERVAL = 10;

/** Whether the table is append-only. */
export function isAppendOnly(metadata: Properties): boolean {
  return booleanOf(metadata, 'delta.appendOnly') ?? false;
}

/** Whether commits record the changed rows (change data feed). */
export function hasChangeDataFeed(metadata: Properties): boolean {
  return booleanOf(metadata, 'delta.enableChangeDataFeed') ?? false;
}

/** Whether every commit contains its timestamp. */
export function hasInCommitTimestamps(metadata: Properties): boolean {
  return booleanOf(metadata, 'delta.enableInCommitTimestamps') ?? false;
}

/** Whether log files older than the retention are deleted. */
export function cleansExpiredLog(metadata: Properties): boolean {
  return booleanOf(metadata, 'delta.enableExpiredLogCleanup') ?? true;
}

/** Whether row tracking is suspended: new rows get no ids although the table has the feature. */
export function isRowTrackingSuspended(metadata: Properties): boolean {
  return booleanOf(metadata, 'delta.rowTrackingSuspended') ?? false;
}

/** The log before this version may only be deleted as a whole. */
export function protectedBeforeVersion(metadata: Properties): number {
  return integerOf(metadata, 'delta.requireCheckpointProtectionBeforeVersion') ?? 0;
}

/** How columns are matched with data files: `none`, `name` or `id`. */
export function columnMappingMode(metadata: Properties): string {
  return textOf(metadata, 'delta.columnMapping.mode')?.toLowerCase() || 'none';
}

/** A classic checkpoint is written every so many versions. */
export function checkpointInterval(metadata: Properties): number {
  const interval = integerOf(metadata, 'delta.checkpointInterval') ?? 0;
  return interval > 0 ? interval : DEFAULT_CHECKPOINT_INTERVAL;
}

/** How long commits before a checkpoint are kept, in milliseconds. */
export function logRetentionMs(metadata: Properties): number {
  return intervalMsOf(metadata, 'delta.logRetentionDuration') ?? 30 * 24 * HOUR_MS;
}

/** How long removed files are kept for readers of older versions, in milliseconds. */
export function deletedFileRetentionMs(metadata: Properties): number {
  return intervalMsOf(metadata, 'delta.deletedFileRetentionDuration') ?? 7 * 24 * HOUR_MS;
}

function textOf({ configuration }: Properties, property: string): string | undefined {
  return configuration[property]?.trim();
}

function booleanOf(metadata: Properties, property: string): boolean | undefined {
  const text = textOf(metadata, property)?.toLowerCase();
  return text === 'true' || text === 'false' ? text === 'true' : undefined;
}

function integerOf(metadata: Properties, property: string): number | undefined {
  const text = textOf(metadata, property) ?? '';
  const number = /^[+-]?\d+$/.test(text) ? Number(text) : undefined;
  return Number.isSafeInteger(number) ? number : undefined;
}

/**
 * Parses intervals such as `interval 1 week`, `INTERVAL '2' DAYS 12 hours`, `90 minutes`. Returns
 * milliseconds.
 */
function intervalMsOf(metadata: Properties, property: string): number | undefined {
  const words = (textOf(metadata, property) ?? '').toLowerCase().replaceAll("'", '').split(/\s+/);
  if (words[0] === 'interval') {
    words.shift();
  }
  if (words.length === 0 || words.length % 2 !== 0) {
    return undefined;
  }
  let totalMs = 0;
  for (let at = 0; at < words.length; at += 2) {
    const amount = words[at] ?? '';
    const unitMs = UNIT_MS.get((words[at + 1] ?? '').replace(/s$/, ''));
    if (!/^[+-]?\d+(\.\d+)?$/.test(amount) || unitMs === undefined) {
      return undefined;
    }
    totalMs += Number(amount) * unitMs;
  }
  return totalMs >= 0 ? totalMs : undefined;
}

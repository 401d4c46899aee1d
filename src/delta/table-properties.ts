/**
 * The properties of a table that Delta itself gives a meaning. The log holds them as text, which
 * others write in their own way (`true`, `TRUE`); they are read here and nowhere else. A text that is
 * no value of the property counts as not set.
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

/** Whether data may only be added to the table. */
export function isAppendOnly(metadata: Properties): boolean {
  return booleanOf(metadata, 'delta.appendOnly') ?? false;
}

/** Whether every commit says which rows it changed. */
export function hasChangeDataFeed(metadata: Properties): boolean {
  return booleanOf(metadata, 'delta.enableChangeDataFeed') ?? false;
}

/** Whether every commit carries its time. */
export function hasInCommitTimestamps(metadata: Properties): boolean {
  return booleanOf(metadata, 'delta.enableInCommitTimestamps') ?? false;
}

/** Whether versions beyond the log's retention are deleted. */
export function cleansExpiredLog(metadata: Properties): boolean {
  return booleanOf(metadata, 'delta.enableExpiredLogCleanup') ?? true;
}

/** Whether new rows get no numbers although the table has the feature for it. */
export function isRowTrackingSuspended(metadata: Properties): boolean {
  return booleanOf(metadata, 'delta.rowTrackingSuspended') ?? false;
}

/** The log up to this version may only be deleted all at once. */
export function protectedBeforeVersion(metadata: Properties): number {
  return integerOf(metadata, 'delta.requireCheckpointProtectionBeforeVersion') ?? 0;
}

/** How the columns of the data files are found: by the columns' names, or as the schema says. */
export function columnMappingMode(metadata: Properties): string {
  return textOf(metadata, 'delta.columnMapping.mode')?.toLowerCase() || 'none';
}

/** A classic checkpoint is due at every multiple of this version. */
export function checkpointInterval(metadata: Properties): number {
  const interval = integerOf(metadata, 'delta.checkpointInterval') ?? 0;
  return interval > 0 ? interval : DEFAULT_CHECKPOINT_INTERVAL;
}

/** How long commits older than a checkpoint are kept. */
export function logRetentionMs(metadata: Properties): number {
  return intervalMsOf(metadata, 'delta.logRetentionDuration') ?? 30 * 24 * HOUR_MS;
}

/** How long files that are no longer part of the table are kept for readers of older versions. */
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

/** Reads `interval 1 week`, `INTERVAL '2' DAYS 12 hours`, `90 minutes`. */
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

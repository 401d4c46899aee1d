import type { TableMetadata } from './actions.ts';

const HOUR_MS = 3_600_000;
const UNIT_MS: Record<string, number> = {
  microsecond: 0.001,
  millisecond: 1,
  second: 1_000,
  minute: 60_000,
  hour: HOUR_MS,
  day: 24 * HOUR_MS,
  week: 7 * 24 * HOUR_MS,
};
const DEFAULT_CHECKPOINT_INTERVAL = 10;

/** A classic checkpoint is due at every multiple of this version. */
export function checkpointInterval(metadata: TableMetadata): number {
  const text = metadata.configuration['delta.checkpointInterval'] ?? '';
  const interval = /^\d+$/.test(text) ? Number(text) : 0;
  return interval > 0 ? interval : DEFAULT_CHECKPOINT_INTERVAL;
}

/** How long commits older than a checkpoint are kept. */
export function logRetentionMs(metadata: TableMetadata): number {
  return interval(metadata, 'delta.logRetentionDuration') ?? 30 * 24 * HOUR_MS;
}

/** How long files that are no longer part of the table are kept for readers of older versions. */
export function deletedFileRetentionMs(metadata: TableMetadata): number {
  return interval(metadata, 'delta.deletedFileRetentionDuration') ?? 7 * 24 * HOUR_MS;
}

/** Reads `interval 1 week`, `interval 2 days 12 hours`; undefined for what is not an interval. */
function interval(metadata: TableMetadata, property: string): number | undefined {
  const words = (metadata.configuration[property] ?? '').trim().toLowerCase().split(/\s+/);
  if (words[0] === 'interval') words.shift();
  if (words.length === 0 || words.length % 2 !== 0) return undefined;
  let totalMs = 0;
  for (let at = 0; at < words.length; at += 2) {
    const amount = Number(words[at]);
    const unitMs = UNIT_MS[(words[at + 1] ?? '').replace(/s$/, '')];
    if (!(amount >= 0) || unitMs === undefined) return undefined;
    totalMs += amount * unitMs;
  }
  return totalMs;
}

/** Replaces what differs from run to run by names, so that outputs can be compared. */
import { ROOT } from './command.ts';

const DAY_MS = 86_400_000;

/**
 * `<dir>` the case's folder, `<package>` the checkout, `<time>` durations, `<rate>` speeds, `<size>` of
 * tables, `<now>` and `<today>` instants and days of the test's run, `<uuid>`. Instants in the data,
 * which are older, stay.
 */
export function normalise(output: string, dir: string, nowMs: number): string {
  return (
    output
      .replaceAll(dir, '<dir>')
      .replaceAll(ROOT.replace(/\/$/, ''), '<package>')
      .replace(/[\d,]+ lines?\/s/g, '<rate>')
      // Parquet files hold instants and random names, which compress a little differently each time.
      .replace(/^((?:bronze|silver|gold)_\w+ .*?) +[\d.]+ (?:bytes|kB)(?= {2})/gm, '$1  <size>')
      .replace(/\b(?:\d+ h \d\d min|\d+ min \d\d s|\d+(?:\.\d+)? s)(?=$|[),])/gm, '<time>')
      .replace(/"(durationMs|linesPerSecond)": ?[\d.]+/g, '"$1": 0')
      .replace(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<uuid>')
      .replace(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\+00(?::00)?)/g, (instant) =>
        isRecent(instant, nowMs) ? '<now>' : instant,
      )
      .replace(/\bdate=(\d{4}-\d\d-\d\d)\b/g, (text, day) =>
        isRecent(`${day}T12:00:00Z`, nowMs) ? 'date=<today>' : text,
      )
  );
}

function isRecent(instant: string, nowMs: number): boolean {
  const ms = Date.parse(instant.replace(' ', 'T').replace(/\+00(?::00)?$/, 'Z'));
  return Math.abs(ms - nowMs) < 2 * DAY_MS;
}

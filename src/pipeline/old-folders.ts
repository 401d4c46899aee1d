/**
 * Which folders of Bronze a run need not list: those of dates before the newest ones. Otherwise
 * every run would list all files the lake has ever received. A file that comes late to such a
 * folder is found by the next full listing (see full-listing.ts).
 */
import { disjoint, type PathRange } from '../storage/path-ranges.ts';
import { compareBytes } from '../storage/storage-path.ts';
import { firstRecentDay, isoDay } from './days.ts';

/**
 * Matches a path with a date in its folders, such as `2026-01-31`, `date=2026-01-31`, `2026/01/31`
 * or `year=2026/month=01/day=31`. The first group ends with the first date. For SQL of both engines.
 */
export const DATED_PATH =
  '^(.*?/[^/0-9]*(?:19|20)[0-9]{2}(?:[-_.]?|/[^/0-9]*)(?:0[1-9]|1[0-2])(?:[-_.]?|/[^/0-9]*)(?:0[1-9]|[12][0-9]|3[01]))(?:[^/0-9][^/]*)?/';

const DATE_AT_END = /^(.*?)(\d{4})([-_.]?|\/[^/0-9]*)(\d{2})([-_.]?|\/[^/0-9]*)(\d{2})$/s;

/**
 * For each folder that has date folders: the paths from its oldest date up to the day before its
 * newest date, or before today if that is earlier. `dated`: what the first group of `DATED_PATH`
 * finds in the paths of the ledger. In byte order, without overlaps.
 */
export function oldFolders(dated: Iterable<string>, nowMs: number): PathRange[] {
  /** By folder and spelling of dates. */
  const layouts = new Map<string, Layout>();
  for (const path of dated) {
    const date = readDate(path);
    if (date === undefined) {
      continue;
    }
    const key = `${date.parent}\0${date.afterYear}\0${date.afterMonth}`;
    const known = layouts.get(key);
    if (known === undefined) {
      layouts.set(key, { ...date, newest: date.day, oldestPath: path });
    } else {
      known.newest = known.newest < date.day ? date.day : known.newest;
      known.oldestPath = earlier(known.oldestPath, path);
    }
  }
  const byParent = new Map<string, OldPaths>();
  for (const layout of layouts.values()) {
    const end = isoDay(firstRecentDay(layout.newest, nowMs));
    const to = spellDate(layout, end);
    const january = spellDate(layout, `${end.slice(0, 4)}-01-01`);
    const known = byParent.get(layout.parent);
    byParent.set(layout.parent, {
      from: known === undefined ? layout.oldestPath : earlier(known.from, layout.oldestPath),
      ...(known === undefined || earlier(to, known.to) === to ? { to, january } : known),
    });
  }
  return disjoint([...byParent].flatMap(([parent, paths]) => cutAtNewYear(parent, paths)));
}

interface OldPaths extends PathRange {
  /** The first of January of the year of `to`, spelled as `to` is. */
  january: string;
}

/**
 * A new date in another spelling may come before `to` in byte order, as `2026-03-05` does before
 * `2026/02/27`. So what is left out of the last year begins as `to` does.
 */
function cutAtNewYear(parent: string, { from, to, january }: OldPaths): PathRange[] {
  const year = january.slice(0, parent.length + 'yyyy'.length);
  return earlier(from, year) === from
    ? [
        { from, to: year },
        { from: january, to },
      ]
    : [{ from, to }];
}

interface DatedFolder {
  parent: string;
  /** `2026-01-31`. */
  day: string;
  /** The text between the parts of the date. */
  afterYear: string;
  afterMonth: string;
}

interface Layout extends DatedFolder {
  newest: string;
  oldestPath: string;
}

function readDate(path: string): DatedFolder | undefined {
  const [, parent = '', year, afterYear = '', month, afterMonth = '', ofMonth] =
    DATE_AT_END.exec(path) ?? [];
  const day = `${year}-${month}-${ofMonth}`;
  return isDay(day) ? { parent, day, afterYear, afterMonth } : undefined;
}

function spellDate({ parent, afterYear, afterMonth }: DatedFolder, day: string): string {
  const [year = '', month = '', ofMonth = ''] = day.split('-');
  return parent + year + afterYear + month + afterMonth + ofMonth;
}

/** False for 31 February, which `Date.parse` takes for a day of March. */
function isDay(day: string): boolean {
  const ms = Date.parse(day);
  return !Number.isNaN(ms) && isoDay(ms) === day;
}

function earlier(a: string, b: string): string {
  return compareBytes(a, b) < 0 ? a : b;
}

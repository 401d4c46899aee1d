/**
 * Where a sender leaves files: the address of a container and folders in it. A folder may be a date,
 * `{yyyy}/{MM}/{dd}`, or any folder, `*` or a name of one's own in braces; Event Hubs Capture's own names
 * are understood as they are.
 */

export interface LandingPattern {
  /** The address of the container, `abfss://container@account…`, without a slash at the end. */
  container: string;
  /** Begins with the names that are fixed, each with a slash behind it. */
  base: string;
  /** Folders before those of the date: names, or `undefined` for any. Without a date none. */
  folders: readonly FolderName[];
  /** How the paths of one day begin, below `folders`; undefined: there are no folders of dates. */
  day: string | undefined;
  /** Of whole paths in the container; a date is in the groups year, month and day. */
  paths: RegExp;
}

export interface FolderName {
  /** Undefined: any that fits `fits`. */
  name: string | undefined;
  fits: RegExp;
}

const TOKEN = /\{(\w+)\}|\*/g;

/** What stands for a part of a date; one of each makes it a day. */
const DATE_TOKENS: Readonly<Record<string, 'year' | 'month' | 'day'>> = {
  ...{ yyyy: 'year', Year: 'year', MM: 'month', Month: 'month', dd: 'day', Day: 'day' },
};
const TIME_TOKENS: ReadonlySet<string> = new Set([
  ...['HH', 'Hour', 'mm', 'Minute', 'ss', 'Second'],
]);

/** The pattern, or what is wrong with it. */
export function parseLanding(text: string): LandingPattern | { problem: string } {
  const [, container, path = ''] = /^(abfss:\/\/[^/?#]+)(?:\/([^?#]*))?$/i.exec(text) ?? [];
  if (container === undefined) {
    return { problem: 'is no address such as abfss://container@account.dfs.core.windows.net/path' };
  }
  const segments = path.split('/').filter((segment) => segment !== '');
  const dates = segments.map((segment) => tokensOf(segment).flatMap((token) => partOfDate(token)));
  const parts = dates.flat();
  const isDated = parts.length > 0;
  if (isDated && (parts.length !== 3 || new Set(parts).size !== 3)) {
    return { problem: 'has folders of dates, and not each of {yyyy}, {MM} and {dd} once' };
  }
  const first = dates.findIndex((found) => found.length > 0);
  const last = dates.findLastIndex((found) => found.length > 0);
  const fixed = segments.findIndex((segment) => tokensOf(segment).length > 0);
  const before = segments.slice(0, isDated ? first : fixed === -1 ? segments.length : fixed);
  const dayText = segments.slice(first, last + 1).join('/');
  const day = isDated ? dayText.slice(0, endOfDate(dayText)) : undefined;
  if (day !== undefined && tokensOf(day).some((token) => partOfDate(token).length === 0)) {
    return { problem: 'has something else than fixed text between the parts of the date' };
  }
  const names = segments.slice(0, fixed === -1 ? segments.length : Math.min(fixed, before.length));
  return {
    container,
    base: names.map((name) => `${name}/`).join(''),
    folders: before.slice(names.length).map((segment) => ({
      name: tokensOf(segment).length === 0 ? segment : undefined,
      fits: new RegExp(`^${regexOf(segment)}$`),
    })),
    day,
    paths: pathsOf(segments),
  };
}

/** The day that a path lies in, `2026-01-31`; undefined: in none. */
export function dayOfPath({ paths }: LandingPattern, path: string): string | undefined {
  const { year, month, day } = paths.exec(path)?.groups ?? {};
  return year === undefined ? undefined : `${year}-${month}-${day}`;
}

/** How the paths of a day, `2026-01-31`, begin below the pattern's folders. */
export function dayPrefix(day: string, date: string): string {
  const [year = '', month = '', ofMonth = ''] = date.split('-');
  const texts = { year, month, day: ofMonth };
  return day.replace(TOKEN, (token: string, name: string) => {
    const part = DATE_TOKENS[name];
    return part === undefined ? token : texts[part];
  });
}

function pathsOf(segments: readonly string[]): RegExp {
  if (segments.length === 0) {
    return /^/;
  }
  const path = segments.join('/');
  // An ending may follow what is not fixed.
  const ending = /[}*]$/.test(path) ? '[^/]*' : '';
  return new RegExp(`^${regexOf(path)}${ending}(?:/.*)?$`, 's');
}

function tokensOf(text: string): string[] {
  return [...text.matchAll(TOKEN)].map(([token, name]) => name ?? token);
}

function partOfDate(token: string): ('year' | 'month' | 'day')[] {
  const part = DATE_TOKENS[token];
  return part === undefined ? [] : [part];
}

function endOfDate(text: string): number {
  const ends = [...text.matchAll(TOKEN)].flatMap(({ 0: token, 1: name, index }) =>
    partOfDate(name ?? '').map(() => index + token.length),
  );
  return Math.max(...ends);
}

function regexOf(text: string): string {
  let regex = '';
  let from = 0;
  for (const { 0: token, 1: name, index } of text.matchAll(TOKEN)) {
    regex += escapeRegex(text.slice(from, index)) + regexOfToken(name);
    from = index + token.length;
  }
  return regex + escapeRegex(text.slice(from));
}

function regexOfToken(name: string | undefined): string {
  const part = DATE_TOKENS[name ?? ''];
  if (part !== undefined) {
    return `(?<${part}>\\d{${part === 'year' ? 4 : 2}})`;
  }
  if (name === undefined) {
    return '[^/]*';
  }
  return TIME_TOKENS.has(name) ? '\\d{2}' : '[^/]+';
}

function escapeRegex(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

/**
 * Parses where a sender leaves its files: the address of a container with folders. A folder may be
 * a date, `{yyyy}/{MM}/{dd}`, or any folder: `*`, or a name in braces. The placeholders of Event
 * Hubs Capture are supported too.
 */

export interface LandingPattern {
  /** The address of the container, `abfss://container@account…`, without a trailing slash. */
  container: string;
  /** The path's fixed folders at the beginning, each followed by a slash. */
  base: string;
  /**
   * Folders between `base` and the date: fixed names, or `undefined` for any. Empty without a date.
   */
  folders: readonly FolderName[];
  /** The pattern of one day's folders, below `folders`; undefined: there are no date folders. */
  day: string | undefined;
  /** Matches full paths in the container. The groups year, month and day give the date. */
  paths: RegExp;
}

export interface FolderName {
  /** Undefined: any folder that matches `fits`. */
  name: string | undefined;
  fits: RegExp;
}

const TOKEN = /\{(\w+)\}|\*/g;

/** Placeholders for parts of a date. One of each makes a day. */
const DATE_TOKENS: Readonly<Record<string, 'year' | 'month' | 'day'>> = {
  ...{ yyyy: 'year', Year: 'year', MM: 'month', Month: 'month', dd: 'day', Day: 'day' },
};
const TIME_TOKENS: ReadonlySet<string> = new Set([
  ...['HH', 'Hour', 'mm', 'Minute', 'ss', 'Second'],
]);

/** The pattern, or the problem with it. */
export function parseLanding(text: string): LandingPattern | { problem: string } {
  const [, container, path = ''] = /^(abfss:\/\/[^/?#]+)(?:\/([^?#]*))?$/i.exec(text) ?? [];
  if (container === undefined) {
    return {
      problem: 'is not an address such as abfss://container@account.dfs.core.windows.net/path',
    };
  }
  const segments = path.split('/').filter((segment) => segment !== '');
  const dates = segments.map((segment) => tokensOf(segment).flatMap((token) => partOfDate(token)));
  const parts = dates.flat();
  const isDated = parts.length > 0;
  if (isDated && (parts.length !== 3 || new Set(parts).size !== 3)) {
    return { problem: 'has date folders, but not each of {yyyy}, {MM} and {dd} once' };
  }
  const first = dates.findIndex((found) => found.length > 0);
  const last = dates.findLastIndex((found) => found.length > 0);
  const fixed = segments.findIndex((segment) => tokensOf(segment).length > 0);
  const before = segments.slice(0, isDated ? first : fixed === -1 ? segments.length : fixed);
  const dayText = segments.slice(first, last + 1).join('/');
  const day = isDated ? dayText.slice(0, endOfDate(dayText)) : undefined;
  if (day !== undefined && tokensOf(day).some((token) => partOfDate(token).length === 0)) {
    return { problem: 'may have only fixed text between the parts of the date' };
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

/** The date of a path, `2026-01-31`; undefined: it has none. */
export function dayOfPath({ paths }: LandingPattern, path: string): string | undefined {
  const { year, month, day } = paths.exec(path)?.groups ?? {};
  return year === undefined ? undefined : `${year}-${month}-${day}`;
}

/** The prefix of the paths of a date, `2026-01-31`, below the pattern's folders. */
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
  // If the pattern does not end with fixed text, a file extension may follow.
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

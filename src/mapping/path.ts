/**
 * Paths into a record: keys joined by dots (`geo.country`); `[n]` for element n of an array, from
 * 0; `[key=text]` or `[key="text"]` for the first element whose `key` equals the text;
 * `["odd.key"]` for any key.
 */

export type PathStep =
  | { kind: 'key'; key: string }
  | { kind: 'index'; index: number }
  /** The first element that is an object whose `key` has this text. */
  | { kind: 'match'; key: string; text: string }
  /** Every element. Only for parallel arrays of items, as the last step. */
  | { kind: 'each' };

export type Path = readonly PathStep[];

const KEY = /[^.[\]\s"'][^.[\]"]*/y;
const INDEX = /\[(\d{1,6})\]/y;
const EACH = /\[\]/y;
const QUOTED = /\["((?:[^"\\]|\\["\\])+)"\]/y;
const MATCH = /\[([^=[\]".]+)=((?!["'])[^\]]*)\]/y;
const QUOTED_MATCH = /\[([^=[\]".]+)=(["'])((?:(?!\2)[^\\]|\\["'\\])*)\2\]/y;
const ESCAPED = /\\(["'\\])/g;

/** Undefined: the text is not a path. */
export function parsePath(text: string): Path | undefined {
  const steps: PathStep[] = [];
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    at += found?.[0].length ?? 0;
    return found;
  };
  while (at < text.length) {
    const step = takeBracket(take) ?? takeKey(text, at, steps.length === 0, take);
    if (step === undefined || steps.at(-1)?.kind === 'each') {
      return undefined;
    }
    steps.push(step);
  }
  const [first] = steps;
  return first?.kind === 'key' ? steps : undefined;
}

function takeBracket(take: (pattern: RegExp) => RegExpExecArray | null): PathStep | undefined {
  const index = take(INDEX);
  if (index !== null) {
    return { kind: 'index', index: Number(index[1]) };
  }
  if (take(EACH) !== null) {
    return { kind: 'each' };
  }
  const quoted = take(QUOTED);
  if (quoted !== null) {
    return { kind: 'key', key: (quoted[1] ?? '').replaceAll(ESCAPED, '$1') };
  }
  const named = take(QUOTED_MATCH);
  if (named !== null) {
    const text = (named[3] ?? '').replaceAll(ESCAPED, '$1');
    return { kind: 'match', key: named[1] ?? '', text };
  }
  const match = take(MATCH);
  return match === null ? undefined : { kind: 'match', key: match[1] ?? '', text: match[2] ?? '' };
}

/** Reads a key, which is at the beginning or after a dot. */
function takeKey(
  text: string,
  at: number,
  isFirst: boolean,
  take: (pattern: RegExp) => RegExpExecArray | null,
): PathStep | undefined {
  if (!isFirst && (text[at] !== '.' || take(/\./y) === null)) {
    return undefined;
  }
  const key = take(KEY)?.[0];
  return key === undefined || key !== key.trimEnd() ? undefined : { kind: 'key', key };
}

/** Writes a path so that `parsePath` returns an equal one. */
export function formatPath(path: Path): string {
  return path
    .map((step, index) => {
      switch (step.kind) {
        case 'key': {
          const isPlain =
            /^[^.[\]\s"'=][^.[\]"]*$/.test(step.key) && step.key === step.key.trimEnd();
          return isPlain ? `${index === 0 ? '' : '.'}${step.key}` : `[${inQuotes(step.key)}]`;
        }
        case 'index':
          return `[${step.index}]`;
        case 'match':
          return `[${step.key}=${/^["']|\]/.test(step.text) ? inQuotes(step.text) : step.text}]`;
        default:
          return '[]';
      }
    })
    .join('');
}

function inQuotes(text: string): string {
  return `"${text.replaceAll(/["\\]/g, '\\$&')}"`;
}

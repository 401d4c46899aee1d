/**
 * The list of isbot as one regular expression that RE2 (DuckDB) and Java (Spark) read alike. It has
 * no lookarounds, which RE2 lacks. It applies to printable ASCII only, where white space, word
 * characters and the end of a text are the same in both.
 */
import { list } from 'isbot';

/** Replaces every character that is not printable ASCII. No pattern of the list contains it. */
export const OTHER_CHARACTER = '~';

/**
 * Only this much of a user agent is searched, so that no sender can make the search slow, or too
 * deep for Java's stack.
 */
export const MAX_AGENT_LENGTH = 1000;

const NOT_AFTER = /^\(\?<!([^()]*)\)/;
const NOT_BEFORE = /\(\?!(?:\(\?:([^()]*)\)|([^()]*))\)$/;

/** A pattern that finds the user agents of bots, ignoring case. */
export function botPattern(): string {
  return `(?i)${list.map(portablePattern).join('|')}`;
}

/**
 * An equivalent pattern without a `(?<!…)` at its start and a `(?!…)` at its end. They are replaced
 * by the characters that are allowed there. Throws for anything else that the engines lack or read
 * differently.
 */
export function portablePattern(pattern: string): string {
  const [, before] = NOT_AFTER.exec(pattern) ?? [];
  const [, grouped, after = grouped] = NOT_BEFORE.exec(pattern) ?? [];
  // A hyphen after a character class is literal, but some engines require a backslash.
  const body = pattern
    .replace(NOT_AFTER, '')
    .replace(NOT_BEFORE, '')
    .replace(/(\\[dsw])-(?!\])/g, '$1\\-');
  if (/\(\?[^:]|\\(?![bBdDsSwW])\w|~/.test(body)) {
    throw new Error(`not portable: ${pattern}`);
  }
  return (
    (before === undefined ? '' : anythingBut(before.split('|'), 'before')) +
    body +
    (after === undefined ? '' : anythingBut(after.split('|'), 'after'))
  );
}

/** A pattern for the characters next to a match, if none of the words may stand there. */
function anythingBut(words: readonly string[], side: 'before' | 'after'): string {
  const nearest = new Map<string, string[]>();
  for (const word of words) {
    const { character, rest } = splitWord(word, side);
    nearest.set(character, [...(nearest.get(character) ?? []), rest]);
  }
  const edge = side === 'before' ? '^' : '$';
  const longer = [...nearest]
    .filter(([, rests]) => !rests.includes(''))
    .map(([character, rests]) => {
      const beyond = anythingBut(rests, side);
      return side === 'before' ? beyond + character : character + beyond;
    });
  return `(?:${[edge, `[^${[...nearest.keys()].join('')}]`, ...longer].join('|')})`;
}

/** Splits off the character of a word that is next to the match. */
function splitWord(word: string, side: 'before' | 'after'): { character: string; rest: string } {
  if (!/^[\w /;]+$/.test(word)) {
    throw new Error(`not portable: a lookaround of "${word}"`);
  }
  return side === 'before'
    ? { character: word.slice(-1), rest: word.slice(0, -1) }
    : { character: word.slice(0, 1), rest: word.slice(1) };
}

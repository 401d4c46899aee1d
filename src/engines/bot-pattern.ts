/**
 * The list of isbot as one regular expression that RE2 (DuckDB) and Java (Spark) apply alike: without
 * lookarounds, which RE2 lacks, and for texts of printable ASCII only, in which white space, words and the end
 * of a text are the same everywhere.
 */
import { list } from 'isbot';

/** Stands for every character that is not printable ASCII: no pattern of the list names it. */
export const OTHER_CHARACTER = '~';

/** So much of a user agent is looked at: no sender can make the search long, or too deep for Java's stack. */
export const MAX_AGENT_LENGTH = 1000;

const NOT_AFTER = /^\(\?<!([^()]*)\)/;
const NOT_BEFORE = /\(\?!(?:\(\?:([^()]*)\)|([^()]*))\)$/;

/** Finds the user agents of bots, in upper or lower case. */
export function botPattern(): string {
  return `(?i)${list.map(portablePattern).join('|')}`;
}

/**
 * A pattern that is found in the same texts, without a `(?<!…)` at its start and a `(?!…)` at its end: they
 * become the characters that may stand there. Throws for what else engines lack or read in different ways.
 */
export function portablePattern(pattern: string): string {
  const [, before] = NOT_AFTER.exec(pattern) ?? [];
  const [, grouped, after = grouped] = NOT_BEFORE.exec(pattern) ?? [];
  // A hyphen behind a class stands for itself, which not every engine takes without a backslash.
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

/** What may stand before or after a text where none of the words does. */
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

/** The character of a word that stands nearest to the text, and the rest. */
function splitWord(word: string, side: 'before' | 'after'): { character: string; rest: string } {
  if (!/^[\w /;]+$/.test(word)) {
    throw new Error(`not portable: a lookaround of "${word}"`);
  }
  return side === 'before'
    ? { character: word.slice(-1), rest: word.slice(0, -1) }
    : { character: word.slice(0, 1), rest: word.slice(1) };
}

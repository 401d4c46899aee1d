/**
 * Numbers for texts that come back by the million, such as dates, devices and countries. A record
 * holds the number; whoever reads it gets the one string there is, which is also quick to look up.
 */
export interface TextPool {
  /** The text's number; undefined when the pool is full and does not know the text. */
  numberOf(text: string): number | undefined;
  textOf(number: number): string;
}

/** Beyond this many texts a column is not one of few values after all. */
const MAX_TEXTS = 100_000;

/** Longer texts would fill the memory too soon. */
const MAX_LENGTH = 64;

export function newTextPool(): TextPool {
  const numbers = new Map<string, number>();
  const texts: string[] = [];
  return {
    numberOf(text) {
      const known = numbers.get(text);
      if (known !== undefined || texts.length === MAX_TEXTS || text.length > MAX_LENGTH)
        return known;
      // A piece of a line would keep the whole line alive.
      const copy = Buffer.from(text).toString();
      texts.push(copy);
      numbers.set(copy, texts.length - 1);
      return texts.length - 1;
    },
    textOf: (number) => texts[number]!,
  };
}

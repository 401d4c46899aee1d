/**
 * Tests what texts look like. These are guesses; the contract is stricter (docs/accepted-input.md).
 */

export type Look = (text: string) => boolean;

const CALENDAR =
  /^\s*\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z| UTC|[+-]\d\d(?::?\d\d)?)?\s*$/;
const NUMBER = /^\s*[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?\s*$/;
const EARLIEST_SECONDS = Date.UTC(2000, 0) / 1000;
const LATEST_SECONDS = Date.UTC(2100, 0) / 1000;

export const looksLikeText: Look = (text) => text.length <= 1_000;

/**
 * A date with a time, or seconds, milliseconds or microseconds since 1970, between 2000 and 2100.
 */
export const looksLikeInstant: Look = (text) => {
  if (CALENDAR.test(text)) {
    return true;
  }
  const value = NUMBER.test(text) ? Number(text) : Number.NaN;
  return [1, 1e3, 1e6].some((unit) => {
    const seconds = value / unit;
    return seconds >= EARLIEST_SECONDS && seconds < LATEST_SECONDS;
  });
};

/** A calendar time without an offset. The readers take it for UTC. */
export const hasNoOffset: Look = (text) =>
  /^\s*\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d{1,9})?\s*$/.test(text);

/** A number with a decimal comma, which no reader accepts. */
export const hasDecimalComma: Look = (text) => /^\s*[+-]?(?:\d[\d. ]*)?,\d+\s*$/.test(text);

export const looksLikeNumber: Look = (text) => NUMBER.test(text);

export const looksLikeWholeNumber: Look = (text) =>
  NUMBER.test(text) && Number.isInteger(Number(text)) && Math.abs(Number(text)) < 1e6;

export const looksLikeAddress: Look = (text) => /^\s*(?:[a-z][a-z0-9+.-]*:)?\/\S*/i.test(text);

/** A URL, or the name of a host or a search engine. */
export const looksLikeReferrer: Look = (text) =>
  looksLikeAddress(text) || /^\s*[\p{L}\d-]+(?:\.[\p{L}\d-]+)+/u.test(text);

export const looksLikeCurrency: Look = (text) => /^\s*[A-Za-z]{3}\s*$/.test(text);

/** A code, or a name. */
export const looksLikeCountry: Look = (text) => /^\s*\p{L}[\p{L} .,'()-]{1,60}$/u.test(text);

export const looksLikeWord: Look = (text) => text.length <= 60 && /\p{L}/u.test(text);

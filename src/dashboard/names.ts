/** The names that the page shows for stored values, and the stored values that a typed name means. */

const regions = new Intl.DisplayNames('en', { type: 'region', fallback: 'code' });

/** What stands for nothing, where that is more than that nothing was sent. */
const NOTHING_IN: Readonly<Record<string, string>> = {
  campaign: 'no campaign',
  landing_page: 'no page',
};

/** The text of a device, for example, or a channel. Countries have their names. */
export function nameOf(value: string, dimension = ''): string {
  if (value === '') {
    return NOTHING_IN[dimension] ?? 'not sent';
  }
  return dimension === 'country' && /^[A-Z]{2}$/.test(value) ? (regions.of(value) ?? value) : value;
}

/**
 * The values of a dimension that a text means: itself, where it is one of those known, and those that are shown by
 * that name in small or capital letters. If there are none, the text.
 */
export function valuesNamed(
  text: string,
  dimension: string,
  known: readonly string[] = [],
): string[] {
  const shown = [...new Set([...known, ''])].filter((value) => {
    const name = nameOf(value, dimension);
    return name !== value && name.toLowerCase() === text.toLowerCase();
  });
  return shown.length === 0 || known.includes(text) ? [text, ...shown] : shown;
}

/** The values of a dimension whose shown name contains a text, where they may not contain it themselves. */
export function valuesContaining(text: string, dimension: string): string[] {
  const isIn = (value: string): boolean =>
    nameOf(value, dimension).toLowerCase().includes(text.toLowerCase());
  const countries = dimension === 'country' ? countryCodes().filter(isIn) : [];
  // What is missing contains nothing: only its whole name means it.
  const isMissing = nameOf('', dimension).toLowerCase() === text.toLowerCase();
  return isMissing ? [...countries, ''] : countries;
}

const LETTERS = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];

/** Those that have a name. */
function countryCodes(): string[] {
  return LETTERS.flatMap((first) => LETTERS.map((second) => `${first}${second}`)).filter(
    (code) => nameOf(code, 'country') !== code,
  );
}

/** Pieces of the M language (Power Query), as text. */

/**
 * A text literal. M knows no backslash escapes: a quote is doubled, `#(` begins an escape sequence
 * and is itself escaped, control characters are written as code points.
 */
export function mText(value: string): string {
  const escaped = value
    .replaceAll('#(', '#(#)(')
    .replaceAll('"', '""')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    .replace(/[\u0000-\u001f\u007f]/g, (character) => {
      return `#(${character.charCodeAt(0).toString(16).padStart(4, '0')})`;
    });
  return `"${escaped}"`;
}

/** A list of text literals: `{"a", "b"}`. */
export function mTextList(values: readonly string[]): string {
  return `{${values.map(mText).join(', ')}}`;
}

/** One step of a query. */
export interface MStep {
  name: string;
  expression: string;
}

/** `let … in <last step>`, a line each. */
export function mLet(steps: readonly MStep[]): string {
  const lines = steps.map(({ name, expression }, index) => {
    const comma = index === steps.length - 1 ? '' : ',';
    return `    ${name} = ${expression.replaceAll('\n', '\n    ')}${comma}`;
  });
  return ['let', ...lines, 'in', `    ${steps.at(-1)!.name}`].join('\n');
}

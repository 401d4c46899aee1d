/**
 * The form in which event types are compared: trimmed of ASCII white space, with A to Z in lower
 * case.
 */
export function comparableType(text: string): string {
  return text
    .replaceAll(/^[\t-\r ]+|[\t-\r ]+$/g, '')
    .replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());
}

/** As event types are compared: without ASCII white space around them, A to Z in lower case. */
export function comparableType(text: string): string {
  return text
    .replaceAll(/^[\t-\r ]+|[\t-\r ]+$/g, '')
    .replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());
}

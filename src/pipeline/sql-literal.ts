/** A text as SQL, quotes doubled. The pipeline puts names, paths and reasons into SQL, nothing else. */
export function textLiteral(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

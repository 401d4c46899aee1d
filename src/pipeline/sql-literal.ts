/**
 * A text as SQL that every engine reads alike: quotes doubled, backslashes apart, since some engines
 * give them a meaning. The pipeline puts names, paths and reasons into SQL, nothing else.
 */
export function textLiteral(text: string): string {
  const parts = text.split('\\').map((part) => `'${part.replaceAll("'", "''")}'`);
  return parts.length === 1 ? `${parts[0]}` : `(${parts.join(' || chr(92) || ')})`;
}

/**
 * A text as an SQL literal that every engine reads alike. Quotes are doubled; backslashes are
 * written separately, because some engines treat them as escapes. Used only for names, paths and
 * reasons.
 */
export function textLiteral(text: string): string {
  const parts = text.split('\\').map((part) => `'${part.replaceAll("'", "''")}'`);
  return parts.length === 1 ? `${parts[0]}` : `(${parts.join(' || chr(92) || ')})`;
}

/** Values as SQL text for DuckDB. Only this module builds SQL from data. */

export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/**
 * A local path for `read_parquet` and `read_csv`. Escapes `*`, `?` and `[`, which would be expanded
 * as patterns.
 */
export function pathLiteral(path: string): string {
  return literal(path.replace(/[*?[]/g, '[$&]'));
}

export function listLiteral(items: readonly string[]): string {
  return `[${items.join(', ')}]`;
}

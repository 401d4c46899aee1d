/** Values as DuckDB SQL text. The only place where SQL is put together from data. */

export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A local path for `read_parquet` and `read_csv`, which would expand `*`, `?` and `[` in it. */
export function pathLiteral(path: string): string {
  return literal(path.replace(/[*?[]/g, '[$&]'));
}

export function listLiteral(items: readonly string[]): string {
  return `[${items.join(', ')}]`;
}

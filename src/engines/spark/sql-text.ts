/** Values as Spark SQL text. The only place where SQL is put together from data. */

export function literal(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

export function identifier(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

/** A Delta primitive type as SQL names it. */
export function sparkType(deltaType: string): string {
  return SPARK_TYPES[deltaType] ?? deltaType.toUpperCase();
}

const SPARK_TYPES: Readonly<Record<string, string>> = {
  long: 'BIGINT',
  integer: 'INT',
  short: 'SMALLINT',
  byte: 'TINYINT',
};

/** Writes the Tabular Model Definition Language: tabs, one object or property a line. */

/** A name as Microsoft's serializer writes it: in quotes only for white space, a dot, `=`, `:` or a quote. */
export function tmdlName(name: string): string {
  return /^[^\s.=:']+$/.test(name) ? name : `'${name.replaceAll("'", "''")}'`;
}

/** A column as another object names it. */
export function tmdlColumn(table: string, column: string): string {
  return `${tmdlName(table)}.${tmdlName(column)}`;
}

/** Lines one level deeper; empty ones stay empty. */
export function indent(lines: readonly string[], levels = 1): string[] {
  return lines.map((line) => (line === '' ? '' : `${'\t'.repeat(levels)}${line}`));
}

/** The description of the object that follows. */
export function describe(text: string): string[] {
  return text.split('\n').map((line) => `/// ${line}`);
}

/**
 * `<head> = <expression>`; one of several lines stands below, deeper than the object's properties. That of a
 * property, which has none, is one level deep.
 */
export function withExpression(head: string, expression: string, levels = 2): string[] {
  if (!expression.includes('\n')) {
    return [`${head} = ${expression}`];
  }
  return [`${head} =`, ...indent(expression.split('\n'), levels)];
}

/** The objects of a file, an empty line behind each, as Microsoft's serializer writes them. */
export function joinObjects(objects: readonly (readonly string[])[]): string {
  return objects.map((lines) => `${lines.join('\n')}\n\n`).join('');
}

/** What event types mean, as SQL that both engines know. */

/** Of the records of one mapping. */
export interface EventTypeRules {
  /** Every spelling, lower case, and the name it stands for. */
  names: ReadonlyMap<string, string>;
  /** Spellings, lower case, of events that are not wanted. */
  ignored: ReadonlySet<string>;
  /** Other events are kept under their own names. */
  keepsUnknown: boolean;
}

type Literal = (text: string) => string;

/** The name of type `type` in records of mapping `mapping`; null: there is none. */
export function eventTypeName(rules: readonly EventTypeRules[], literal: Literal): string {
  return byMapping(rules, ({ names, keepsUnknown }) => {
    const cases = [...names].map(
      ([spelling, name]) => `WHEN ${literal(spelling)} THEN ${literal(name)}`,
    );
    return `CASE type ${cases.join(' ')}${keepsUnknown ? ' ELSE type' : ''} END`;
  });
}

export function isIgnoredType(rules: readonly EventTypeRules[], literal: Literal): string {
  return byMapping(rules, ({ ignored }) => {
    return isAmong('type', [...ignored], literal);
  });
}

/** Whether a column's text is one of these. */
export function isAmong(column: string, texts: readonly string[], literal: Literal): string {
  const list = texts.map(literal).join(', ');
  return texts.length === 0 ? 'false' : `COALESCE(${column} IN (${list}), false)`;
}

/** Rules that all mappings share need no look at which it is. */
function byMapping(
  rules: readonly EventTypeRules[],
  expression: (rules: EventTypeRules) => string,
): string {
  const all = rules.map(expression);
  if (new Set(all).size === 1) {
    return all[0] ?? 'NULL';
  }
  return `CASE mapping ${all.map((sql, number) => `WHEN ${number} THEN ${sql}`).join(' ')} END`;
}

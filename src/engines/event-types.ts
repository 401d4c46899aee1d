/** Maps event types, in SQL that both engines understand. */

/** The rules for the records of one mapping. */
export interface EventTypeRules {
  /** From spelling in lower case to event type. */
  names: ReadonlyMap<string, string>;
  /** Spellings (lower case) of events that are ignored. */
  ignored: ReadonlySet<string>;
  /** Whether events of unknown types are kept under their own names. */
  keepsUnknown: boolean;
}

type Literal = (text: string) => string;

/** SQL for the event type of spelling `type` in records of mapping `mapping`; null: none. */
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

/** SQL that tests whether a column's text is one of these. */
export function isAmong(column: string, texts: readonly string[], literal: Literal): string {
  const list = texts.map(literal).join(', ');
  return texts.length === 0 ? 'false' : `COALESCE(${column} IN (${list}), false)`;
}

/** If all mappings have the same rules, the SQL does not depend on the mapping. */
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

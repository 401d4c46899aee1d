/**
 * The fact tables: the Gold tables with the columns the pipeline defines, so that a column added there
 * arrives here. Numbers and keys are hidden; what remains visible is for slicing.
 */
import { modelColumn } from '../metrics/metric.ts';
import { entityOf, isDirectLake } from './direct-lake.ts';
import { FACTS, type FactDefinition, type FactShape, type GoldTables } from './fact-definitions.ts';
import { isInRange, refreshPolicyFor } from './incremental-refresh.ts';
import { type MStep, mLet, mText, mTextList } from './m-text.ts';
import {
  type ColumnType,
  type GoldColumn,
  type GoldTable,
  type ModelColumn,
  type ModelRelationship,
  type ModelTable,
  titleOf,
} from './model.ts';
import { ownFacts } from './own-facts.ts';
import { type GoldSource, readTableExpression, TO_UTC } from './source.ts';

/** The member that stands for a device, country or channel that is not known. */
const NOT_SENT = '(none)';

const NO_BOTS = 'Sessions of bots are not loaded.';
const WITH_BOTS = 'Sessions of bots are among them; measures leave them out.';

/** The fact tables, reading from the source; the user's own after the others. */
export function factTables(
  tables: GoldTables,
  source: GoldSource,
  { areBotsCounted }: { areBotsCounted: boolean },
): ModelTable[] {
  return [
    ...FACTS.map((fact) =>
      factTable(areBotsCounted ? omitBots(fact) : fact, tables[fact.table], source),
    ),
    ...ownFacts(tables.own).map(({ fact, table }) => factTable(fact, table, source)),
  ];
}

/** How queries of other tables come by columns of facts. */
export interface FactReader {
  /** Steps that give these columns under the name of each fact. None where facts are queries of that name. */
  read(columns: Readonly<Record<string, readonly string[]>>): MStep[];
  /** What stands in facts for a device, country or channel that is not known. */
  missing: string;
}

export function factReader(tables: GoldTables, source: GoldSource): FactReader {
  if (!isDirectLake(source)) {
    return { read: () => [], missing: NOT_SENT };
  }
  return {
    read: (wanted) =>
      Object.entries(wanted).map(([name, names]) => {
        const fact = FACTS.find((each) => each.name === name)!;
        const table = tables[fact.table];
        const columns = table.columns.filter((column) => names.includes(column.name));
        const shape = { ...fact, members: [], computed: [] };
        return { name, expression: factQuery(shape, table, columns, source) };
      }),
    missing: 'blank',
  };
}

function factTable(fact: FactShape, table: GoldTable, source: GoldSource): ModelTable {
  const columns = table.columns.filter(({ name }) => !fact.leftOut.includes(name));
  const entity = entityOf(source, table);
  const sentences = [
    fact.description,
    ...(fact.botColumn === undefined ? [] : [entity === undefined ? NO_BOTS : WITH_BOTS]),
    `Table ${table.name} of the lake.`,
  ];
  const described = { name: fact.name, description: sentences.join(' ') };
  if (entity !== undefined) {
    const own = columns.map((column) => inPlace(factColumn(column, fact), column));
    return { ...described, columns: own, from: entity };
  }
  const refreshPolicy = fact.isLarge === true ? refreshPolicyFor(source) : undefined;
  return {
    ...described,
    columns: [
      ...columns.map((column) => factColumn(column, fact)),
      ...fact.computed.map(({ formula: _, ...column }) => column),
    ],
    from: { query: factQuery(fact, table, columns, source) },
    ...(refreshPolicy === undefined ? {} : { refreshPolicy }),
  };
}

/** A column that is read in place has the type of the lake: every decimal is a fixed one. */
function inPlace(column: ModelColumn, { type }: GoldColumn): ModelColumn {
  return type.startsWith('decimal') ? { ...column, type: 'decimal' } : column;
}

function omitBots({ botColumn: _, ...fact }: FactDefinition): FactDefinition {
  return fact;
}

/** From the facts to the dimensions they share. */
export function factRelationships({ own }: Pick<GoldTables, 'own'>): ModelRelationship[] {
  return [...FACTS, ...ownFacts(own).map(({ fact }) => fact)].flatMap((fact) => {
    const from = (name: string) => ({ table: fact.name, column: columnName(name, fact) });
    return [
      ...(fact.dateColumn === undefined
        ? []
        : [{ from: from(fact.dateColumn), to: { table: 'Date', column: 'Date' } }]),
      ...fact.members
        .filter(({ isUnrelated }) => isUnrelated !== true)
        .map(({ column, dimension }) => ({
          from: from(column),
          to: { table: dimension, column: dimension },
        })),
      ...(fact.relations ?? []).map(({ column, table, key }) => ({
        from: from(column),
        to: { table, column: key },
      })),
    ];
  });
}

/** The name that a column of Gold has in the model. */
function columnName(column: string, { visible, names = {} }: FactShape): string {
  return visible.includes(column) ? (names[column] ?? titleOf(column)) : modelColumn(column);
}

function factColumn(column: GoldColumn, fact: FactShape): ModelColumn {
  const type = columnType(column.type);
  const isDay = column.type === 'date';
  const isHidden = !fact.visible.includes(column.name);
  const formatString = fact.formats?.[column.name] ?? formatOf(type);
  return {
    name: columnName(column.name, fact),
    source: column.name,
    type,
    description: column.comment ?? column.name,
    isHidden,
    ...(isDay ? { isDay } : {}),
    ...(formatString === undefined ? {} : { formatString }),
  };
}

function formatOf(type: ColumnType): string | undefined {
  switch (type) {
    case 'int64':
      return '#,0';
    case 'decimal':
      return '#,0.00';
    case 'double':
      return '#,0.###';
    case 'dateTime':
      return 'yyyy-mm-dd hh:nn:ss';
    default:
      return undefined;
  }
}

/**
 * Money is a fixed decimal number, which adds up exactly. Other decimals are floating point: fixed
 * ones would cut off what averages have beyond four digits.
 */
function columnType(goldType: string): ColumnType {
  switch (goldType) {
    case 'string':
      return 'string';
    case 'long':
    case 'integer':
      return 'int64';
    case 'date':
    case 'timestamp':
      return 'dateTime';
    case 'boolean':
      return 'boolean';
    case 'decimal(18,2)':
      return 'decimal';
    default:
      return 'double';
  }
}

function factQuery(
  fact: FactShape,
  table: GoldTable,
  columns: readonly GoldColumn[],
  source: GoldSource,
): string {
  const steps: MStep[] = [{ name: 'Source', expression: readTableExpression(source, table) }];
  const last = () => steps.at(-1)!.name;
  if (fact.isLarge === true && refreshPolicyFor(source) !== undefined) {
    // Before all else, so that the source does it.
    steps.push({
      name: 'InRange',
      expression: `Table.SelectRows(${last()}, ${isInRange(fact.dateColumn!)})`,
    });
  }
  steps.push({
    name: 'Selected',
    expression: `Table.SelectColumns(${last()}, ${mTextList(columns.map(({ name }) => name))})`,
  });
  if (fact.botColumn !== undefined) {
    steps.push({
      name: 'WithoutBots',
      expression: `Table.SelectRows(${last()}, each [${fact.botColumn}] <> true)`,
    });
  }
  if (fact.members.length > 0) {
    steps.push({
      name: 'Labelled',
      expression: `Table.ReplaceValue(${last()}, null, ${mText(NOT_SENT)}, Replacer.ReplaceValue, ${mTextList(fact.members.map(({ column }) => column))})`,
    });
  }
  const instants = columns.filter(({ type }) => type === 'timestamp');
  if (instants.length > 0) {
    steps.push({
      name: 'InUtc',
      expression: `Table.TransformColumns(${last()}, {${instants
        .map(({ name }) => `{${mText(name)}, ToUtc}`)
        .join(', ')}})`,
    });
    steps.unshift(TO_UTC);
  }
  steps.push({
    name: 'Typed',
    expression: `Table.TransformColumnTypes(${last()}, {${columns
      .map(({ name, type }) => `{${mText(name)}, ${mType(type)}}`)
      .join(', ')}}, "en-US")`,
  });
  for (const { name, source: column = name, type, formula } of fact.computed) {
    steps.push({
      name: `With_${column}`,
      expression: `Table.AddColumn(${last()}, ${mText(column)}, ${formula}, ${computedType(type)})`,
    });
  }
  return mLet(steps);
}

function mType(goldType: string): string {
  if (goldType === 'date') {
    return 'type date';
  }
  return computedType(columnType(goldType));
}

function computedType(type: ColumnType): string {
  switch (type) {
    case 'string':
      return 'type text';
    case 'int64':
      return 'Int64.Type';
    case 'double':
      return 'type number';
    case 'decimal':
      return 'Currency.Type';
    case 'boolean':
      return 'type logical';
    case 'dateTime':
      return 'type datetime';
  }
}

/** A semantic model as the files of a `.SemanticModel` folder. */
import { germanCaption } from './captions-de.ts';
import { channelTable, countryTable, dateTable, deviceTable } from './dimension-tables.ts';
import {
  DIRECT_LAKE_MODEL,
  entityLineage,
  entityPartition,
  isDirectLake,
  lakehouseObjects,
  OWN_NAME,
  sourceLineage,
} from './direct-lake.ts';
import type { GoldTables } from './fact-definitions.ts';
import { factReader, factRelationships, factTables } from './fact-tables.ts';
import { FIELD_PARAMETERS, fieldParameterObjects } from './field-parameters.ts';
import { guidOf } from './ids.ts';
import { RANGE_PARAMETERS, type RefreshPolicy, refreshPolicyFor } from './incremental-refresh.ts';
import type { Currency } from './measure.ts';
import { type Measure, measures, metricsTable } from './measures.ts';
import type { ModelColumn, ModelHierarchy, ModelRelationship, ModelTable } from './model.ts';
import { ownFacts } from './own-facts.ts';
import { PERSPECTIVES, perspectiveObjects } from './perspectives.ts';
import { productTable } from './product-table.ts';
import type { ProjectFile } from './project-file.ts';
import { COUNTRY_ROLE, countryRoleObjects } from './roles.ts';
import { shownTables } from './shown.ts';
import { type GoldSource, type SourceParameter, sourceParameters } from './source.ts';
import { TIME_INTELLIGENCE } from './time-intelligence.ts';
import { describe, indent, joinObjects, tmdlColumn, tmdlName, withExpression } from './tmdl.ts';
import { calculationGroupObjects } from './write-calculation-group.ts';
import { translatedCulture } from './write-culture.ts';

const CULTURE = 'en-US';
const GERMAN = 'de-DE';

export interface ModelOptions {
  tables: GoldTables;
  source: GoldSource;
  /** The shop sends no checkout events: the funnel has no such step. */
  isCheckoutSkipped: boolean;
  /** Undefined: amounts as sent. */
  currency?: Currency | undefined;
  /** Sessions of bots count like others. */
  areBotsCounted: boolean;
  /** Whose days and hours Gold counts by. */
  timeZone: string;
}

/** The files under `<name>.SemanticModel/definition/`. */
export function modelFiles(options: ModelOptions): ProjectFile[] {
  const tables = modelTables(options);
  const isInPlace = isDirectLake(options.source);
  const listed = measures({ ...options, hasBotRows: isInPlace && !options.areBotsCounted });
  const parameters = [
    ...sourceParameters(options.source),
    ...(refreshPolicyFor(options.source) === undefined ? [] : RANGE_PARAMETERS),
  ];
  const shown = shownTables(tables, listed);
  // Their owner has named them.
  const ownNames = ownFacts(options.tables.own).map(({ fact }) => fact.name);
  const file = (path: string, objects: readonly (readonly string[])[]): ProjectFile => {
    return { path: `definition/${path}`, text: joinObjects(objects) };
  };
  return [
    file('database.tmdl', [
      [
        'database',
        `\tcompatibilityLevel: ${isInPlace ? DIRECT_LAKE_MODEL.compatibilityLevel : 1601}`,
      ],
    ]),
    file('model.tmdl', modelObjects(parameters, tables, isInPlace ? DIRECT_LAKE_MODEL.tools : [])),
    file('expressions.tmdl', [
      ...parameters.map(parameterLines),
      ...lakehouseObjects(options.source),
    ]),
    file('relationships.tmdl', factRelationships(options.tables).map(relationshipLines)),
    file(`cultures/${CULTURE}.tmdl`, [cultureLines()]),
    file(`cultures/${GERMAN}.tmdl`, [
      translatedCulture(
        GERMAN,
        shown.filter(({ name }) => !ownNames.includes(name)),
        germanCaption,
      ),
    ]),
    file(`roles/${COUNTRY_ROLE}.tmdl`, countryRoleObjects(tables)),
    ...PERSPECTIVES.map((perspective) =>
      file(`perspectives/${perspective.name}.tmdl`, perspectiveObjects(perspective, shown)),
    ),
    ...tables.map((table) =>
      file(
        `tables/${table.name}.tmdl`,
        tableObjects(table, table.name === 'Metrics' ? listed : []),
      ),
    ),
    file(`tables/${TIME_INTELLIGENCE.name}.tmdl`, calculationGroupObjects(TIME_INTELLIGENCE)),
    ...FIELD_PARAMETERS.map((parameter) =>
      file(`tables/${parameter.name}.tmdl`, fieldParameterObjects(parameter)),
    ),
  ];
}

/** The tables in the order in which Power BI lists queries. */
function modelTables({ tables, source, areBotsCounted, timeZone }: ModelOptions): ModelTable[] {
  const facts = factReader(tables, source);
  return [
    metricsTable(tables.users, source),
    dateTable(timeZone, facts),
    deviceTable(facts),
    countryTable(facts),
    channelTable(facts),
    productTable(tables.products, source),
    ...factTables(tables, source, { areBotsCounted }),
  ];
}

function modelObjects(
  parameters: readonly SourceParameter[],
  tables: readonly ModelTable[],
  tools: readonly string[],
): string[][] {
  const queries = [...parameters, ...tables.filter(({ from }) => 'query' in from)].map(
    ({ name }) => name,
  );
  return [
    [
      'model Model',
      `\tculture: ${CULTURE}`,
      '\tdefaultPowerBIDataSourceVersion: powerBI_V3',
      '\tdiscourageImplicitMeasures',
      `\tsourceQueryCulture: ${CULTURE}`,
      '\tdataAccessOptions',
      '\t\tlegacyRedirects',
      '\t\treturnErrorValuesAsNull',
    ],
    [`annotation PBI_QueryOrder = ${JSON.stringify(queries)}`],
    ['annotation __PBI_TimeIntelligenceEnabled = 0'],
    [`annotation PBI_ProTooling = ${JSON.stringify(['DevMode', ...tools])}`],
    [...tables, TIME_INTELLIGENCE, ...FIELD_PARAMETERS].map(
      ({ name }) => `ref table ${tmdlName(name)}`,
    ),
    [`ref role ${COUNTRY_ROLE}`],
    PERSPECTIVES.map(({ name }) => `ref perspective ${name}`),
    [CULTURE, GERMAN].map((culture) => `ref cultureInfo ${culture}`),
  ];
}

function parameterLines({ name, type, value, description }: SourceParameter): string[] {
  const meta = `meta [IsParameterQuery=true, Type="${type}", IsParameterQueryRequired=true]`;
  return [
    ...describe(description),
    `expression ${tmdlName(name)} = ${value} ${meta}`,
    `\tlineageTag: ${guidOf('expression', name)}`,
    '',
    `\tannotation PBI_ResultType = ${type}`,
  ];
}

function relationshipLines({ from, to }: ModelRelationship): string[] {
  const ends = [from, to].map(({ table, column }) => tmdlColumn(table, column));
  return [
    `relationship ${guidOf('relationship', ends.join(' to '))}`,
    `\tfromColumn: ${ends[0]}`,
    `\ttoColumn: ${ends[1]}`,
  ];
}

function cultureLines(): string[] {
  const metadata = JSON.stringify({ Version: '1.0.0', Language: CULTURE }, null, 2);
  return [
    `cultureInfo ${CULTURE}`,
    '',
    ...indent(withExpression('linguisticMetadata', metadata)),
    '\t\tcontentType: json',
  ];
}

function tableObjects(table: ModelTable, tableMeasures: readonly Measure[]): string[][] {
  const children = [
    ...(table.refreshPolicy !== undefined && 'query' in table.from
      ? [policyLines(table.refreshPolicy, table.from.query)]
      : []),
    ...tableMeasures.map(measureLines),
    ...table.columns.map((column) => columnLines(table, column)),
    ...(table.hierarchies ?? []).map((hierarchy) => hierarchyLines(table, hierarchy)),
    partitionLines(table),
    ...('entity' in table.from ? [[OWN_NAME]] : []),
    ['annotation PBI_ResultType = Table'],
  ];
  const hasNothingToSee =
    tableMeasures.length === 0 && table.columns.every(({ isHidden }) => isHidden);
  return [
    [
      ...describe(table.description),
      `table ${tmdlName(table.name)}`,
      ...(hasNothingToSee ? ['\tisHidden'] : []),
      `\tlineageTag: ${guidOf('table', table.name)}`,
      ...('entity' in table.from ? [entityLineage(table.from)] : []),
      ...(table.isDateTable === true ? ['\tdataCategory: Time'] : []),
    ],
    ...children.map((lines) => indent(lines)),
  ];
}

function policyLines({ keptYears, refreshedMonths }: RefreshPolicy, query: string): string[] {
  return [
    'refreshPolicy',
    '\tpolicyType: basic',
    '\trollingWindowGranularity: year',
    `\trollingWindowPeriods: ${keptYears}`,
    '\tincrementalGranularity: month',
    `\tincrementalPeriods: ${refreshedMonths}`,
    ...indent(withExpression('sourceExpression', query, 1)),
  ];
}

function measureLines(measure: Measure): string[] {
  return [
    ...describe(measure.description),
    ...withExpression(`measure ${tmdlName(measure.name)}`, measure.dax),
    `\tformatString: ${measure.format}`,
    ...(measure.isHidden === true ? ['\tisHidden'] : []),
    `\tdisplayFolder: ${measure.folder}`,
    `\tlineageTag: ${guidOf('measure', measure.name)}`,
  ];
}

function columnLines(table: ModelTable, column: ModelColumn): string[] {
  const format = column.isDay === true ? 'yyyy-mm-dd' : column.formatString;
  const source = column.source ?? column.name;
  const isInPlace = 'entity' in table.from;
  return [
    ...describe(column.description),
    `column ${tmdlName(column.name)}`,
    `\tdataType: ${column.type}`,
    ...(column.isHidden ? ['\tisHidden'] : []),
    ...(column.isKey === true ? ['\tisKey'] : []),
    ...(format === undefined ? [] : [`\tformatString: ${format}`]),
    ...(isNeededInMdx(table, column) ? [] : ['\tisAvailableInMdx: false']),
    `\tlineageTag: ${guidOf('column', `${table.name}.${column.name}`)}`,
    ...(isInPlace ? [sourceLineage(source)] : []),
    ...(column.dataCategory === undefined ? [] : [`\tdataCategory: ${column.dataCategory}`]),
    '\tsummarizeBy: none',
    `\tsourceColumn: ${source}`,
    ...(column.sortBy === undefined ? [] : [`\tsortByColumn: ${tmdlName(column.sortBy)}`]),
    ...(isInPlace && source !== column.name ? ['', `\t${OWN_NAME}`] : []),
    '',
    '\tannotation SummarizationSetBy = User',
    ...(column.isDay === true ? ['', '\tannotation UnderlyingDateTimeDataType = Date'] : []),
  ];
}

/** Excel needs what can be seen, and what gives that its order; of the rest the index of values is not built. */
function isNeededInMdx({ columns, hierarchies = [] }: ModelTable, column: ModelColumn): boolean {
  return (
    !column.isHidden ||
    columns.some(({ sortBy }) => sortBy === column.name) ||
    hierarchies.some(({ levels }) => levels.some((level) => level.column === column.name))
  );
}

function hierarchyLines(table: ModelTable, hierarchy: ModelHierarchy): string[] {
  const tag = (name: string) => guidOf('hierarchy', `${table.name}.${name}`);
  const levels = hierarchy.levels.map(({ name, column }) => [
    `level ${tmdlName(name)}`,
    `\tlineageTag: ${tag(`${hierarchy.name}.${name}`)}`,
    `\tcolumn: ${tmdlName(column)}`,
  ]);
  return [
    ...describe(hierarchy.description),
    `hierarchy ${tmdlName(hierarchy.name)}`,
    `\tlineageTag: ${tag(hierarchy.name)}`,
    ...levels.flatMap((lines) => ['', ...indent(lines)]),
  ];
}

function partitionLines({ name, from }: ModelTable): string[] {
  return 'entity' in from
    ? entityPartition(name, from)
    : [
        `partition ${tmdlName(name)} = m`,
        '\tmode: import',
        ...indent(withExpression('source', from.query)),
      ];
}

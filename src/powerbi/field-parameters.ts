/**
 * Field parameters: tables with which whoever reads a report chooses the measure or the column that a visual
 * shows. Power BI knows one by the property ParameterMetadata of its hidden column of fields.
 */
import { guidOf } from './ids.ts';
import { describe, indent, tmdlName, withExpression } from './tmdl.ts';

export interface FieldParameter {
  /** Of the table, and of its column in sight. */
  name: string;
  description: string;
  /** In the order in which they are offered. */
  fields: readonly Field[];
}

interface Field {
  table: string;
  name: string;
}

const measure = (name: string): Field => ({ table: 'Metrics', name });
const member = (name: string): Field => ({ table: name, name });
const ofSessions = (name: string): Field => ({ table: 'Sessions', name });

export const FIELD_PARAMETERS: readonly FieldParameter[] = [
  {
    name: 'Chosen Metric',
    description: 'The measure that a visual shows: put it where a measure goes, and in a slicer.',
    fields: [
      ...['Sessions', 'Visitors', 'New Visitors', 'Orders', 'Revenue', 'Net Revenue'].map(measure),
      ...['Conversion Rate', 'Average Order Value', 'Revenue per Session'].map(measure),
      ...['Bounce Rate', 'Engagement Rate', 'Average Session Duration'].map(measure),
    ],
  },
  {
    name: 'Chosen Dimension',
    description: 'The column that a visual splits by: put it where a column goes, and in a slicer.',
    fields: [
      ...['Device', 'Country', 'Channel'].map(member),
      ...['Source', 'Medium', 'Campaign', 'Landing Page'].map(ofSessions),
    ],
  },
];

/** The objects of its file. */
export function fieldParameterObjects({ name, description, fields }: FieldParameter): string[][] {
  const [fieldsName, orderName] = [`${name} Fields`, `${name} Order`];
  const column = (
    columnName: string,
    meaning: string,
    properties: readonly string[],
    below: readonly string[] = [],
  ): string[] =>
    indent([
      ...describe(meaning),
      `column ${tmdlName(columnName)}`,
      ...(columnName === name ? [] : ['\tisHidden']),
      ...(columnName === orderName ? ['\tformatString: 0'] : []),
      `\tlineageTag: ${guidOf('column', `${name}.${columnName}`)}`,
      '\tsummarizeBy: none',
      ...properties.map((line) => `\t${line}`),
      ...below.map((line) => (line === '' ? '' : `\t${line}`)),
      '',
      '\tannotation SummarizationSetBy = User',
    ]);
  const sorted = `sortByColumn: ${tmdlName(orderName)}`;
  const metadata = JSON.stringify({ version: 3, kind: 2 }, null, 2);
  const rows = fields.map((field, index) => {
    return `    ("${field.name}", NAMEOF('${field.table}'[${field.name}]), ${index})`;
  });
  return [
    [...describe(description), `table ${tmdlName(name)}`, `\tlineageTag: ${guidOf('table', name)}`],
    column(
      name,
      'name of the field',
      ['sourceColumn: [Value1]', sorted],
      ['', 'relatedColumnDetails', `\tgroupByColumn: ${tmdlName(fieldsName)}`],
    ),
    column(
      fieldsName,
      'the field',
      ['sourceColumn: [Value2]', sorted],
      ['', ...withExpression('extendedProperty ParameterMetadata', metadata)],
    ),
    column(orderName, 'order of the fields', ['sourceColumn: [Value3]']),
    indent([
      `partition ${tmdlName(name)} = calculated`,
      '\tmode: import',
      ...indent(withExpression('source', ['{', rows.join(',\n'), '}'].join('\n'))),
    ]),
  ];
}

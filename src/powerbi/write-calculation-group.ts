/** A calculation group as TMDL. */
import { guidOf } from './ids.ts';
import type { CalculationGroup, CalculationItem } from './time-intelligence.ts';
import { describe, indent, tmdlName, withExpression } from './tmdl.ts';

/** The objects of its file. */
export function calculationGroupObjects(group: CalculationGroup): string[][] {
  const { name, description, column, items } = group;
  const tag = (of: string) => guidOf('column', `${name}.${of}`);
  return [
    [...describe(description), `table ${tmdlName(name)}`, `\tlineageTag: ${guidOf('table', name)}`],
    ['\tcalculationGroup', ...items.flatMap((item) => ['', ...indent(itemLines(item), 2)])],
    indent([
      ...describe(column.description),
      `column ${tmdlName(column.name)}`,
      '\tdataType: string',
      `\tlineageTag: ${tag(column.name)}`,
      '\tsummarizeBy: none',
      '\tsourceColumn: Name',
      '\tsortByColumn: Ordinal',
      '',
      '\tannotation SummarizationSetBy = User',
    ]),
    indent([
      ...describe('order of the items'),
      'column Ordinal',
      '\tdataType: int64',
      '\tisHidden',
      '\tformatString: 0',
      `\tlineageTag: ${tag('Ordinal')}`,
      '\tsummarizeBy: none',
      '\tsourceColumn: Ordinal',
      '',
      '\tannotation SummarizationSetBy = User',
    ]),
  ];
}

/** Items have the order in which they are written. */
function itemLines({ name, description, dax, format }: CalculationItem): string[] {
  return [
    ...describe(description),
    ...withExpression(`calculationItem ${tmdlName(name)}`, dax),
    ...(format === undefined
      ? []
      : ['', ...indent(withExpression('formatStringDefinition', format))]),
  ];
}

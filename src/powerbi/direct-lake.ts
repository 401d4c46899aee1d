/**
 * Direct Lake on OneLake: Power BI reads the columns of Gold in place, without a query. Such a table has neither
 * filters nor computed columns, and null stays null. Tables that need a query are loaded (import) beside them.
 */
import { guidOf } from './ids.ts';
import { mLet, mText } from './m-text.ts';
import type { EntitySource, GoldTable } from './model.ts';
import type { GoldSource } from './source.ts';
import { indent, tmdlName, withExpression } from './tmdl.ts';

/** The shared expression that names the lakehouse. */
const LAKEHOUSE = 'DirectLake';

/** What has a model over OneLake that others have not. */
export const DIRECT_LAKE_MODEL = {
  compatibilityLevel: 1604,
  tools: ['RemoteModeling', 'DirectLakeOnOneLakeCreatedInDesktop'],
};

/** Facts are read in place. */
export function isDirectLake(source: GoldSource): boolean {
  return source.kind === 'onelake';
}

/** Where a table of Gold is read in place; undefined where it is loaded. */
export function entityOf(
  source: GoldSource,
  table: Pick<GoldTable, 'root'>,
): EntitySource | undefined {
  if (source.kind !== 'onelake') {
    return undefined;
  }
  return { schema: source.schema, entity: table.root.slice(table.root.lastIndexOf('/') + 1) };
}

/** The objects of expressions.tmdl that entities refer to. */
export function lakehouseObjects(source: GoldSource): string[][] {
  if (source.kind !== 'onelake') {
    return [];
  }
  const query = mLet([
    {
      name: 'Source',
      expression: `AzureStorage.DataLake(${mText(source.lakehouseUrl)}, [HierarchicalNavigation=true])`,
    },
  ]);
  return [
    [
      ...withExpression(`expression ${LAKEHOUSE}`, query),
      `\tlineageTag: ${guidOf('expression', LAKEHOUSE)}`,
      '',
      '\tannotation PBI_IncludeFutureArtifacts = False',
    ],
  ];
}

/** Lines of a table or column that has this name at the source. */
export function sourceLineage(source: string): string {
  return `\tsourceLineageTag: ${source}`;
}

export function entityLineage({ schema, entity }: EntitySource): string {
  return sourceLineage(`[${schema}].[${entity}]`);
}

/** Otherwise Power BI would give it the name at the source again. */
export const OWN_NAME = 'changedProperty = Name';

export function entityPartition(table: string, { schema, entity }: EntitySource): string[] {
  return [
    `partition ${tmdlName(table)} = entity`,
    '\tmode: directLake',
    '\tsource',
    ...indent(
      [`entityName: ${entity}`, `schemaName: ${schema}`, `expressionSource: ${LAKEHOUSE}`],
      2,
    ),
  ];
}

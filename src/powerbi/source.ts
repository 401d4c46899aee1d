/** Where Power BI reads Gold from: one of four kinds, chosen when the project is made. */
import { type MStep, mText } from './m-text.ts';
import type { GoldTable } from './model.ts';

export type GoldSource =
  /** The folder `gold` of a lake on disk, as Windows names it. */
  | { kind: 'local'; goldFolder: string }
  /** `https://account.dfs.core.windows.net/container/path/gold` */
  | { kind: 'adls'; goldUrl: string }
  /** A SQL warehouse or cluster; the tables are `<catalog>.<schema>.gold_sessions` and so on. */
  | { kind: 'databricks'; host: string; httpPath: string; catalog: string; schema: string }
  /**
   * A Fabric lakehouse, `https://onelake.dfs.fabric.microsoft.com/workspace/lakehouse`; the tables are
   * `Tables/<schema>/sessions` and so on.
   */
  | { kind: 'onelake'; lakehouseUrl: string; schema: string };

/** A parameter of the model that the user can change in Power BI. */
export interface SourceParameter {
  name: string;
  type: 'Text' | 'DateTime';
  /** In M. */
  value: string;
  description: string;
}

/** The parameters that say where this source is. */
export function sourceParameters(source: GoldSource): SourceParameter[] {
  return addressOf(source).map((parameter) => ({
    ...parameter,
    type: 'Text',
    value: mText(parameter.value),
  }));
}

function addressOf(source: GoldSource): Omit<SourceParameter, 'type'>[] {
  switch (source.kind) {
    case 'local':
      return [
        {
          name: 'GoldFolder',
          value: source.goldFolder,
          description: 'The folder gold of the lake, without a separator at its end.',
        },
      ];
    case 'adls':
      return [
        {
          name: 'AdlsGoldUrl',
          value: source.goldUrl,
          description: 'The address of the folder gold of the lake, without a slash at its end.',
        },
      ];
    case 'onelake':
      return [
        {
          name: 'OneLakeGoldUrl',
          value: `${source.lakehouseUrl}/Tables/${source.schema}`,
          description:
            'The address of the Gold tables, without a slash at its end, for the tables that are loaded.',
        },
      ];
    case 'databricks':
      return [
        {
          name: 'DatabricksHost',
          value: source.host,
          description: 'Server hostname of the SQL warehouse or cluster.',
        },
        {
          name: 'DatabricksHttpPath',
          value: source.httpPath,
          description: 'HTTP path of the SQL warehouse or cluster.',
        },
        {
          name: 'DatabricksCatalog',
          value: source.catalog,
          description: 'Catalog that holds the schema of the lake.',
        },
        {
          name: 'DatabricksSchema',
          value: source.schema,
          description: 'Schema that holds the Gold tables.',
        },
      ];
  }
}

/** Connectors differ: some give instants with a zone, some without one, in UTC. */
export const TO_UTC: MStep = {
  name: 'ToUtc',
  expression:
    '(instant) => if instant is datetimezone then DateTimeZone.RemoveZone(DateTimeZone.ToUtc(instant)) else instant',
};

/**
 * The M expression that reads a Gold table. A Delta folder is read through its log, never as a
 * heap of Parquet files: those include files that no version of the table names any more.
 */
export function readTableExpression(
  source: GoldSource,
  table: Pick<GoldTable, 'name' | 'root'>,
): string {
  const folder = table.root.slice(table.root.lastIndexOf('/') + 1);
  switch (source.kind) {
    case 'local':
      return `DeltaLake.Table(Folder.Contents(GoldFolder & ${mText(`\\${folder}`)}))`;
    case 'adls':
      return inDataLake('AdlsGoldUrl', folder);
    case 'onelake':
      return inDataLake('OneLakeGoldUrl', folder);
    case 'databricks':
      return [
        'Databricks.Catalogs(DatabricksHost, DatabricksHttpPath, [Catalog = null, Database = null, EnableAutomaticProxyDiscovery = null, Implementation = "2.0"])',
        '{[Name = DatabricksCatalog, Kind = "Database"]}[Data]',
        '{[Name = DatabricksSchema, Kind = "Schema"]}[Data]',
        `{[Name = ${mText(table.name)}, Kind = "Table"]}[Data]`,
      ].join('');
  }
}

function inDataLake(parameter: string, folder: string): string {
  return `DeltaLake.Table(AzureStorage.DataLake(${parameter} & ${mText(`/${folder}`)}, [HierarchicalNavigation = true]))`;
}

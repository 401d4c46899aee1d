/**
 * What every table and column of a lake means. It is derived from the definitions that the pipeline
 * writes the tables with. docs/data-dictionary.md, the dashboard and the Power BI project all read
 * it.
 */
import { DEFAULTS } from '../config/defaults.ts';
import type { PrimitiveType } from '../delta/schema.ts';
import type { OwnTable } from './own-models.ts';
import { type LakeTable, lakeTables, listTables, type TableSettings } from './tables.ts';

export interface TableDescription {
  /** One-part name used in SQL, e.g. `gold_sessions`. */
  name: string;
  /** What a row is, one sentence. */
  summary: string;
  /** Folder of the Delta table, relative to the lake. */
  root: string;
  /** The column that the folder is partitioned by, if any. */
  partitionBy: readonly string[];
  /** The date column by which rows are divided into files, if any. */
  filesBy: string | undefined;
  /** In the order of the table. */
  columns: readonly ColumnDescription[];
}

export interface ColumnDescription {
  name: string;
  /** In SQL: string, int, bigint, double, decimal(p,s), boolean, timestamp, date. */
  type: string;
  /** False: no row of the table is null here, though the table's schema would allow it. */
  nullable: boolean;
  /** Meaning, unit in brackets, and what null means. */
  description: string;
}

const DEFAULT_TABLES: TableSettings = {
  silver: { conflictScope: DEFAULTS.conflictScope, extraColumns: [] },
  funnel: { skipCheckout: DEFAULTS.skipCheckout },
};

/** A table of the user's own. */
export interface OwnTableDescription extends TableDescription {
  grain: readonly string[];
  /** The column that gives the date of a row, if there is one. */
  dateColumn: string | undefined;
}

/** All tables: Bronze, Silver, Gold. Includes the columns that the settings declare. */
export function dataDictionary(settings: TableSettings = DEFAULT_TABLES): TableDescription[] {
  return listTables(lakeTables(settings)).map(describeTable);
}

/** Describes one table of a lake. */
export function describeTable({
  name,
  summary,
  root,
  partitionBy,
  filesBy,
  columns,
}: LakeTable): TableDescription {
  return {
    name,
    summary: summary.charAt(0).toUpperCase() + summary.slice(1),
    root,
    partitionBy,
    filesBy,
    columns: columns.map((column) => {
      const description = column.comment ?? '';
      return {
        name: column.name,
        type: SQL_TYPES[column.type] ?? column.type,
        nullable: /; null: /.test(description),
        description,
      };
    }),
  };
}

/** Describes the table of an own model. */
export function describeOwnTable(table: OwnTable): OwnTableDescription {
  const { dateColumn, model } = table;
  return { ...describeTable(table), grain: model.grain, dateColumn };
}

/** Types whose name in Delta differs from their name in SQL. */
const SQL_TYPES: Partial<Record<PrimitiveType, string>> = {
  long: 'bigint',
  integer: 'int',
};

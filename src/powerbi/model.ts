/** The parts of a semantic model, before they are written as TMDL. */
import type { RefreshPolicy } from './incremental-refresh.ts';

export type ColumnType = 'string' | 'int64' | 'double' | 'decimal' | 'dateTime' | 'boolean';

export interface ModelColumn {
  /** What can be seen is named in words, what is hidden as in Gold. */
  name: string;
  /** Its name in the query, where that differs. */
  source?: string;
  type: ColumnType;
  description: string;
  isHidden: boolean;
  formatString?: string;
  /** The column that gives this one its order. */
  sortBy?: string;
  /** Values are unique; the column that relationships lead to. */
  isKey?: boolean;
  /** What the values are to Power BI, such as `Country`. */
  dataCategory?: string;
  /** A dateTime that has no time of day. */
  isDay?: boolean;
}

export interface ModelHierarchy {
  name: string;
  description: string;
  levels: readonly { name: string; column: string }[];
}

/** A table of a lakehouse. */
export interface EntitySource {
  schema: string;
  entity: string;
}

export interface ModelTable {
  name: string;
  description: string;
  columns: readonly ModelColumn[];
  hierarchies?: readonly ModelHierarchy[];
  /** Marked as the table of dates. */
  isDateTable?: boolean;
  /** The query, in M, whose columns are the sources of `columns`; or the table of the lake that is read in place. */
  from: { query: string } | EntitySource;
  refreshPolicy?: RefreshPolicy;
}

/** From the side of many to the side of one; filters go the other way only. */
export interface ModelRelationship {
  from: { table: string; column: string };
  to: { table: string; column: string };
}

/** A column of a table of Gold, as the pipeline defines it. */
export interface GoldColumn {
  name: string;
  type: string;
  comment?: string | undefined;
}

/** A table of Gold, as the pipeline defines it. */
export interface GoldTable {
  name: string;
  root: string;
  columns: readonly GoldColumn[];
}

/** A table that a user's own model makes. */
export interface OwnGoldTable extends GoldTable {
  /** What a row is, one sentence. */
  summary: string;
  /** Relates to the Date table. */
  dateColumn: string | undefined;
}

/** A name of Gold in words: `Has Purchase`, `Product ID`. A name that is not words joined by `_` stays. */
export function titleOf(name: string): string {
  if (!/^[a-z0-9]+(?:_[a-z0-9]+)*$/.test(name)) {
    return name;
  }
  return name
    .split('_')
    .map((word) => (word === 'id' ? 'ID' : `${word.charAt(0).toUpperCase()}${word.slice(1)}`))
    .join(' ');
}

/** The tables of a lake, as declared by their models. */

import { goldRules } from '../config/gold-rules.ts';
import type { ExtraColumn, RuleSettings, Settings } from '../config/settings.ts';
import { ruleProperties } from '../contract/gold-rules.ts';
import type { DeltaColumn, PrimitiveType } from '../delta/schema.ts';
import type { TableDefinition } from '../engines/engine.ts';
import { loadModel, tableColumns } from './models.ts';
import { loadOwnModels, type OwnTable } from './own-models.ts';

/** Tables of a later format are refused, because an older Clicklake would damage them. */
export const FORMAT_VERSION = 2;
export const FORMAT_PROPERTY = 'clicklake.formatVersion';
/** Folder of the tables that are computed from Silver. */
export const GOLD_ROOT = 'gold/';
const CONFLICT_SCOPE_PROPERTY = 'clicklake.conflictScope';
/** Property of a Silver table: id of the full refresh that wrote it. */
export const REFRESH_PROPERTY = 'clicklake.refreshId';

const DELTA_TYPE: Readonly<Record<ExtraColumn['type'], PrimitiveType>> = {
  string: 'string',
  int: 'integer',
  bigint: 'long',
  double: 'double',
  'decimal(18,2)': 'decimal(18,2)',
  boolean: 'boolean',
  timestamp: 'timestamp',
  date: 'date',
};

export interface LakeTable extends TableDefinition {
  /** What a row is: one sentence. */
  summary: string;
}

export interface LakeTables {
  ledger: LakeTable;
  events: LakeTable;
  items: LakeTable;
  quarantine: LakeTable;
  sessions: LakeTable;
  identities: LakeTable;
  users: LakeTable;
  orders: LakeTable;
  rfm: LakeTable;
  orderItems: LakeTable;
  refunds: LakeTable;
  purchaseLines: LakeTable;
  conversionMetrics: LakeTable;
  eventMetrics: LakeTable;
  funnel: LakeTable;
  channels: LakeTable;
  cohorts: LakeTable;
  products: LakeTable;
  /** The user's own tables, each after those it reads. */
  own: readonly OwnTable[];
}

/** Bronze, Silver, Gold. */
export function listTables(tables: LakeTables): LakeTable[] {
  const { own, ...builtIn } = tables;
  return [...Object.values(builtIn), ...own];
}

/** The settings that the definitions of the tables depend on. */
export interface TableSettings extends RuleSettings, Pick<Settings, 'models'> {
  silver: Pick<Settings['silver'], 'conflictScope' | 'extraColumns'>;
}

/** The definitions of all tables for these settings. */
export function lakeTables(settings: TableSettings): LakeTables {
  const extra = settings.silver.extraColumns.map(({ name, type }): DeltaColumn => {
    return {
      name,
      type: DELTA_TYPE[type],
      nullable: true,
      comment: 'declared as silver.extra_columns; null: not sent, or not of this type',
    };
  });
  const events = define('silver/events');
  const rules = ruleProperties(goldRules(settings));
  // Each table stores the rules it was computed with. If a run is killed, some tables may have
  // newer rules than others.
  const gold = (path: string): LakeTable => {
    const table = define(path);
    return { ...table, configuration: { ...table.configuration, ...rules } };
  };
  const builtIn = {
    ledger: define('bronze/files', 'bronze/_ledger'),
    events: {
      ...events,
      columns: [...events.columns, ...extra],
      configuration: {
        ...events.configuration,
        [CONFLICT_SCOPE_PROPERTY]: settings.silver.conflictScope,
      },
    },
    items: define('silver/items'),
    quarantine: define('silver/quarantine'),
    sessions: gold('gold/sessions'),
    identities: gold('gold/identities'),
    users: gold('gold/users'),
    orders: gold('gold/orders'),
    rfm: gold('gold/rfm'),
    orderItems: gold('gold/order_items'),
    refunds: gold('gold/refunds'),
    purchaseLines: gold('gold/purchase_lines'),
    conversionMetrics: gold('gold/conversion_metrics'),
    eventMetrics: gold('gold/event_metrics'),
    funnel: gold('gold/funnel'),
    channels: gold('gold/channels'),
    cohorts: gold('gold/cohorts'),
    products: gold('gold/products'),
  };
  const readable = Object.values(builtIn).filter(({ name }) =>
    /^(?:silver_events|silver_items|gold_)/.test(name),
  );
  return {
    ...builtIn,
    own: loadOwnModels(settings.models, readable, {
      [FORMAT_PROPERTY]: String(FORMAT_VERSION),
    }),
  };
}

/** The table that `models/<path>.sql` declares. By default its folder has the same path. */
function define(path: string, root = path): LakeTable {
  const model = loadModel(path);
  return {
    name: model.name,
    summary: model.summary,
    root,
    partitionBy: model.partition === undefined ? [] : [model.partition],
    filesBy: model.filesBy,
    configuration: { [FORMAT_PROPERTY]: String(FORMAT_VERSION) },
    columns: tableColumns(model),
  };
}

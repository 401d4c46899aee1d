/**
 * The settings of a command, merged from configuration file, environment and flags. Plain values:
 * the layers below `config/` do not know where a value came from.
 */

import type { GoldRules } from '../contract/gold-rules.ts';
import type { MappingText } from '../mapping/mapping.ts';

export type ExtraColumnType =
  | 'string'
  | 'int'
  | 'bigint'
  | 'double'
  | 'decimal(18,2)'
  | 'boolean'
  | 'timestamp'
  | 'date';

/**
 * A field outside the contract that becomes a column of `silver_events`, after those of the
 * contract.
 */
export interface ExtraColumn {
  name: string;
  type: ExtraColumnType;
}

export type EngineName = 'duckdb' | 'spark';

export interface Settings {
  /** A folder (absolute) or a storage address. */
  lake: string;
  /** `auto`: DuckDB, and Spark for large runs. */
  engine: EngineName | 'auto';
  spark: {
    /** A Spark Connect URL; undefined: not set. */
    url: string | undefined;
    /**
     * With engine `auto`: Spark computes runs of this size or larger, in MB of 1,000,000 bytes.
     * Undefined: the default.
     */
    fromMb?: number | undefined;
    /**
     * Whether to pass the credentials of a remote lake to Spark; undefined: yes, except to
     * Databricks.
     */
    passCredentials?: boolean | undefined;
    /**
     * Catalog and schema in which tables are registered after a run. Without a schema they are not.
     */
    catalog?: string | undefined;
    schema?: string | undefined;
  };
  duckdb: {
    /** Upper limit for the engine's own memory, in MB of 1,000,000 bytes. */
    memoryLimitMb: number;
    threads: number;
    /**
     * The folder the engine spills to; undefined: a work folder inside the lake if it is writable.
     */
    tempDir: string | undefined;
  };
  silver: {
    /** Canonical names that an event may have. */
    eventTypes: readonly string[];
    /** From alias (lower case) to canonical name. */
    eventTypeAliases: Readonly<Record<string, string>>;
    conflictScope: 'all' | 'date';
    extraColumns: readonly ExtraColumn[];
    /**
     * Uncompressed size of the Bronze files that one Silver commit covers, in MB of 1,000,000
     * bytes. Undefined: the default of the engine.
     */
    maxBatchMb: number | undefined;
  };
  /** Mappings by source. Sources without one use the field names of the contract. */
  sources?: Readonly<Record<string, MappingText>> | undefined;
  /** Folder of the user's own models; undefined: none. */
  models?: string | undefined;
  funnel: Pick<GoldRules, 'skipCheckout'>;
  /** Undefined: the defaults. */
  sessions?:
    | { timeoutMinutes: GoldRules['sessionTimeoutMinutes']; derive: GoldRules['deriveSessions'] }
    | undefined;
  /** Undefined: the defaults. */
  reporting?: Pick<GoldRules, 'timeZone'> | undefined;
  /** Whether metrics count sessions and events of bots; undefined: the default. */
  bots?: GoldRules['bots'] | undefined;
  /** Undefined: no order id is ignored. */
  orders?: { ignoredIds: GoldRules['ignoredOrderIds'] } | undefined;
  /** Undefined: amounts stay as sent. */
  money?: GoldRules['money'] | undefined;
  /** Undefined: the built-in lists. */
  sites?: GoldRules['sites'] | undefined;
  /** Undefined: each path is a landing page of its own. */
  landingPages?: GoldRules['landingPages'] | undefined;
  maintain: {
    /** How long removed files are kept for readers, in hours. */
    retentionHours: number;
    /** Files smaller than half of this are merged, in MB of 1,000,000 bytes. */
    targetFileMb: number;
  };
  azure: {
    /** How many times a request is tried before it fails. */
    maxTries: number;
    /** Delay before the first retry, in milliseconds; it doubles with each retry. */
    retryDelayMs: number;
    /** A request fails if no byte is transferred for this long. */
    requestTimeoutMs: number;
  };
  cache: {
    /** Folder for copies of a remote lake's files. */
    folder: string;
    /** Above this the least recently used copies are evicted, in MB of 1,000,000 bytes. */
    maxMb: number;
  };
}

/** The settings that Gold depends on. */
export type RuleSettings = Pick<
  Settings,
  'funnel' | 'sessions' | 'reporting' | 'bots' | 'orders' | 'money' | 'sites' | 'landingPages'
>;

/**
 * The settings of one command, merged from the configuration file, the environment and the flags.
 * Plain values: nothing below `config/` knows where a value came from.
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

/** A field outside the contract that becomes a column of `silver_events`, after the contract's. */
export interface ExtraColumn {
  name: string;
  type: ExtraColumnType;
}

export interface Settings {
  /** A folder (absolute) or a storage address. */
  lake: string;
  engine: 'duckdb' | 'spark';
  spark: {
    /** A Spark Connect URL; undefined: not set. */
    url: string | undefined;
    /** Whether to send Spark the credentials of a remote lake; undefined: yes, except to Databricks. */
    passCredentials?: boolean | undefined;
    /** Where tables are registered after a run; without a schema they are not registered. */
    catalog?: string | undefined;
    schema?: string | undefined;
  };
  duckdb: {
    /** Upper limit for the engine's own memory, MB of 1,000,000 bytes. */
    memoryLimitMb: number;
    threads: number;
    /** Where the engine spills to; undefined: a work folder inside the lake, if it may be written. */
    tempDir: string | undefined;
  };
  silver: {
    /** Canonical names an event may have. */
    eventTypes: readonly string[];
    /** Aliases (lower case) -> canonical name. */
    eventTypeAliases: Readonly<Record<string, string>>;
    conflictScope: 'all' | 'date';
    extraColumns: readonly ExtraColumn[];
    /** Uncompressed bytes of Bronze that one Silver commit covers, MB of 1,000,000 bytes. */
    maxBatchMb: number;
  };
  /** Where the records of a source hold their fields, by source; others have the contract's own names. */
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
  /** Whether sessions and events of bots count in metrics; undefined: the default. */
  bots?: GoldRules['bots'] | undefined;
  /** Undefined: none is ignored. */
  orders?: { ignoredIds: GoldRules['ignoredOrderIds'] } | undefined;
  /** Undefined: amounts stay as sent. */
  money?: GoldRules['money'] | undefined;
  /** Undefined: the built-in lists. */
  sites?: GoldRules['sites'] | undefined;
  /** Undefined: each path is a landing page of its own. */
  landingPages?: GoldRules['landingPages'] | undefined;
  maintain: {
    /** How long files removed from a table are kept for its readers. */
    retentionHours: number;
    /** Files smaller than half of this are merged, MB of 1,000,000 bytes. */
    targetFileMb: number;
  };
  azure: {
    /** How often a request is sent before it counts as failed. */
    maxTries: number;
    /** The first backoff; it doubles with each retry. */
    retryDelayMs: number;
    /** A request fails if no byte is transferred for this long. */
    requestTimeoutMs: number;
  };
  cache: {
    /** Holds copies of a remote lake's files. */
    folder: string;
    /** Beyond this the least recently used copies are evicted, MB of 1,000,000 bytes. */
    maxMb: number;
  };
}

/** The settings that Gold depends on. */
export type RuleSettings = Pick<
  Settings,
  'funnel' | 'sessions' | 'reporting' | 'bots' | 'orders' | 'money' | 'sites' | 'landingPages'
>;

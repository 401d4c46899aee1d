/**
 * The settings of one command, after the configuration file, the environment and the flags have
 * been put together. Plain values: nothing below `config/` knows where a value came from.
 */

export type ExtraColumnType =
  | 'string'
  | 'int'
  | 'bigint'
  | 'double'
  | 'decimal(18,2)'
  | 'boolean'
  | 'timestamp'
  | 'date';

/** A field of the shop's own that becomes a column of `silver_events`, after the contract's. */
export interface ExtraColumn {
  name: string;
  type: ExtraColumnType;
}

export interface Settings {
  /** A folder (absolute) or a storage address. */
  lake: string;
  engine: 'duckdb' | 'spark';
  spark: {
    /** Where Spark is: a connection string; undefined: not said. */
    url: string | undefined;
    /** Spark is given this process's credentials of a remote lake; undefined: unless it is a Databricks. */
    passCredentials?: boolean | undefined;
    /** Where tables are registered when a run is done; no schema: nowhere. */
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
    /** Other spellings (lower case) and the canonical name each stands for. */
    eventTypeAliases: Readonly<Record<string, string>>;
    conflictScope: 'all' | 'date';
    extraColumns: readonly ExtraColumn[];
    /** Uncompressed bytes of Bronze that one Silver commit covers, MB of 1,000,000 bytes. */
    maxBatchMb: number;
  };
  /** Folder of the user's own models; undefined: none. */
  models?: string | undefined;
  funnel: {
    /** The shop sends no checkout events: a purchase follows the cart directly. */
    skipCheckout: boolean;
  };
  maintain: {
    /** Files no longer part of a table are kept this long for its readers. */
    retentionHours: number;
    /** Files smaller than half of this are merged, MB of 1,000,000 bytes. */
    targetFileMb: number;
  };
  azure: {
    /** How often a request is sent before it counts as failed. */
    maxTries: number;
    /** The pause before the second try; it doubles from try to try. */
    retryDelayMs: number;
    /** A request in which no byte moves for so long has failed. */
    requestTimeoutMs: number;
  };
  cache: {
    /** Holds copies of a remote lake's files. */
    folder: string;
    /** Copies used longest ago are dropped beyond this, MB of 1,000,000 bytes. */
    maxMb: number;
  };
}

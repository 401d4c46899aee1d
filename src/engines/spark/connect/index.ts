/** A client of Spark Connect, the protocol of Apache Spark 4 and Databricks. No Spark, no Java. */
export { countRows, readColumns, readRecords, readRows, type Value } from './arrow-values.ts';
export type { FileSource, GivenRelation, QueryResult, ResultColumn } from './connection.ts';
export { connectSpark, type SparkConnection, type SparkConnectionOptions } from './connection.ts';
export { type ConnectionTarget, parseConnectionString } from './connection-string.ts';
export type { ExecutionOptions, Progress } from './execution.ts';
export { SparkError } from './spark-error.ts';

/** Explains some of Spark's errors to users of Clicklake. */
import { ClicklakeError } from '../../errors.ts';
import { SparkError } from './connect/index.ts';

/** Whether Spark itself refused, with an error class that matches. */
export function isSparkError(error: unknown, pattern: RegExp): error is SparkError {
  return error instanceof SparkError && pattern.test(error.errorClass ?? '');
}

const NO_DELTA =
  /^(?:DELTA_CONFIGURE_SPARK_SESSION_WITH_EXTENSION_AND_CATALOG|UNSUPPORTED_DATASOURCE_FOR_DIRECT_QUERY|DATA_SOURCE_NOT_FOUND)$/;

/** For any statement. Errors that need no explanation are returned unchanged. */
export function explainError(error: unknown): unknown {
  if (isSparkError(error, NO_DELTA)) {
    return new ClicklakeError(
      'config_invalid',
      'Delta Lake is not installed on this Spark server',
      {
        hint: 'start it with the package io.delta:delta-spark of its version, spark.sql.extensions=io.delta.sql.DeltaSparkSessionExtension and spark.sql.catalog.spark_catalog=org.apache.spark.sql.delta.catalog.DeltaCatalog; clicklake spark-server does',
        cause: error,
      },
    );
  }
  if (isSparkError(error, /^OPERATION_CANCELED$/)) {
    return new ClicklakeError('server_session_lost', 'Spark was told to end what it was doing', {
      hint: 'the session was closed or interrupted from elsewhere; run the command again',
      cause: error,
    });
  }
  return error;
}

/** For a user's statement. */
export function explainQueryError(error: unknown): unknown {
  if (isSparkError(error, /^TABLE_OR_VIEW_NOT_FOUND$/)) {
    const name = (error.parameters.relationName ?? '').replaceAll('`', '');
    return new ClicklakeError('unknown_table', `there is no table ${name}`, { cause: error });
  }
  if (error instanceof SparkError && error.code === 'query_failed' && error.hint === undefined) {
    return new ClicklakeError('query_failed', error.message, {
      hint: "the spark engine reads Spark's SQL, in ANSI mode",
      cause: error,
    });
  }
  return explainError(error);
}

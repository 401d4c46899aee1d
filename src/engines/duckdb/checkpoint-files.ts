import { rm, writeFile } from 'node:fs/promises';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { CheckpointFiles } from '../../delta/context.ts';
import { type JsonObject, parseExactJson } from '../../delta/exact-json.ts';
import { identifier, literal } from './sql-text.ts';

const DELETION_VECTOR =
  'STRUCT(storageType VARCHAR, pathOrInlineDv VARCHAR, "offset" INTEGER, sizeInBytes INTEGER, cardinality BIGINT)';

const ROW_TRACKING = 'baseRowId BIGINT, defaultRowCommitVersion BIGINT';

/** The checkpoint's columns (PROTOCOL.md, "Checkpoint Schema"). */
const COLUMNS: Readonly<Record<string, string>> = {
  protocol:
    'STRUCT(minReaderVersion INTEGER, minWriterVersion INTEGER, readerFeatures VARCHAR[], writerFeatures VARCHAR[])',
  metaData:
    'STRUCT(id VARCHAR, "name" VARCHAR, description VARCHAR, format STRUCT(provider VARCHAR, options MAP(VARCHAR, VARCHAR)), schemaString VARCHAR, partitionColumns VARCHAR[], configuration MAP(VARCHAR, VARCHAR), createdTime BIGINT)',
  txn: 'STRUCT(appId VARCHAR, "version" BIGINT, lastUpdated BIGINT)',
  add: `STRUCT(path VARCHAR, partitionValues MAP(VARCHAR, VARCHAR), size BIGINT, modificationTime BIGINT, dataChange BOOLEAN, stats VARCHAR, tags MAP(VARCHAR, VARCHAR), deletionVector ${DELETION_VECTOR}, ${ROW_TRACKING}, clusteringProvider VARCHAR)`,
  remove: `STRUCT(path VARCHAR, deletionTimestamp BIGINT, dataChange BOOLEAN, extendedFileMetadata BOOLEAN, partitionValues MAP(VARCHAR, VARCHAR), size BIGINT, deletionVector ${DELETION_VECTOR}, ${ROW_TRACKING})`,
  domainMetadata: 'STRUCT("domain" VARCHAR, configuration VARCHAR, removed BOOLEAN)',
};
/** Columns that a reader needs, but only other writers produce. */
const READ_COLUMNS: ReadonlySet<string> = new Set([...Object.keys(COLUMNS), 'sidecar']);

const MIN_LINE_LIMIT_BYTES = 16 << 20;

/**
 * Reads and writes checkpoints as Parquet with DuckDB. The connection may be used for other work
 * too.
 */
export function duckdbCheckpointFiles(connection: DuckDBConnection): CheckpointFiles {
  return {
    async read(localPath) {
      const file = literal(localPath);
      const described = await connection.runAndReadAll(
        `DESCRIBE SELECT * FROM read_parquet(${file})`,
      );
      const present = described.getRows().map(([name]) => String(name));
      const wanted = present.filter((name) => READ_COLUMNS.has(name)).map(identifier);
      if (wanted.length === 0) {
        return [];
      }
      const rows = await connection.runAndReadAll(
        `SELECT CAST(to_json(action) AS VARCHAR) FROM (SELECT ${wanted.join(', ')} FROM read_parquet(${file})) AS action`,
      );
      return rows.getRows().map(([text]) => parseExactJson(String(text)) as JsonObject);
    },

    async write(actions, localPath) {
      const lines = actions.map((action) => JSON.stringify(action));
      const longest = lines.reduce((bytes, line) => Math.max(bytes, Buffer.byteLength(line)), 0);
      const limit = Math.max(MIN_LINE_LIMIT_BYTES, longest + 1024);
      const source = `${localPath}.ndjson`;
      const columns = Object.entries(COLUMNS).map(
        ([name, type]) => `${literal(name)}: ${literal(type)}`,
      );
      await writeFile(source, lines.join('\n'));
      try {
        await connection.run(
          `COPY (SELECT * FROM read_json(${literal(source)}, format = 'newline_delimited', columns = {${columns.join(', ')}}, maximum_object_size = ${limit})) TO ${literal(localPath)} (FORMAT parquet, COMPRESSION zstd)`,
        );
      } finally {
        await rm(source, { force: true });
      }
    },
  };
}

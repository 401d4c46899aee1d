/** The record source on DuckDB: our own reader reads a local copy of each file. */
import { checkContents, fixedFile } from '../../bronze/received-files.ts';
import type { Mapping } from '../../mapping/mapping.ts';
import type { Storage } from '../../storage/storage.ts';
import { createLineReaders } from '../lines/line-readers.ts';
import type { RecordSource } from '../records.ts';
import * as lines from './batch-lines.ts';
import { dropRelation } from './relations.ts';
import type { SqlConnection } from './sql-connection.ts';
import { identifier } from './sql-text.ts';

export function openRecords(
  connection: SqlConnection,
  storage: Storage,
  options: { threads: number; mappings: readonly Mapping[] },
): RecordSource & { close(): Promise<void> } {
  const readers = createLineReaders(options.threads);
  let folder: { path: string; release(): Promise<void> } | undefined;
  const releaseFolder = async (): Promise<void> => {
    await folder?.release();
    folder = undefined;
  };
  return {
    prefetch(files) {
      for (const file of files) {
        storage.prefetch(file.path, fixedFile(file));
      }
    },
    async open(files, declared) {
      await releaseFolder();
      folder = await storage.workFolder('batch');
      const { mappings } = options;
      const source = { storage, readers, folder: folder.path, mappings };
      const batch = await lines.openBatch(connection, files, declared, source);
      return {
        stageLines: (name, model) => lines.stageLines(connection, batch, name, model),
        countUnknownFields: async () => batch.lines.unknownFields,
        foundPaths: () => batch.lines.foundPaths,
        stageRawLines: (name, keys) =>
          lines.stageRawLines(connection, batch, name, identifier(keys)),
        async release() {
          await dropRelation(connection, 'rejected_texts');
          await releaseFolder();
          await Promise.all(files.map((file) => storage.release(file.path, fixedFile(file))));
        },
      };
    },
    check: (files, signal) => checkContents(storage, files, signal),
    async close() {
      await readers.close();
      await releaseFolder();
    },
  };
}

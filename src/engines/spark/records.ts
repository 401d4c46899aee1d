/** The record source on Spark, which reads the files in the lake itself. */
import { availableParallelism } from 'node:os';
import { checkContents, openReceived } from '../../bronze/received-files.ts';
import type { Mapping } from '../../mapping/mapping.ts';
import type { Storage } from '../../storage/storage.ts';
import type { RecordSource } from '../records.ts';
import * as lines from './batch-lines.ts';
import { requireWriteSettings } from './session-settings.ts';
import type { SqlConnection } from './sql-connection.ts';
import type { Staging } from './staging.ts';
import type { SparkWork } from './work.ts';

export interface SparkRecordsOptions {
  storage: Storage;
  /** Text of models/bronze/spark.sql. */
  lineTexts: string;
  mappings: readonly Mapping[];
  staging: Staging;
  work: () => Promise<SparkWork>;
}

export function openRecords(
  connection: SqlConnection,
  { storage, lineTexts, mappings, staging, work }: SparkRecordsOptions,
): RecordSource {
  const source: lines.BatchSource = {
    openText: (file) => openReceived(storage, file),
    url: (file) => `${storage.url}/${file.path}`,
    ...{ lineTexts, storage, mappings },
    threads: availableParallelism(),
  };
  return {
    prefetch() {},
    async open(files, declared) {
      await requireWriteSettings(connection.driver);
      const batch = await lines.openBatch(connection, await work(), files, declared, source);
      return {
        stageLines: (name, model) => lines.stageLines(connection, staging, batch, name, model),
        countUnknownFields: (name) => lines.countUnknownFields(connection, batch, name),
        foundPaths: () => batch.foundPaths,
        stageRawLines: (name, keys) => lines.stageRawLines(staging, connection, batch, name, keys),
        release: async () => lines.releaseBatch(await work(), batch),
      };
    },
    async check(files, signal) {
      if (!storage.isRemote) {
        await checkContents(storage, files, signal);
      }
    },
  };
}

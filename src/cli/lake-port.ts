/** What the commands need of the pipeline. */
import type { Settings } from '../config/settings.ts';
import type {
  IngestReport,
  MaintainReport,
  ProgressListener,
  QuarantineReport,
  QueryResult,
  RunReport,
  StatusReport,
  VerifyReport,
} from '../pipeline/reports.ts';

export type IngestInput =
  | { kind: 'file'; path: string }
  | { kind: 'stream'; name: string; stream: AsyncIterable<Buffer> };

export type OpenLake = (
  settings: Settings,
  hooks?: { onProgress?: ProgressListener; signal?: AbortSignal },
) => Promise<Lake>;

export interface Lake {
  ingest(inputs: IngestInput[], options: { source: string }): Promise<IngestReport>;
  run(options: { fullRefresh: boolean }): Promise<RunReport>;
  status(): Promise<StatusReport>;
  query(
    sql: string,
    options: { asOf?: { version: number } | { timestampMs: number } },
  ): Promise<QueryResult>;
  listQuarantine(options: { reason?: string; limit: number }): Promise<QuarantineReport>;
  exportQuarantine(
    options: { reason?: string },
    sink: (chunk: Buffer) => Promise<void>,
  ): Promise<{ lines: number }>;
  verify(): Promise<VerifyReport>;
  maintain(options: { dryRun: boolean }): Promise<MaintainReport>;
  close(): Promise<void>;
}

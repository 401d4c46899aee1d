/** The lake as the command and other programs use it: its commands as functions. */
import process from 'node:process';
import { DEFAULTS } from '../config/defaults.ts';
import type { Settings } from '../config/settings.ts';
import { hashTables } from '../pipeline/hash-tables.ts';
import { type IngestInput, ingest } from '../pipeline/ingest.ts';
import { maintain } from '../pipeline/maintain.ts';
import { type PurchaseFacts, readPurchaseFacts } from '../pipeline/purchase-facts.ts';
import { exportQuarantine, listQuarantine } from '../pipeline/quarantine.ts';
import { type QueryOptions, query, queryBatches } from '../pipeline/query.ts';
import { type LakeReader, openReader } from '../pipeline/reader.ts';
import type {
  HashReport,
  IngestReport,
  MaintainReport,
  QuarantineReport,
  QueryResult,
  QueryStream,
  RunPreview,
  RunReport,
  StatusReport,
  VerifyReport,
} from '../pipeline/reports.ts';
import { preview, run } from '../pipeline/run.ts';
import { status } from '../pipeline/status.ts';
import { verify } from '../pipeline/verify.ts';
import { expandInputs } from './expand-inputs.ts';
import { requireLake, whileWriting } from './guards.ts';
import { type LakeHooks, openContexts } from './open-context.ts';

export type { IngestInput, LakeHooks };

export interface Lake {
  /** Text names files, folders and patterns, as on the command line. */
  ingest(
    inputs: readonly (string | IngestInput)[],
    options?: { source?: string },
  ): Promise<IngestReport>;
  run(options?: { fullRefresh?: boolean }): Promise<RunReport>;
  /** What `run` would do, without doing it. */
  previewRun(options?: { fullRefresh?: boolean }): Promise<RunPreview>;
  status(): Promise<StatusReport>;
  /** One statement that reads. All rows at once: for results that are known to be small. */
  query(sql: string, options?: QueryOptions): Promise<QueryResult>;
  queryBatches(sql: string, options?: QueryOptions): Promise<QueryStream>;
  listQuarantine(options: {
    reason?: string;
    limit: number;
    maxTextLength?: number;
  }): Promise<QuarantineReport>;
  exportQuarantine(
    options: { reason?: string },
    sink: (chunk: Buffer) => Promise<void>,
  ): Promise<{ lines: number }>;
  verify(): Promise<VerifyReport>;
  hashTables(): Promise<HashReport>;
  maintain(options?: { dryRun?: boolean }): Promise<MaintainReport>;
  /** What the sums of Gold leave open; undefined where it would have to be fetched first. */
  purchaseFacts(): Promise<PurchaseFacts>;
  /** For programs that look at the lake again and again; other questions do not wait for it, nor it for them. */
  reader(): Promise<LakeReader>;
  close(): Promise<void>;
}

/** Opens the lake at `settings.lake`. Nothing is created before something is written. */
export async function openLake(settings: Settings, hooks: LakeHooks = {}): Promise<Lake> {
  const { context, openOwn, close } = await openContexts(settings, hooks);
  const onLake = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    await requireLake(context.storage);
    return work();
  };
  const writing = <Result>(command: string, work: () => Promise<Result>): Promise<Result> =>
    whileWriting(context, command, work);
  return {
    async ingest(inputs, { source = DEFAULTS.source } = {}) {
      const files = await expandAll(inputs, hooks.cwd ?? process.cwd());
      return await writing('ingest', () =>
        ingest(context, files, { source, format: settings.sources?.[source]?.format }),
      );
    },
    run: ({ fullRefresh = false } = {}) =>
      onLake(() => writing('run', () => run(context, { fullRefresh }))),
    previewRun: ({ fullRefresh = false } = {}) => onLake(() => preview(context, { fullRefresh })),
    status: () => onLake(() => status(context)),
    query: (sql, options = {}) => onLake(() => query(context, sql, options)),
    queryBatches: (sql, options = {}) => onLake(() => queryBatches(context, sql, options)),
    listQuarantine: (options) => onLake(() => listQuarantine(context, options)),
    exportQuarantine: (options, sink) => onLake(() => exportQuarantine(context, options, sink)),
    verify: () => onLake(() => verify(context)),
    hashTables: () => onLake(() => hashTables(context)),
    maintain: ({ dryRun = false } = {}) =>
      onLake(() => writing('maintain', () => maintain(context, { dryRun }))),
    reader: () => onLake(async () => openReader(await openOwn())),
    purchaseFacts: () => onLake(() => readPurchaseFacts(context)),
    close,
  };
}

async function expandAll(
  inputs: readonly (string | IngestInput)[],
  cwd: string,
): Promise<IngestInput[]> {
  const named = inputs.map(async (input) =>
    typeof input === 'string' ? (await expandInputs([input], cwd, process.stdin)).inputs : [input],
  );
  return (await Promise.all(named)).flat();
}

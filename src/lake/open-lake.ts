/** The lake for the command and for other programs: its commands as functions. */
import process from 'node:process';
import { DEFAULTS } from '../config/defaults.ts';
import { isContainerAddress } from '../config/lake-address.ts';
import type { Settings } from '../config/settings.ts';
import { ClicklakeError } from '../errors.ts';
import { hashTables } from '../pipeline/hash-tables.ts';
import { type KnownCommits, listBatches } from '../pipeline/history.ts';
import { type IngestInput, ingest } from '../pipeline/ingest.ts';
import { maintain } from '../pipeline/maintain.ts';
import { type PurchaseFacts, readPurchaseFacts } from '../pipeline/purchase-facts.ts';
import {
  exportQuarantine,
  listQuarantine,
  type QuarantineOptions,
} from '../pipeline/quarantine.ts';
import { type QueryOptions, query, queryBatches } from '../pipeline/query.ts';
import { type LakeReader, openReader } from '../pipeline/reader.ts';
import type {
  BatchRecord,
  CheckReport,
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
import {
  readSessionEvents,
  type SessionEvents,
  type SessionLimits,
} from '../pipeline/session-events.ts';
import { status } from '../pipeline/status.ts';
import { checkOwnTables, type KnownChecks } from '../pipeline/update-own-models.ts';
import { verify } from '../pipeline/verify.ts';
import { expandInputs } from './expand-inputs.ts';
import { requireLake, whileWriting } from './guards.ts';
import { withLanded } from './landings.ts';
import { type LakeHooks, openContexts } from './open-context.ts';
import { previewBySize, runBySize } from './run-by-size.ts';

export type { IngestInput, LakeHooks };

export interface Lake {
  /**
   * Inputs are files, folders, patterns and landing containers, as on the command line. `scan`:
   * lists the folders of all dates.
   */
  ingest(
    inputs: readonly (string | IngestInput)[],
    options?: { source?: string; scan?: boolean },
  ): Promise<IngestReport>;
  /**
   * Ingests new files from the landing containers of one or all sources. Returns a report for each.
   */
  ingestLandings(options?: { source?: string; scan?: boolean }): Promise<IngestReport[]>;
  /** `scan`: lists all of `bronze/`, also date folders that a run may leave out. */
  run(options?: { fullRefresh?: boolean; scan?: boolean }): Promise<RunReport>;
  /** What `run` would do. Changes nothing. */
  previewRun(options?: { fullRefresh?: boolean; scan?: boolean }): Promise<RunPreview>;
  status(): Promise<StatusReport>;
  /**
   * The newest batches, newest first. Default: 50. Only those whose commits are still in the log
   * (30 days).
   */
  listBatches(options?: { limit?: number }): Promise<BatchRecord[]>;
  /** Runs the checks of own models on the present rows of their tables. */
  checkOwnTables(): Promise<CheckReport[]>;
  /** Runs one statement that reads. Returns all rows at once, so only for small results. */
  query(sql: string, options?: QueryOptions): Promise<QueryResult>;
  queryBatches(sql: string, options?: QueryOptions): Promise<QueryStream>;
  listQuarantine(options: QuarantineOptions): Promise<QuarantineReport>;
  exportQuarantine(
    options: { reason?: string; positions?: boolean },
    sink: (chunk: Buffer) => Promise<void>,
  ): Promise<{ lines: number }>;
  verify(): Promise<VerifyReport>;
  hashTables(): Promise<HashReport>;
  maintain(options?: { dryRun?: boolean }): Promise<MaintainReport>;
  /**
   * Facts that limit the meaning of revenue sums; undefined if they would have to be downloaded
   * first.
   */
  purchaseFacts(): Promise<PurchaseFacts>;
  /** A session of Gold with its events; undefined if there is no such session. */
  sessionEvents(id: string, limits: SessionLimits): Promise<SessionEvents | undefined>;
  /**
   * A reader for programs that query the lake repeatedly. It and other queries do not wait for each
   * other. Closing it frees its memory; closing the lake closes it too.
   */
  reader(): Promise<LakeReader & { close(): Promise<void> }>;
  close(): Promise<void>;
}

/** Opens the lake at `settings.lake`. Nothing is created before the first write. */
export async function openLake(settings: Settings, hooks: LakeHooks = {}): Promise<Lake> {
  const contexts = await openContexts(settings, hooks);
  const { context, openOwn, close } = contexts;
  const knownCommits: KnownCommits = new Map();
  const knownChecks: KnownChecks = new Map();
  const onLake = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    await requireLake(context.storage);
    return work();
  };
  const writing = <Result>(command: string, work: () => Promise<Result>): Promise<Result> =>
    whileWriting(context, command, work);
  const take = (
    source: string,
    files: readonly IngestInput[],
    addresses: readonly string[],
    { scan, mayBeEmpty = false }: { scan: boolean; mayBeEmpty?: boolean },
  ): Promise<IngestReport> =>
    withLanded(
      context,
      addresses,
      { listsAll: scan, mustHoldFiles: !mayBeEmpty, hooks },
      (landed) =>
        ingest(context, files, { source, format: settings.sources?.[source]?.format, landed }),
    );
  return {
    async ingest(inputs, { source = DEFAULTS.source, scan = false } = {}) {
      const addresses = inputs.filter(
        (input): input is string => typeof input === 'string' && isContainerAddress(input),
      );
      const others = inputs.filter((input) => !addresses.some((address) => address === input));
      const files = await expandAll(others, hooks.cwd ?? process.cwd());
      return await writing('ingest', () => take(source, files, addresses, { scan }));
    },
    ingestLandings: ({ source, scan = false } = {}) =>
      writing('ingest', async () => {
        const reports: IngestReport[] = [];
        for (const [name, address] of landingsOf(settings, source)) {
          reports.push(await take(name, [], [address], { scan, mayBeEmpty: true }));
        }
        return reports;
      }),
    run: ({ fullRefresh = false, scan = false } = {}) =>
      onLake(() => {
        const options = { fullRefresh, listsAll: scan };
        return settings.engine === 'auto'
          ? runBySize(contexts, options)
          : writing('run', () => run(context, options));
      }),
    previewRun: ({ fullRefresh = false, scan = false } = {}) =>
      onLake(() => {
        const options = { fullRefresh, listsAll: scan };
        return settings.engine === 'auto'
          ? previewBySize(contexts, options)
          : preview(context, options);
      }),
    status: () => onLake(() => status(context)),
    listBatches: ({ limit = 50 } = {}) =>
      onLake(() => listBatches(context, { limit, known: knownCommits })),
    checkOwnTables: () => onLake(() => checkOwnTables(context, knownChecks)),
    query: (sql, options = {}) => onLake(() => query(context, sql, options)),
    queryBatches: (sql, options = {}) => onLake(() => queryBatches(context, sql, options)),
    listQuarantine: (options) => onLake(() => listQuarantine(context, options)),
    exportQuarantine: (options, sink) => onLake(() => exportQuarantine(context, options, sink)),
    verify: () => onLake(() => verify(context)),
    hashTables: () => onLake(() => hashTables(context)),
    maintain: ({ dryRun = false } = {}) =>
      onLake(() => writing('maintain', () => maintain(context, { dryRun }))),
    reader: () =>
      onLake(async () => {
        const { context: own, close: closeOwn } = await openOwn();
        return { ...openReader(own), close: closeOwn };
      }),
    sessionEvents: (id, limits) => onLake(() => readSessionEvents(context, id, limits)),
    purchaseFacts: () => onLake(() => readPurchaseFacts(context)),
    close,
  };
}

/** Sources with the addresses of their landing containers. Throws `usage` if there is none. */
function landingsOf({ sources = {} }: Settings, source: string | undefined): [string, string][] {
  const landings = Object.entries(sources).flatMap(([name, { landing }]): [string, string][] =>
    landing === undefined || (source !== undefined && source !== name) ? [] : [[name, landing]],
  );
  if (landings.length === 0) {
    const whose = source === undefined ? 'no source has a' : `source ${source} has no`;
    throw new ClicklakeError(
      'usage',
      `nothing to ingest: ${whose} landing container in the configuration`,
      {
        hint: 'name files, folders or an address; or set sources.<name>.landing in clicklake.yaml',
      },
    );
  }
  return landings;
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

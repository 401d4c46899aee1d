/**
 * Examines the configured Spark: whether the pipeline can run there, and whether it computes the same
 * as DuckDB does. Everything is written to a scratch folder in the lake's work area, and removed.
 */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { withoutQuery } from '../config/lake-address.ts';
import type { Settings } from '../config/settings.ts';
import type { SparkConnection } from '../engines/spark/connect/index.ts';
import type { Storage } from '../storage/storage.ts';
import { WORK_FOLDER } from '../storage/storage-path.ts';
import { packageVersion } from '../version.ts';
import { type Finding, runChecks } from './check-list.ts';
import { RUN_CHECKS } from './check-runs.ts';
import { SERVER_CHECKS } from './check-server.ts';
import { sparkConnectOptions } from './choose-engine.ts';
import { openStorage } from './choose-storage.ts';

export interface SparkCheckHooks {
  /** Writes a few hundred events into a folder, and returns the paths of the files. */
  writeEvents(folder: string): Promise<readonly string[]>;
  /** Told the name of each check before it runs. */
  onStart?: (check: string) => void;
  signal?: AbortSignal;
  env?: Readonly<Record<string, string | undefined>>;
}

/** Holds no secret, so that it can be sent to others. */
export interface SparkCheckReport {
  clicklake: string;
  node: string;
  /** Without parameters, which may be credentials. */
  server: string;
  lake: string;
  findings: Finding[];
  failedCount: number;
}

/** What the checks share. */
export interface CheckState {
  settings: Settings;
  hooks: SparkCheckHooks;
  env: Readonly<Record<string, string | undefined>>;
  /** The lake's own storage. */
  storage: Storage;
  /** Address of the scratch folder, for Spark as for Clicklake. */
  scratch: string;
  /** A local folder for the events. */
  eventsFolder: string;
  /** Set by the check of the connection. */
  connection: SparkConnection | undefined;
}

/**
 * What goes wrong on the server or in the lake is a finding. Throws `config_invalid` if no Spark is
 * configured, and what the storage throws if there is no place for the scratch folder.
 */
export async function checkSpark(
  settings: Settings,
  hooks: SparkCheckHooks,
): Promise<SparkCheckReport> {
  const { env = process.env, signal, onStart = () => {} } = hooks;
  const { url } = sparkConnectOptions(settings, env);
  // Without the signal: what was written is removed after an interruption too.
  const storage = await openStorage(settings, { env });
  const scratch = await openScratch(storage);
  const eventsFolder = await mkdtemp(join(tmpdir(), 'clicklake-check-'));
  const state: CheckState = {
    ...{ settings, hooks, env, storage, eventsFolder },
    scratch: scratch.url,
    connection: undefined,
  };
  const findings: Finding[] = [];
  try {
    const checks = [...SERVER_CHECKS, ...RUN_CHECKS];
    findings.push(...(await runChecks(checks, state, { onStart, signal })));
  } finally {
    await state.connection?.close();
    const removal = { name: 'scratch folder', needs: [], run: scratch.remove };
    findings.push(...(await runChecks([removal], state, { onStart, signal: undefined })));
    await rm(eventsFolder, { recursive: true, force: true });
    await storage.close();
  }
  return {
    clicklake: packageVersion(),
    node: process.version,
    server: /^[a-z]+:\/\/[^/;?#@]*(?=[/;?#]|$)/i.exec(url)?.[0] ?? 'not an address',
    lake: withoutQuery(settings.lake),
    findings,
    failedCount: findings.filter(({ outcome }) => outcome === 'failed').length,
  };
}

/** In the work area, where `maintain` removes what a killed process left. */
async function openScratch(storage: Storage) {
  const removed = { outcome: 'ok' as const, detail: 'removed' };
  if (!storage.isRemote) {
    const folder = await storage.workFolder('check');
    return {
      url: folder.path,
      async remove() {
        await folder.release();
        return removed;
      },
    };
  }
  const folder = `${WORK_FOLDER}/check~${randomBytes(6).toString('hex')}`;
  return {
    url: `${storage.url}/${folder}`,
    async remove() {
      await storage.deleteFolder(folder);
      return removed;
    },
  };
}

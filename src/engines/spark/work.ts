/**
 * Where staged results lie: in the lake's work folder, which both this process and Spark can reach.
 *
 * Spark could keep results in its own memory (CACHE TABLE), but a cluster may lose them and compute
 * them again, and Databricks serverless has no such thing. Files are computed once.
 */
import { randomBytes } from 'node:crypto';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Storage } from '../../storage/storage.ts';
import { WORK_FOLDER } from '../../storage/storage-path.ts';

export interface SparkWork {
  /** The address of an entry as Spark reads and writes it. */
  url(name: string): string;
  /** Moves a finished local file there. */
  adopt(localPath: string, name: string): Promise<void>;
  remove(name: string): Promise<void>;
  /** Removes everything. */
  release(): Promise<void>;
}

/** The work area of one session; what a killed process leaves there, `maintain` removes. */
export async function openWork(storage: Storage): Promise<SparkWork> {
  return storage.isRemote ? remoteWork(storage) : await localWork(storage);
}

async function localWork(storage: Storage): Promise<SparkWork> {
  const folder = await storage.workFolder('spark');
  return {
    url: (name) => join(folder.path, name),
    adopt: (localPath, name) => rename(localPath, join(folder.path, name)),
    remove: (name) => rm(join(folder.path, name), { recursive: true, force: true }),
    release: () => folder.release(),
  };
}

function remoteWork(storage: Storage): SparkWork {
  const folder = `${WORK_FOLDER}/spark~${randomBytes(6).toString('hex')}`;
  return {
    url: (name) => `${storage.url}/${folder}/${name}`,
    async adopt(localPath, name) {
      await storage.adopt(localPath, `${folder}/${name}`);
    },
    remove: (name) => storage.deleteFolder(`${folder}/${name}`),
    release: () => storage.deleteFolder(folder),
  };
}

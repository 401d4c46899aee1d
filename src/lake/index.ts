/**
 * The package's exports, `import … from 'clicklake'`: a lake with its commands as functions
 * (docs/library.md).
 */
import process from 'node:process';
import { loadSettings } from '../config/load-settings.ts';
import { thisMachine } from '../config/machine.ts';
import { validateConfig } from '../config/validate.ts';
import { type Lake, type LakeHooks, openLake as openConfigured } from './open-lake.ts';

export { ClicklakeError, type ErrorCode } from '../errors.ts';
export type { LakeReader } from '../pipeline/reader.ts';
export type * from '../pipeline/reports.ts';
export type { SessionEvents, SessionLimits } from '../pipeline/session-events.ts';
export type { IngestInput, Lake } from './open-lake.ts';

export interface OpenOptions extends Pick<LakeHooks, 'cwd' | 'env' | 'onProgress' | 'signal'> {
  /** A folder or a storage address. Default: as configured, else `lake` in the working folder. */
  lake?: string;
  /** Default: as configured, else `duckdb`. */
  engine?: 'duckdb' | 'spark' | 'auto';
  sparkUrl?: string;
  /** Default: `CLICKLAKE_CONFIG`, else `clicklake.yaml` in the working folder if it exists. */
  configPath?: string;
}

/**
 * Opens a lake with the settings that the command would use. Nothing is created before the first
 * write. Close it when done. Throws `ClicklakeError`.
 */
export async function openLake(options: OpenOptions = {}): Promise<Lake> {
  const { cwd = process.cwd(), env = process.env, lake, engine, sparkUrl, configPath } = options;
  // Programs in JavaScript may pass any text.
  if (engine !== undefined) {
    validateConfig({ engine }, () => 'openLake');
  }
  const flags = { configPath, lake, engine, sparkUrl };
  const settings = await loadSettings({ cwd, env, machine: thisMachine(), ...flags });
  return await openConfigured(settings, { ...options, cwd, env });
}

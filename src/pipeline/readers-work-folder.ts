import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClicklakeError } from '../errors.ts';
import type { Storage } from '../storage/storage.ts';

/**
 * A work folder for commands that do not change the lake: in the lake, which has space, or in the
 * system's temporary folder if the lake is read-only.
 */
export async function readersWorkFolder(
  storage: Storage,
  purpose: string,
): Promise<{ path: string; release(): Promise<void> }> {
  try {
    return await storage.workFolder(purpose);
  } catch (error) {
    if (!(error instanceof ClicklakeError) || error.code !== 'permission_denied') {
      throw error;
    }
    const path = await mkdtemp(join(tmpdir(), 'clicklake-'));
    return { path, release: () => rm(path, { recursive: true, force: true }) };
  }
}

/** The demo's own folder: made, marked, and made anew only when the mark says that it is the demo's. */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemReason } from '../config/system-reason.ts';
import { ClicklakeError } from '../errors.ts';

/** Written before anything else, so that a demo that was stopped can be made anew as well. */
const MARK_FILE = 'clicklake-demo.json';
const MARK = { madeBy: 'clicklake demo', note: 'the next demo makes landing/ and lake/ anew' };

/** What a demo makes, and the next one removes; anything else in the folder is left alone. */
const OWN_PARTS = ['landing', 'lake'];

/**
 * Empties or creates the folder. Throws `usage` for one that somebody else has put something into:
 * nothing of it is touched.
 */
export async function prepareDemoFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    const names = await readdir(folder);
    if (names.length > 0 && !(await isMarked(folder))) {
      throw new ClicklakeError('usage', `${folder} holds something that no demo has made`, {
        hint: 'choose another folder with --out, or remove this one',
      });
    }
    await writeFile(join(folder, MARK_FILE), `${JSON.stringify(MARK, null, 2)}\n`);
    for (const part of OWN_PARTS) {
      await rm(join(folder, part), { recursive: true, force: true });
    }
  } catch (error) {
    if (error instanceof ClicklakeError) {
      throw error;
    }
    throw new ClicklakeError(
      'storage_failed',
      `${folder} cannot be made ready: ${systemReason(error)}`,
      { hint: 'choose another folder with --out', cause: error },
    );
  }
}

async function isMarked(folder: string): Promise<boolean> {
  try {
    const mark: unknown = JSON.parse(await readFile(join(folder, MARK_FILE), 'utf8'));
    return (mark as { madeBy?: unknown } | null)?.madeBy === MARK.madeBy;
  } catch {
    return false;
  }
}

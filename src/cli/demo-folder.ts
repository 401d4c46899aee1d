/** The demo's folder: created with a marker file, and emptied only if it has that marker. */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemReason } from '../config/system-reason.ts';
import { ClicklakeError } from '../errors.ts';

/** Written first, so that the folder of a demo that was stopped is recognized too. */
const MARK_FILE = 'clicklake-demo.json';
const MARK = { madeBy: 'clicklake demo', note: 'the next demo rebuilds landing/ and lake/' };

/** What a demo creates and the next one removes. Everything else in the folder is kept. */
const OWN_PARTS = ['landing', 'lake'];

/** Contains the id of the process that is running a demo here. */
const LOCK_FILE = 'clicklake-demo.lock';

/**
 * Empties or creates the folder, and locks it until the returned function is called. Throws
 * `usage`, without changing anything, if the folder does not belong to a demo or another demo is
 * using it.
 */
export async function prepareDemoFolder(folder: string): Promise<() => Promise<void>> {
  try {
    await mkdir(folder, { recursive: true });
    const names = await readdir(folder);
    if (names.length > 0 && !(await isMarked(folder))) {
      throw new ClicklakeError('usage', `${folder} contains files that are not from a demo`, {
        hint: 'choose another folder with --out, or remove this one',
      });
    }
    await writeFile(join(folder, MARK_FILE), `${JSON.stringify(MARK, null, 2)}\n`);
    const release = await lockFolder(folder);
    for (const part of OWN_PARTS) {
      await rm(join(folder, part), { recursive: true, force: true });
    }
    return release;
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

async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const path = join(folder, LOCK_FILE);
  for (;;) {
    try {
      await writeFile(path, String(process.pid), { flag: 'wx' });
      return () => rm(path, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
        throw error;
      }
    }
    const owner = await readFile(path, 'utf8').catch(() => '');
    if (isAlive(Number(owner))) {
      throw new ClicklakeError('usage', `another demo is running in ${folder} (process ${owner})`, {
        hint: `choose another folder with --out; if no demo is running, remove ${path}`,
      });
    }
    // Left behind by a demo that was killed.
    await rm(path, { force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
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

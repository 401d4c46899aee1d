import { availableParallelism, homedir, totalmem } from 'node:os';
import process from 'node:process';
import type { Machine } from './load-settings.ts';

/** The machine that this process runs on. */
export function thisMachine(): Machine {
  return {
    memoryBytes: availableMemoryBytes(),
    threads: availableParallelism(),
    homeDir: homedir(),
  };
}

/** The memory limit of the container if it is below the machine's memory. */
function availableMemoryBytes(): number {
  const limit = process.constrainedMemory();
  return limit > 0 && limit < totalmem() ? limit : totalmem();
}

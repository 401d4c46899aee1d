import { readFile, writeFile } from 'node:fs/promises';
import type { CheckpointFiles } from '../../src/delta/context.ts';
import { type JsonObject, parseExactJson } from '../../src/delta/exact-json.ts';

/** Checkpoints as lines of JSON, for processes that must start quickly. Nobody else reads them. */
export const plainCheckpointFiles: CheckpointFiles = {
  async read(localPath) {
    const lines = (await readFile(localPath, 'utf8')).trim().split('\n');
    return lines.map((line) => parseExactJson(line) as JsonObject);
  },
  async write(actions, localPath) {
    await writeFile(localPath, actions.map((action) => `${JSON.stringify(action)}\n`).join(''));
  },
};

/** Each folder under cases/ is one case; CONTRIBUTING.md says how to write one. */
import { existsSync, readdirSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { finish, runInProcess, startCommand } from './command.ts';
import { normalise } from './normalise.ts';
import { type RunClicklake, runScript } from './run-script.ts';

const CASES = fileURLToPath(new URL('./cases/', import.meta.url));
/** By processes of their own, as users start them; the others spare their starts. */
const AS_PROCESSES = ['damaged-input', 'help', 'unwritable-lake'];
const startProcess: RunClicklake = (args, surroundings, stdin) =>
  finish(startCommand(args, surroundings), stdin);
const isUpdate = process.env.CLICKLAKE_UPDATE === '1';

describe('the command prints what is expected for', () => {
  let dir: string;
  beforeEach(async () => {
    dir = await realpath(await mkdtemp(join(tmpdir(), 'clicklake-case-')));
  });
  afterEach(() => rm(dir, { recursive: true }));

  it.each(readdirSync(CASES))('%s', async (name) => {
    const folder = join(CASES, name);
    if (existsSync(join(folder, 'input'))) {
      await cp(join(folder, 'input'), dir, { recursive: true });
    }
    const script = await readFile(join(folder, 'script'), 'utf8');
    const runClicklake = AS_PROCESSES.includes(name) ? startProcess : runInProcess;
    const printed = await runScript(script, dir, runClicklake);
    const output = normalise(printed, dir, Date.now());
    const expectedFile = join(folder, 'expected', 'output');
    if (isUpdate) {
      await mkdir(dirname(expectedFile), { recursive: true });
      await writeFile(expectedFile, output);
    }
    expect(output).toBe(await readFile(expectedFile, 'utf8'));
  });
});

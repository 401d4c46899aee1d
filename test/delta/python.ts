import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const PYTHON = fileURLToPath(new URL('../../.venv/bin/python', import.meta.url));

/**
 * Whether `npm test` could set up Python with the other Delta tools. Where it must (CI=true) and
 * could not, this throws.
 */
export function hasPython(): boolean {
  if (existsSync(PYTHON)) {
    return true;
  }
  if (process.env.CI !== 'true') {
    return false;
  }
  throw new Error('There is no .venv: run scripts/setup-python.mjs');
}

/** Runs a script of this folder and returns the JSON it prints. */
export async function runPython<T>(script: string, ...args: string[]): Promise<T> {
  const file = fileURLToPath(new URL(script, import.meta.url));
  const { stdout } = await promisify(execFile)(PYTHON, [file, ...args], { maxBuffer: 1 << 26 });
  return JSON.parse(stdout) as T;
}

/** The command as users get it: compiled, in a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const MAIN = join(ROOT, 'dist', 'main.js');

export interface Finished {
  stdout: string;
  stderr: string;
  exitCode: number;
}

/** Without this process's own settings, and in a time zone that is neither UTC nor whole hours. */
export function commandEnv(extra: Record<string, string> = {}): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(?:CLICKLAKE_|NO_COLOR|FORCE_COLOR|NODE_OPTIONS|VITEST)/.test(name),
  );
  return { ...Object.fromEntries(inherited), TZ: 'Asia/Kolkata', ...extra };
}

/** Runs a program to its end. A process ended by a signal has exit code 128. */
export async function finish(child: ChildProcess, stdin = ''): Promise<Finished> {
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => stderr.push(chunk));
  child.stdin?.on('error', () => {});
  child.stdin?.end(stdin);
  const exitCode = await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 128));
  });
  return {
    stdout: Buffer.concat(stdout).toString('utf8'),
    stderr: Buffer.concat(stderr).toString('utf8'),
    exitCode,
  };
}

/** Starts `clicklake` in `cwd`. */
export function startCommand(
  args: readonly string[],
  options: {
    cwd: string;
    env?: Record<string, string>;
    user?: { uid?: number; gid?: number };
  },
): ChildProcess {
  return spawn(process.execPath, [MAIN, ...args], {
    cwd: options.cwd,
    env: commandEnv(options.env),
    ...options.user,
  });
}

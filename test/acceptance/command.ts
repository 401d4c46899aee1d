/** The command: as users get it, compiled and in a process of its own, or in this process. */
import { type ChildProcess, spawn } from 'node:child_process';
import { homedir, totalmem } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import type { OutputStream } from '../../src/cli/io.ts';
import { runCli } from '../../src/cli/run-cli.ts';
import { loadSettings } from '../../src/config/load-settings.ts';
import { openLake } from '../../src/lake/open-lake.ts';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const MAIN = join(ROOT, 'dist', 'main.js');

export interface Finished {
  stdout: string;
  stderr: string;
  exitCode: number;
}

/** Acts on the command's changes to a lake, as its own comment says. */
export const AT_WRITES = new URL('../fixtures/at-writes.mjs', import.meta.url);

interface Surroundings {
  cwd: string;
  env?: Record<string, string>;
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
  options: Surroundings & {
    user?: { uid?: number; gid?: number };
    /** A module that is loaded before the command. */
    preload?: URL;
  },
): ChildProcess {
  const { preload } = options;
  const before = preload === undefined ? [] : ['--import', preload.href];
  return spawn(process.execPath, [...before, MAIN, ...args], {
    cwd: options.cwd,
    env: commandEnv(options.env),
    ...options.user,
  });
}

/**
 * Runs `clicklake` to its end in this process, which spares the start of one (0.4 s): by the entry that
 * src/main.ts has, with the machine's own effects, but other streams, folder and environment. One at a
 * time: the working folder is the process's.
 */
export async function runInProcess(
  args: readonly string[],
  options: Surroundings,
  stdin = '',
): Promise<Finished> {
  const { cwd } = options;
  const env = commandEnv(options.env);
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  const before = process.cwd();
  process.chdir(cwd);
  const exitCode = await runCli(args, {
    io: {
      stdin: streamOf(stdin),
      stdout: collectInto(stdout),
      stderr: collectInto(stderr),
      ...{ cwd, env, nowMs: () => performance.now() },
    },
    signal: new AbortController().signal,
    loadSettings: (flags) =>
      loadSettings({
        cwd,
        env,
        machine: { memoryBytes: totalmem(), threads: 2, homeDir: homedir() },
        ...flags,
      }),
    openLake: (settings, hooks) => openLake(settings, { ...hooks, env }),
  }).finally(() => process.chdir(before));
  const textOf = (chunks: Buffer[]) => Buffer.concat(chunks).toString('utf8');
  return { stdout: textOf(stdout), stderr: textOf(stderr), exitCode };
}

async function* streamOf(text: string): AsyncGenerator<Buffer> {
  if (text !== '') {
    yield Buffer.from(text);
  }
}

function collectInto(chunks: Buffer[]): OutputStream {
  return {
    async write(chunk) {
      chunks.push(Buffer.from(chunk));
    },
    isTty: false,
    columns: () => undefined,
  };
}

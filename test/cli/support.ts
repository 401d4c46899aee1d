/** Runs the command in this process with a lake and streams that the test makes. */
import type { CliEffects } from '../../src/cli/cli.ts';
import type { OutputStream } from '../../src/cli/io.ts';
import { runCli } from '../../src/cli/run-cli.ts';
import { loadSettings } from '../../src/config/load-settings.ts';
import type { Settings } from '../../src/config/settings.ts';
import type { Lake } from '../../src/lake/open-lake.ts';
import type { ProgressListener, RunReport } from '../../src/pipeline/reports.ts';

export interface CliRun {
  exitCode: number;
  stdout: string;
  stderr: string;
  /** The settings the lake was opened with. */
  settings: Settings | undefined;
  isLakeClosed: boolean;
}

export interface CliSetup {
  /** What the command may call on the lake; anything else fails the test. */
  lake?: Partial<Lake>;
  /** Given the hooks the lake was opened with. */
  onOpen?: (hooks: { onProgress: ProgressListener; signal: AbortSignal }) => void;
  cwd?: string;
  env?: Record<string, string>;
  stdin?: string;
  /** Width of the terminal; undefined: standard output and error are none. */
  terminalColumns?: number;
  signal?: AbortSignal;
  nowMs?: () => number;
  /** Standard output fails with this code. */
  stdoutError?: string;
}

export async function runCommand(argv: string[], setup: CliSetup = {}): Promise<CliRun> {
  const stdout = captureStream(setup, setup.stdoutError);
  const stderr = captureStream(setup);
  const run = { settings: undefined as Settings | undefined, isLakeClosed: false };
  const cwd = setup.cwd ?? '/nowhere';
  const signal = setup.signal ?? new AbortController().signal;
  const effects: CliEffects = {
    io: {
      stdin: streamOf(setup.stdin ?? ''),
      stdout,
      stderr,
      env: setup.env ?? {},
      cwd,
      nowMs: setup.nowMs ?? (() => 0),
    },
    signal,
    loadSettings: (options) =>
      loadSettings({
        cwd,
        env: setup.env ?? {},
        machine: { memoryBytes: 8_000_000_000, threads: 2, homeDir: '/home/someone' },
        ...options,
      }),
    async openLake(settings, hooks) {
      run.settings = settings;
      setup.onOpen?.(hooks as { onProgress: ProgressListener; signal: AbortSignal });
      return {
        ...setup.lake,
        async close() {
          run.isLakeClosed = true;
        },
      } as Lake;
    },
  };
  const exitCode = await runCli(argv, effects);
  return { exitCode, stdout: stdout.text(), stderr: stderr.text(), ...run };
}

function captureStream(setup: CliSetup, failWith?: string): OutputStream & { text(): string } {
  const chunks: Buffer[] = [];
  return {
    async write(chunk) {
      if (failWith !== undefined) {
        throw Object.assign(new Error(`write ${failWith}`), { code: failWith });
      }
      chunks.push(Buffer.from(chunk));
    },
    isTty: setup.terminalColumns !== undefined,
    columns: () => setup.terminalColumns,
    text: () => Buffer.concat(chunks).toString('utf8'),
  };
}

async function* streamOf(text: string): AsyncGenerator<Buffer> {
  if (text !== '') {
    yield Buffer.from(text);
  }
}

/** A run that did all there is to do. */
export const RUN_REPORT: RunReport = {
  engine: 'duckdb',
  lines: 1_000_000,
  valid: 985_000,
  duplicates: 10_000,
  ignored: 0,
  quarantined: { 'missing:user_id': 2_000, not_json: 3_000 },
  batches: 2,
  files: 12,
  blankLines: 3,
  unknownFields: { names: { campaign: 12_000, ab_test: 7 }, more: 0 },
  unreadableNumbers: { quantity: 0, price: 10 },
  tablesWritten: [{ table: 'silver_events', version: 4, rowsWritten: 985_000 }],
  discovered: ['bronze/app/date=2026-01-01/a.json'],
  unreadable: [],
  damaged: [],
  sourcesWithoutEvents: [],
  durationMs: 6_800,
  linesPerSecond: 147_058.8,
};

/** A run that found nothing new. */
export const IDLE_REPORT: RunReport = {
  ...RUN_REPORT,
  lines: 0,
  valid: 0,
  duplicates: 0,
  ignored: 0,
  quarantined: {},
  batches: 0,
  files: 0,
  blankLines: 0,
  unknownFields: { names: {}, more: 0 },
  unreadableNumbers: { quantity: 0, price: 0 },
  tablesWritten: [],
  discovered: [],
  durationMs: 40,
  linesPerSecond: 0,
};

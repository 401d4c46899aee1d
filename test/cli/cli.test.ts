import { describe, expect, it } from 'vitest';
import { ClicklakeError } from '../../src/errors.ts';
import type { Progress } from '../../src/pipeline/reports.ts';
import { IDLE_REPORT, RUN_REPORT, runCommand } from './support.ts';

describe('progress', () => {
  const report = (progress: Progress[]) => ({
    onOpen: ({ onProgress }: { onProgress: (progress: Progress) => void }) =>
      progress.forEach(onProgress),
    lake: { run: async () => IDLE_REPORT },
  });
  const silver = (linesDone: number): Progress => ({
    stage: 'silver',
    batchesDone: 0,
    batchesTotal: 2,
    linesDone,
    linesTotal: 10_000,
    bytesDone: linesDone * 200,
    bytesTotal: 2_000_000,
  });

  it('is one line on a terminal, rewritten at most ten times a second and taken away at the end', async () => {
    const clock = [0, 0, 50, 2_000];
    const { stderr } = await runCommand(['run'], {
      ...report([silver(0), silver(10), silver(2_500)]),
      terminalColumns: 100,
      nowMs: () => clock.shift() ?? 9_999,
    });
    expect(stderr.split('\r\x1b[K')).toEqual([
      '',
      'silver: batch 1 of 2, 0 of 10,000 lines',
      'silver: batch 1 of 2, 2,500 of 10,000 lines, 1,250 lines/s, 6.0 s left',
      '',
    ]);
  });

  it('has a word for one line a second', async () => {
    const clock = [0, 0, 2_000];
    const { stderr } = await runCommand(['run'], {
      ...report([silver(0), silver(2)]),
      terminalColumns: 100,
      nowMs: () => clock.shift() ?? 9_999,
    });
    expect(stderr).toContain('2 of 10,000 lines, 1 line/s, ');
  });

  it('shows beside it what is on its way from and to a remote lake', async () => {
    const moved = (direction: 'download' | 'upload', megabytesDone: number): Progress => ({
      ...{ stage: 'transfer', direction },
      bytesDone: megabytesDone * 1e6,
      bytesTotal: 200e6,
    });
    const clock = [0, 0, 100, 250, 300, 400, 1_000];
    const { stderr } = await runCommand(['run'], {
      ...report([
        silver(0),
        ...[moved('download', 20), moved('upload', 50), moved('download', 60)],
        ...[moved('download', 200), moved('upload', 200)],
        silver(2_500),
      ]),
      terminalColumns: 120,
      nowMs: () => clock.shift() ?? 9_999,
    });
    expect(stderr.split('\r\x1b[K')).toEqual([
      '',
      'silver: batch 1 of 2, 0 of 10,000 lines',
      'silver: batch 1 of 2, 0 of 10,000 lines, fetching 20.0 MB of 200 MB',
      'silver: batch 1 of 2, 0 of 10,000 lines, fetching 20.0 MB of 200 MB, sending 50.0 MB of 200 MB',
      'silver: batch 1 of 2, 2,500 of 10,000 lines, 6,250 lines/s',
      '',
    ]);
  });

  it('is silent where standard error is no terminal', async () => {
    const clock = [0, 0, 100, 5_000, 6_000];
    const { stderr } = await runCommand(['run'], {
      ...report([silver(0), silver(5_000), silver(6_000)]),
      nowMs: () => clock.shift() ?? 9_999,
    });
    expect(stderr).toBe('');
  });

  it('is silent with --json', async () => {
    const { stderr } = await runCommand(['run', '--json'], {
      ...report([silver(0), silver(5_000)]),
      terminalColumns: 80,
      nowMs: () => 99_999,
    });
    expect(stderr).toBe('');
  });
});

describe('failures', () => {
  const failing = (error: unknown) => ({
    lake: {
      run: async () => {
        throw error;
      },
    },
  });
  const foreseen = new ClicklakeError('disk_full', 'the disk is full: /data', {
    hint: 'make room and run again',
    cause: new Error('ENOSPC'),
  });

  it('are two lines and the exit code of their kind', async () => {
    const { stderr, stdout, exitCode, isLakeClosed } = await runCommand(['run'], failing(foreseen));
    expect(stderr).toBe('error: the disk is full: /data\nhint: make room and run again\n');
    expect({ stdout, exitCode, isLakeClosed }).toEqual({
      stdout: '',
      exitCode: 5,
      isLakeClosed: true,
    });
  });

  it('show stack and cause with --verbose only', async () => {
    const { stderr } = await runCommand(['run', '--verbose'], failing(foreseen));
    expect(stderr).toMatch(
      /ClicklakeError: the disk is full[\s\S]*at [\s\S]*caused by: Error: ENOSPC/,
    );
  });

  it('are one JSON object with --json', async () => {
    const { stderr } = await runCommand(['--json', 'run'], failing(foreseen));
    expect(JSON.parse(stderr)).toEqual({
      error: {
        code: 'disk_full',
        message: 'the disk is full: /data',
        hint: 'make room and run again',
      },
    });
  });

  it('nobody foresaw ask for a report and end with 1', async () => {
    const { stderr, exitCode } = await runCommand(
      ['run'],
      failing(new TypeError('x is undefined')),
    );
    expect(stderr).toBe(`error: unexpected failure: x is undefined
hint: this is a defect of Clicklake; run it again with --verbose and report what it prints
`);
    expect(exitCode).toBe(1);
  });

  it('after Ctrl-C are the interruption, with 130', async () => {
    const interruption = new AbortController();
    interruption.abort();
    const { stderr, exitCode } = await runCommand(['run'], {
      ...failing(new Error('aborted')),
      signal: interruption.signal,
    });
    expect(stderr).toBe(`error: interrupted
hint: what was committed to the lake before is kept; run the same command again
`);
    expect(exitCode).toBe(130);
  });

  it('are silent when the reader of standard output is gone', async () => {
    const { stderr, exitCode } = await runCommand(['run'], {
      lake: { run: async () => RUN_REPORT },
      stdoutError: 'EPIPE',
    });
    expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 });
    expect(await runCommand(['--help'], { stdoutError: 'EPIPE' })).toMatchObject({ exitCode: 0 });
  });

  it('of the command line name the mistake and where help is', async () => {
    const cases: [string[], string][] = [
      [['rn'], "error: unknown command 'rn'\nhint: did you mean run?\n"],
      [
        ['run', '--ful-refresh'],
        "error: unknown option '--ful-refresh'\nhint: did you mean --full-refresh?\n",
      ],
      [
        ['status', 'x'],
        "error: too many arguments for 'status'. Expected 0 arguments but got 1.\nhint: see clicklake status --help\n",
      ],
      [['query'], "error: missing required argument 'sql'\nhint: see clicklake query --help\n"],
      [
        ['run', '--lake'],
        "error: option '--lake <address>' argument missing\nhint: see clicklake run --help\n",
      ],
      [
        ['quarantine', '--limit', '0'],
        'error: --limit must be a whole number from 1, not "0"\nhint: for example: --limit 100\n',
      ],
    ];
    for (const [argv, expected] of cases) {
      expect(await runCommand(argv)).toMatchObject({ stderr: expected, stdout: '', exitCode: 2 });
    }
  });
});

describe('colour', () => {
  const lake = { run: async () => RUN_REPORT };
  it('is used on a terminal, and not elsewhere or against NO_COLOR', async () => {
    const isColoured = async (setup: object) =>
      (await runCommand(['run'], { lake, ...setup })).stdout.includes('\x1b[');
    expect(await isColoured({ terminalColumns: 80 })).toBe(true);
    expect(await isColoured({})).toBe(false);
    expect(await isColoured({ terminalColumns: 80, env: { NO_COLOR: '1' } })).toBe(false);
    expect(await isColoured({ terminalColumns: 80, env: { TERM: 'dumb' } })).toBe(false);
  });
});

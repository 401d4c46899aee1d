import { execFile, execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AT_WRITES, finish, runInProcess, startCommand } from './command.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const PYTHON = join(ROOT, '.venv/bin/python');
const hasPython = existsSync(PYTHON);
const FILES = 5;
const LINES = 1500;

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'clicklake-together-'));
  mkdirSync(join(folder, 'landing'));
  for (let file = 0; file < FILES; file += 1) {
    const lines = Array.from({ length: LINES }, (_, index) => eventLine(file * LINES + index));
    // Every file repeats some of the one before.
    lines.push(
      ...Array.from({ length: 50 }, (_, index) => eventLine((file - 1) * LINES + index)).filter(
        Boolean,
      ),
    );
    writeFileSync(join(folder, 'landing', `f${file}.ndjson`), `${lines.join('\n')}\n`);
  }
  writeFileSync(join(folder, 'clicklake.yaml'), 'silver:\n  max_batch_mb: 1\n');
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

if (process.env.CI === 'true') {
  it('has delta-rs at hand in CI', () => expect(hasPython, PYTHON).toBe(true));
}

describe('several processes on one lake', () => {
  it('share the work of two runs that commit at the same instant', async () => {
    const lake = join(folder, 'runs');
    await clicklake(lake, 'ingest', 'landing');
    await expectMeeting(lake, [['run'], ['run']]);
    await expectComplete(lake);
  });

  it('take each file once when three ingests commit at the same instant', async () => {
    const lake = join(folder, 'ingests');
    await expectMeeting(lake, [
      ['ingest', 'landing'],
      ['ingest', 'landing'],
      ['ingest', 'landing/f1.ndjson', 'landing/f3.ndjson'],
    ]);
    await clicklake(lake, 'run');
    await expectComplete(lake);
  });

  it.skipIf(!hasPython)('go on beside a delta-rs writer (needs .venv)', async () => {
    const lake = join(folder, 'delta-rs');
    await clicklake(lake, 'ingest', 'landing/f0.ndjson');
    await clicklake(lake, 'run');
    const stop = join(folder, 'stop');
    const other = promisify(execFile)(PYTHON, ['-c', COMPACT_AGAIN_AND_AGAIN, lake, stop]);
    for (let file = 1; file < FILES; file += 1) {
      await clicklake(lake, 'ingest', `landing/f${file}.ndjson`);
      await clicklake(lake, 'run');
    }
    writeFileSync(stop, '');
    const { stdout } = await other;
    expect(Number(stdout.trim())).toBeGreaterThan(0);
    await clicklake(lake, 'run');
    await expectComplete(lake);
  });
});

/** Compacts Silver and Gold tables while others write them; says how many compactions it committed. */
const COMPACT_AGAIN_AND_AGAIN = `
import os, sys, time
from deltalake import DeltaTable
done = 0
while not os.path.exists(sys.argv[2]):
    for name in ("silver/events", "gold/sessions", "gold/users"):
        try:
            done += DeltaTable(sys.argv[1] + "/" + name).optimize.compact()["numFilesAdded"]
        except Exception as error:
            if "onflict" not in str(error) and "oncurrent" not in str(error) and "deleted by" not in str(error):
                raise
    time.sleep(0.05)
print(done)
`;

/** Starts the commands as processes, each of which waits at its first commit for the others. */
async function expectMeeting(lake: string, commands: readonly string[][]): Promise<void> {
  const meetingPlace = mkdtempSync(join(folder, 'meeting-'));
  const env = { TEST_MEET_IN: meetingPlace, TEST_MEET_COUNT: String(commands.length) };
  const ended = await Promise.all(
    commands.map((args) =>
      finish(startCommand([...args, '--lake', lake], { cwd: folder, env, preload: AT_WRITES })),
    ),
  );
  expect(ended.map(({ exitCode }) => exitCode)).toEqual(commands.map(() => 0));
  expect(readdirSync(meetingPlace)).toHaveLength(commands.length);
}

async function expectComplete(lake: string): Promise<void> {
  const status = JSON.parse(await clicklake(lake, 'status', '--json'));
  const lines = FILES * LINES + (FILES - 1) * 50;
  expect(status.outcomes).toEqual({
    lines,
    valid: FILES * LINES,
    duplicates: (FILES - 1) * 50,
    ignored: 0,
    quarantined: {},
  });
  // Exits with an error at any difference.
  await clicklake(lake, 'verify');
}

/** The command in this process; throws its exit code and what it said. */
async function clicklake(lake: string, ...args: string[]): Promise<string> {
  const { stdout, stderr, exitCode } = await runInProcess([...args, '--lake', lake], {
    cwd: folder,
  });
  if (exitCode !== 0) {
    throw Object.assign(new Error(stderr), { code: exitCode, stderr });
  }
  return stdout;
}

function eventLine(id: number): string {
  if (id < 0) {
    return '';
  }
  return JSON.stringify({
    event_id: `e${id}`,
    user_id: `u${id % 97}`,
    session_id: `s${id % 331}`,
    event_type: ['page_view', 'product_view', 'add_to_cart', 'purchase'][id % 4],
    product_id: `p${id % 11}`,
    price: (id % 500) / 4,
    event_timestamp: new Date(Date.UTC(2026, 0, 10) + id * 61_000).toISOString(),
  });
}

/** A file system of its own, so that it can be full. */
const canMount = ((): boolean => {
  try {
    const probe = mkdtempSync(join(tmpdir(), 'clicklake-mount-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', probe], { stdio: 'ignore' });
    execFileSync('umount', [probe]);
    rmSync(probe, { recursive: true });
    return true;
  } catch {
    return false;
  }
})();

if (process.env.CI === 'true' && process.getuid?.() === 0) {
  it('can mount a small file system in CI, as root', () => expect(canMount).toBe(true));
}

describe.skipIf(!canMount)('a full disk (needs the right to mount)', () => {
  it('leaves nothing of a simulation that has no room, and gives the room back', async () => {
    const disk = mkdtempSync(join(tmpdir(), 'clicklake-disk-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', disk]);
    try {
      const out = join(disk, 'landing');
      const options = ['--out', out, '--events', '40k', '--days', '20'];
      const { code, stderr } = await clicklake(disk, 'simulate', ...options).catch((e) => e);
      expect(code).toBe(5);
      expect(stderr).toMatch(/^error: the disk is full: .*\nhint: free some space/);
      expect(readdirSync(out)).toEqual([]);
    } finally {
      execFileSync('umount', [disk]);
      rmSync(disk, { recursive: true });
    }
  });

  it('is a clear error, and the next run with space finishes', async () => {
    const disk = mkdtempSync(join(tmpdir(), 'clicklake-disk-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1200k', 'tmpfs', disk]);
    try {
      const lake = join(disk, 'lake');
      const refused = await clicklake(lake, 'ingest', 'landing').catch((error) => error);
      expect(refused).toMatchObject({
        code: 5,
        stderr: expect.stringMatching(/^error: .*no space left.*\nhint: .+\n$/),
      });
      execFileSync('mount', ['-o', 'remount,size=2200k', disk]);
      await clicklake(lake, 'ingest', 'landing');
      const { blocks, bfree, bsize } = statfsSync(disk);
      const usedKb = Math.ceil(((blocks - bfree) * bsize) / 1024);
      execFileSync('mount', ['-o', `remount,size=${usedKb + 60}k`, disk]);
      const stopped = await clicklake(lake, 'run').catch((error) => error);
      expect(stopped).toMatchObject({
        code: 5,
        stderr: expect.stringMatching(/error: .*(no space left|full)/),
      });
      expect(stopped.stderr).not.toMatch(/\n\s+at /);
      await clicklake(lake, 'status');
      await clicklake(lake, 'maintain');
      execFileSync('mount', ['-o', 'remount,size=200m', disk]);
      await clicklake(lake, 'ingest', 'landing');
      await clicklake(lake, 'run');
      await expectComplete(lake);
    } finally {
      execFileSync('umount', [disk]);
      rmSync(disk, { recursive: true });
    }
  });
});

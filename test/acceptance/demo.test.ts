import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type Finished, finish, runInProcess, startCommand } from './command.ts';

const folder = mkdtempSync(join(tmpdir(), 'clicklake-demo-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const SMALL = ['--events', '3k'];

const run = (options: string[]): Promise<Finished> =>
  runInProcess(['demo', ...options], { cwd: folder });

describe('clicklake demo', () => {
  it('shows the whole way, and does it again without touching what is not its own', async () => {
    const first = await finish(startCommand(['demo', ...SMALL], { cwd: folder }));
    expect(first).toMatchObject({ exitCode: 0 });
    for (const part of [
      'its files arrive',
      'lines received = ',
      'the same 14 files again: recognized',
      'funnel',
      'cart abandonment',
      'best products',
      'no difference',
      'clicklake-demo/lake',
      'clicklake-demo/powerbi/Clicklake.pbip',
      'try next',
    ]) {
      expect(first.stdout).toContain(part);
    }
    // Not a terminal: no colours, no moving cursor.
    expect(first.stdout + first.stderr).not.toContain('\u001b');

    // As another demo leaves it that was killed half-way; no process has a number like this.
    const out = join(folder, 'clicklake-demo');
    rmSync(join(out, 'lake', 'gold'), { recursive: true });
    writeFileSync(join(out, 'lake', 'bronze', '_ledger', 'half'), 'x');
    const lock = join(out, 'clicklake-demo.lock');
    writeFileSync(lock, '999999999');
    const mine = join(out, 'notes.txt');
    writeFileSync(mine, 'mine');
    // Settings that would make another shop of it are left aside.
    const second = await runInProcess(['demo', ...SMALL, '--json'], {
      cwd: folder,
      env: {
        CLICKLAKE_FUNNEL_SKIP_CHECKOUT: 'true',
        CLICKLAKE_BOTS: 'include',
        CLICKLAKE_LAKE: 'elsewhere',
      },
    });
    expect(second).toMatchObject({ exitCode: 0, stderr: '' });
    const report = JSON.parse(second.stdout);
    expect(Object.keys(report)).toEqual([
      ...['folder', 'simulation', 'ingest', 'shop', 'verification', 'powerbi', 'durationMs'],
    ]);
    expect(report.verification.differences).toEqual([]);
    expect(report.powerbi).toMatchObject({ written: 0, kept: [] });
    expect(existsSync(report.powerbi.project)).toBe(true);
    // The only currency of the orders stands behind every sum of money.
    const model = join(out, 'powerbi/Clicklake.SemanticModel/definition/tables/Metrics.tmdl');
    expect(readFileSync(model, 'utf8')).toContain('formatString: #,0.00\\ \\E\\U\\R');
    expect(report.ingest.arrivals).toHaveLength(5);
    expect(report.ingest.account.lines).toBe(report.simulation.lines);
    expect(readFileSync(mine, 'utf8')).toBe('mine');
    expect(existsSync(lock)).toBe(false);
    expect(existsSync(join(out, 'lake', 'bronze', '_ledger', 'half'))).toBe(false);
    expect(existsSync(join(folder, 'elsewhere'))).toBe(false);
  });

  it('is alone in its folder', async () => {
    const out = join(folder, 'taken');
    mkdirSync(out);
    writeFileSync(join(out, 'clicklake-demo.json'), '{"madeBy":"clicklake demo"}');
    writeFileSync(join(out, 'clicklake-demo.lock'), String(process.pid));
    const refused = await run([...SMALL, '--out', 'taken']);
    expect(refused.exitCode).toBe(2);
    expect(refused.stderr).toContain(
      `another demo is running in taken (process ${process.pid})\nhint: choose another folder`,
    );
  });

  it('ends with the dashboard when asked to, until it is interrupted', async () => {
    const child = startCommand(['demo', ...SMALL, '--out', 'seen', '--dashboard'], { cwd: folder });
    const address = await new Promise<string>((done, fail) => {
      let stdout = '';
      child.stdout?.on('data', (chunk: Buffer) => {
        stdout += chunk.toString();
        const [, found] = /dashboard of \S+: (http:\S+)/.exec(stdout) ?? [];
        if (found !== undefined) {
          done(found);
        }
      });
      child.once('close', () => fail(new Error(stdout)));
    });
    const options = (await (await fetch(`${address}api/options`)).json()) as { days: unknown };
    expect(options.days).toEqual({ from: '2026-01-01', to: '2026-01-14' });
    const ended = new Promise((done) => child.once('close', done));
    child.kill('SIGINT');
    expect(await ended).toBe(0);
  });

  it('leaves a folder alone that is not from a demo', async () => {
    const out = join(folder, 'precious');
    mkdirSync(join(out, 'lake'), { recursive: true });
    writeFileSync(join(out, 'lake', 'data'), 'precious');
    const { exitCode, stderr } = await run([...SMALL, '--out', out]);
    expect(stderr).toContain(`${out} contains files that are not from a demo`);
    expect(exitCode).toBe(2);
    expect(readFileSync(join(out, 'lake', 'data'), 'utf8')).toBe('precious');
    expect(existsSync(join(out, 'clicklake-demo.json'))).toBe(false);
  });

  it.each([
    [['--lake', 'mine'], '--lake: the demo makes a lake of its own'],
    [['--events', 'many'], "argument 'many' is invalid"],
  ])('refuses %j before it makes anything', async (options, message) => {
    const out = join(folder, 'never');
    const { exitCode, stderr } = await run([...options, '--out', out]);
    expect(stderr).toContain(message);
    expect(exitCode).toBe(2);
    expect(existsSync(out)).toBe(false);
  });
});

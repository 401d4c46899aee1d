import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import type { SimulateReport } from '../../src/simulate/simulate.ts';
import { finish, runInProcess, startCommand } from './command.ts';

const folder = mkdtempSync(join(tmpdir(), 'clicklake-simulate-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const run = (...options: string[]) => runInProcess(['simulate', ...options], { cwd: folder });

/** The files' names and bytes, decompressed, and the truth. */
function hashFolder(path: string): string {
  const hash = createHash('sha256');
  for (const name of readdirSync(path).sort()) {
    const bytes = readFileSync(join(path, name));
    const plain = name.endsWith('.gz') ? gunzipSync(bytes) : bytes;
    hash.update(name.replace('.gz', '')).update(plain.toString('latin1').replaceAll('.gz', ''));
  }
  return hash.digest('hex');
}

async function simulate(...options: string[]): Promise<{ report: SimulateReport; sha256: string }> {
  const out = join(folder, options.join(''));
  const args = ['simulate', '--json', '--out', out, ...options];
  const finished = await finish(startCommand(args, { cwd: folder }));
  expect(finished).toMatchObject({ stderr: '', exitCode: 0 });
  return { report: JSON.parse(finished.stdout) as SimulateReport, sha256: hashFolder(out) };
}

describe('clicklake simulate', () => {
  it('writes the same bytes with one thread, two and three, plain and compressed', async () => {
    const options = ['--events', '60k', '--days', '3', '--split', 'hour'];
    const one = await simulate(...options);
    expect((await simulate(...options, '--threads', '2')).sha256).toBe(one.sha256);
    expect((await simulate(...options, '--threads', '3', '--gzip')).sha256).toBe(one.sha256);
    expect(one.report.files).toHaveLength(72);
    expect(one.report.lines).toBeGreaterThan(one.report.events);
  });

  it('says what it has done and what to do next', async () => {
    const out = join(folder, 'said');
    const { stdout } = await run('--events', '2k', '--days', '2', '--out', out);
    expect(stdout).toMatch(/^lines +\d/);
    expect(stdout).toContain(`next: clicklake ingest ${out}`);
  });

  it.each([
    [['--events', 'many'], "argument 'many' is invalid"],
    [['--late', '3 %'], "argument '3 %' is invalid"],
    [['--late', '80%'], '--late 0.8: must be a rate from 0 to 0.5 (50%)'],
    [['--seed', '-1'], "argument '-1' is invalid. It must be a whole number from 0, as in 42"],
    [['--rate', '5'], '--rate: needs --follow'],
    [['--follow', '--days', '2', '--gzip'], '--days, --gzip: not with --follow'],
    [['--profile', 'nowhere.yaml'], 'the profile nowhere.yaml cannot be read'],
  ])('refuses %j', async (options, message) => {
    const out = join(folder, 'never');
    const { stderr, exitCode } = await run('--out', out, ...options);
    expect(stderr).toContain(message);
    expect(exitCode).toBe(2);
  });
});

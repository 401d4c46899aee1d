/**
 * The package as somebody else gets it: packed, installed into an empty folder, used there. Slow: it
 * installs the dependencies anew, from npm's cache where they are in it.
 */
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commandEnv, type Finished, finish, ROOT } from './command.ts';

const EVENTS = [
  '{"event_id":"1","user_id":"u","session_id":"s","event_type":"product_view","product_id":"p","event_timestamp":"2026-01-01T10:00:00Z"}',
  '{"event_id":"2","user_id":"u","session_id":"s","event_type":"purchase","event_timestamp":"2026-01-01T10:05:00Z","price":"9.99","quantity":2}',
  '{"event_id":',
];

describe('the package installed into an empty folder', () => {
  let folder: string;
  const run = (command: string, args: string[], cwd: string): Promise<Finished> =>
    finish(spawn(command, args, { cwd, env: commandEnv(), shell: process.platform === 'win32' }));

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'clicklake-package-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('takes events in, computes the tables and answers queries', { timeout: 300_000 }, async () => {
    const pack = await run('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], ROOT);
    expect(pack).toMatchObject({ exitCode: 0 });
    const [tarball] = (await readdir(folder)).filter((name) => name.endsWith('.tgz'));
    const shop = join(folder, 'shop');
    await mkdir(shop);
    await writeFile(join(shop, 'package.json'), '{ "private": true }');
    const flags = ['--prefer-offline', '--no-audit', '--no-fund'];
    const install = await run('npm', ['install', ...flags, join('..', tarball!)], shop);
    expect(install).toMatchObject({ exitCode: 0 });

    const clicklake = (...args: string[]) => run('npx', ['--no', 'clicklake', ...args], shop);
    expect(await clicklake('init')).toMatchObject({ exitCode: 0 });
    await writeFile(join(shop, 'events.jsonl'), EVENTS.join('\n'));
    expect(await clicklake('ingest', 'events.jsonl')).toMatchObject({ exitCode: 0 });
    const account = await clicklake('run', '--json');
    expect(JSON.parse(account.stdout)).toMatchObject({
      lines: 3,
      valid: 2,
      duplicates: 0,
      quarantined: { not_json: 1 },
    });
    const sql = 'SELECT session_id, revenue, funnel_step FROM gold_sessions';
    const answer = await clicklake('query', sql, '--json');
    expect(JSON.parse(answer.stdout)).toEqual([
      { session_id: 's', revenue: '19.98', funnel_step: 1 },
    ]);
    expect(await clicklake('verify')).toMatchObject({ exitCode: 0 });
  });
});

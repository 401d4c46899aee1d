/**
 * The package as somebody else gets it: packed, installed into an empty folder, used there. Slow: it
 * installs the dependencies anew, from npm's cache where they are in it.
 */
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commandEnv, type Finished, finish, ROOT } from './command.ts';

const EVENTS = [
  '{"event_id":"1","user_id":"u","session_id":"s","event_type":"product_view","product_id":"p","event_timestamp":"2026-01-01T10:00:00Z"}',
  '{"event_id":"2","user_id":"u","session_id":"s","event_type":"purchase","event_timestamp":"2026-01-01T10:05:00Z","price":"9.99","quantity":2}',
  '{"event_id":',
];

/** Uses what the example of docs/library.md does not, with the types as they are published. */
const TYPED = `
import { ClicklakeError, type Lake, openLake, type RunReport } from 'clicklake';

export async function refresh(): Promise<RunReport | undefined> {
  const lake: Lake = await openLake({ lake: './none', signal: AbortSignal.timeout(60_000) });
  try {
    return await lake.run({ fullRefresh: true });
  } catch (error) {
    if (error instanceof ClicklakeError && error.code === 'not_found') return undefined;
    throw error;
  } finally {
    await lake.close();
  }
}
// @ts-expect-error: no such option
export const wrong = openLake({ lakes: './none' });
`;

describe('the package installed into an empty folder', () => {
  let folder: string;
  const run = (command: string, args: string[], cwd: string): Promise<Finished> =>
    finish(spawn(command, args, { cwd, env: commandEnv(), shell: process.platform === 'win32' }));

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'clicklake-package-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const shop = (): string => join(folder, 'shop');

  it('takes events in, computes the tables and answers queries', { timeout: 300_000 }, async () => {
    const pack = await run('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], ROOT);
    expect(pack).toMatchObject({ exitCode: 0 });
    const [tarball] = (await readdir(folder)).filter((name) => name.endsWith('.tgz'));
    await mkdir(shop());
    await writeFile(join(shop(), 'package.json'), '{ "private": true }');
    const flags = ['--prefer-offline', '--no-audit', '--no-fund'];
    const install = await run('npm', ['install', ...flags, join('..', tarball!)], shop());
    expect(install).toMatchObject({ exitCode: 0 });

    const clicklake = (...args: string[]) => run('npx', ['--no', 'clicklake', ...args], shop());
    expect(await clicklake('init')).toMatchObject({ exitCode: 0 });
    await writeFile(join(shop(), 'events.jsonl'), EVENTS.join('\n'));
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

  it('does from a program what its documentation shows', { timeout: 60_000 }, async () => {
    const program = join(folder, 'program');
    await mkdir(program);
    await symlink(join(shop(), 'node_modules'), join(program, 'node_modules'), 'junction');
    await writeFile(join(program, 'events.jsonl'), EVENTS.join('\n'));
    const docs = await readFile(join(shop(), 'node_modules/clicklake/docs/library.md'), 'utf8');
    const [, example] = /```js\n([\s\S]*?)```/.exec(docs)!;
    await writeFile(join(program, 'example.mjs'), example!);
    const { exitCode, stdout, stderr } = await run(process.execPath, ['example.mjs'], program);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toContain('3 lines received\n2 valid, 0 duplicates { not_json: 1 }\n');
    expect(stdout).toContain("revenue: '19.98'");
  });

  it('brings its types', { timeout: 60_000 }, async () => {
    await writeFile(join(shop(), 'typed.mts'), TYPED);
    const typescript = createRequire(import.meta.url).resolve('typescript/package.json');
    const options = ['--strict', '--noEmit', '--module', 'nodenext', '--target', 'es2023'];
    const types = ['--types', 'node', '--typeRoots', join(ROOT, 'node_modules/@types')];
    const compiler = join(dirname(typescript), 'bin/tsc');
    const { exitCode, stdout } = await run(
      process.execPath,
      [compiler, ...options, ...types, 'typed.mts'],
      shop(),
    );
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: '' });
  });
});

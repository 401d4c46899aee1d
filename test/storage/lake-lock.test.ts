import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type LockRequest, lockLake } from '../../src/storage/lake-lock.ts';

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'clicklake-lock-'));
});

afterEach(async () => {
  await rm(root, { recursive: true, force: true });
});

const SPARK: LockRequest = { mode: 'exclusive', engine: 'spark', command: 'run' };
const DUCKDB: LockRequest = { mode: 'shared', engine: 'duckdb', command: 'ingest' };

describe('the lock of a lake', () => {
  it('lets any number of sharers in', async () => {
    const locks = await Promise.all([DUCKDB, DUCKDB, DUCKDB].map((each) => lockLake(root, each)));
    await Promise.all(locks.map((lock) => lock.release()));
  });

  it('keeps everybody out while one has the lake alone, and says who', async () => {
    const lock = await lockLake(root, SPARK);
    for (const other of [SPARK, DUCKDB]) {
      await expect(lockLake(root, other)).rejects.toMatchObject({
        code: 'lake_locked',
        message: expect.stringMatching(
          new RegExp(`clicklake run with the spark engine, process ${process.pid} on `),
        ),
      });
    }
    await lock.release();
    await (await lockLake(root, DUCKDB)).release();
  });

  it('does not give the lake to one alone while another shares it', async () => {
    const lock = await lockLake(root, DUCKDB);
    await expect(lockLake(root, SPARK)).rejects.toMatchObject({ code: 'lake_locked' });
    await lock.release();
    await (await lockLake(root, SPARK)).release();
  });

  it('gives the lake to one of two at the same time at most', async () => {
    const results = await Promise.allSettled([lockLake(root, SPARK), lockLake(root, SPARK)]);
    const won = results.filter(({ status }) => status === 'fulfilled');
    expect(won.length).toBeLessThanOrEqual(1);
  });

  it('does not count a holder that died', async () => {
    const url = new URL('../../src/storage/lake-lock.ts', import.meta.url).href;
    const code = `const { lockLake } = await import(${JSON.stringify(url)});
      await lockLake(${JSON.stringify(root)}, ${JSON.stringify(SPARK)}); process.kill(process.pid, 'SIGKILL');`;
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', code]);
    await new Promise((resolve) => child.on('exit', resolve));
    expect((await readdir(join(root, '_work'))).length).toBe(1);
    await (await lockLake(root, SPARK)).release();
  });

  it('leaves no folder behind where there was none', async () => {
    const absent = join(root, 'lake');
    await (await lockLake(absent, SPARK)).release();
    expect(existsSync(absent)).toBe(false);
  });
});

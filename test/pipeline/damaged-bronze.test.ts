/** Bronze files that change behind the lake's back: noticed, named, put right by their originals. */
import { appendFile, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { ClicklakeError } from '../../src/errors.ts';
import { openTestLake, type TestLake } from './lake-support.ts';

const lines = (first: number, count = 3): string =>
  Array.from({ length: count }, (_, index) =>
    JSON.stringify({
      event_id: `e${first + index}`,
      user_id: 'u',
      session_id: 's',
      event_type: 'page_view',
      event_timestamp: '2026-01-05T10:00:00Z',
    }),
  ).join('\n');

/** Takes a file in and says where it lies. */
async function receive(lake: TestLake, name: string, bytes: Buffer | string): Promise<string> {
  await lake.receive(name, bytes);
  const [row] = await lake.rows('SELECT path FROM bronze_files ORDER BY file_number DESC LIMIT 1');
  return join(lake.settings.lake, String(row?.path));
}

const run = (lake: TestLake, fullRefresh = false) => lake.lake.run({ fullRefresh });
const ingestAgain = (lake: TestLake, name: string) =>
  lake.lake.ingest([{ kind: 'file', path: join(lake.folder, name) }], { source: 'test' });
const eventCount = async (lake: TestLake): Promise<number> =>
  Number((await lake.rows('SELECT count(*) AS n FROM silver_events'))[0]?.n);
const damage = (about: RegExp) =>
  expect.objectContaining({
    code: 'bronze_damaged',
    exitCode: 5,
    message: expect.stringMatching(about),
  });

describe('a received file that has changed', () => {
  it.each([
    ['a plain file', 'b.jsonl', Buffer.from(lines(10))],
    ['a compressed file', 'b.jsonl.gz', gzipSync(lines(10))],
  ])('keeps %s and later ones waiting until its original is back', async (_, name, bytes) => {
    await using lake = await openTestLake();
    await receive(lake, 'a.jsonl', lines(1));
    const path = await receive(lake, name, bytes);
    await receive(lake, 'c.jsonl', lines(20));
    await truncate(path, 40);
    const report = await run(lake);
    expect(report).toMatchObject({
      files: 1,
      valid: 3,
      damaged: [{ path: expect.stringContaining(name) }],
    });
    expect(report.damaged[0]?.reason).toMatch(
      /^it has 40 bytes, and had \d+ bytes with the SHA-256 [0-9a-f]{64}$/,
    );
    expect(await eventCount(lake)).toBe(3);
    await expect(run(lake, true)).rejects.toEqual(damage(/it has 40 bytes/));
    // What is there, in another place, may be of use to somebody: only its owner takes it away.
    expect((await ingestAgain(lake, name)).refused).toMatchObject([
      {
        reason: expect.stringMatching(
          /, which has other bytes now: move that out of bronze\/ first$/,
        ),
      },
    ]);
    await rename(path, join(lake.folder, 'aside'));
    expect((await ingestAgain(lake, name)).restored).toEqual([
      { from: join(lake.folder, name), path: expect.stringContaining(name) },
    ]);
    expect(await readFile(path)).toEqual(bytes);
    expect(await run(lake)).toMatchObject({ files: 2, valid: 6, damaged: [] });
    expect((await lake.lake.verify()).checks.every(({ isEqual }) => isEqual)).toBe(true);
  });

  it('is told at every run when Silver has it, and the others go on', async () => {
    await using lake = await openTestLake();
    const path = await receive(lake, 'a.jsonl', lines(1));
    await run(lake);
    await appendFile(path, `\n${lines(50)}`);
    await receive(lake, 'b.jsonl', lines(10));
    expect(await run(lake)).toMatchObject({
      files: 1,
      valid: 3,
      damaged: [{ path: expect.stringContaining('a.jsonl') }],
    });
    await expect(lake.lake.verify()).rejects.toEqual(damage(/a\.jsonl has changed since ingest/));
    await rm(path);
    expect(await run(lake)).toMatchObject({
      damaged: [{ reason: expect.stringMatching(/^it is missing/) }],
    });
    await expect(run(lake, true)).rejects.toEqual(damage(/it is missing/));
    await expect(lake.lake.verify()).rejects.toEqual(damage(/it is missing/));
    expect(await eventCount(lake)).toBe(6);
  });

  it.each([
    ['a plain file', 'a.jsonl', (text: string) => Buffer.from(text)],
    ['a compressed file', 'a.jsonl.gz', (text: string) => gzipSync(text, { level: 0 })],
    ['a file read by our own reader', 'a.jsonl', (text: string) => Buffer.from(`${text}\r\n`)],
  ])('is found in %s of the same size by verify and a full refresh', async (_, name, pack) => {
    await using lake = await openTestLake();
    const original = pack(lines(1));
    const path = await receive(lake, name, original);
    await run(lake);
    const changed = Buffer.from(original);
    changed[changed.indexOf('page_view')] = 'P'.charCodeAt(0);
    await writeFile(path, changed);
    await expect(lake.lake.verify()).rejects.toEqual(damage(/its bytes have changed/));
    await expect(run(lake, true)).rejects.toEqual(damage(/its bytes have changed/));
    expect(await eventCount(lake)).toBe(3);
    await writeFile(path, original);
    expect(await run(lake, true)).toMatchObject({ valid: 3 });
  });

  it('is named when it cannot be read, although its size is the same', async () => {
    await using lake = await openTestLake();
    const path = await receive(lake, 'a.jsonl.gz', gzipSync(lines(1, 200)));
    const bytes = await readFile(path);
    await writeFile(path, bytes.fill(0x55, 20, 60));
    const failure = await run(lake).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ClicklakeError);
    expect(failure).toEqual(
      damage(/a\.jsonl\.gz has changed since ingest: its bytes have changed/),
    );
  });

  it('may be removed when it only repeats another', async () => {
    await using lake = await openTestLake();
    const path = await receive(lake, 'a.jsonl', lines(1));
    const copy = path.replace('a.jsonl', 'copy.jsonl');
    await writeFile(copy, lines(1));
    expect(await run(lake)).toMatchObject({ valid: 3, damaged: [] });
    await rm(copy);
    expect(await run(lake)).toMatchObject({ damaged: [] });
  });
});

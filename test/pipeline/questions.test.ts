/** docs/questions.md over a simulated shop: each query runs, and agrees with another way to ask. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { simulate } from '../../src/simulate/simulate.ts';
import { openTestLake, type TestLake } from './lake-support.ts';

const PAGE = readFileSync(new URL('../../docs/questions.md', import.meta.url), 'utf8');
const QUESTIONS = [...PAGE.matchAll(/^([A-Z][^\n]*(?:\n[^\n]+)*):\n\n```sql\n(.+?)```/gms)].map(
  ([, question = '', sql = '']) => ({ question, sql }),
);

const folder = mkdtempSync(join(tmpdir(), 'clicklake-questions-'));
let lake: TestLake;
beforeAll(async () => {
  await simulate({ events: 4_000, days: 15, seed: 3, out: folder });
  lake = await openTestLake({});
  await lake.lake.ingest([folder], {});
  await lake.lake.run({ fullRefresh: false });
});
afterAll(async () => {
  await lake[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

it('the page has each query under its question', () => {
  expect(QUESTIONS).toHaveLength(PAGE.split('```sql').length - 1);
});

it.each(QUESTIONS)('$question', async ({ sql }) => {
  expect(await lake.rows(sql)).not.toEqual([]);
});

it('two ways to ask come to the same', async () => {
  const total = async (start: string, column: string) => {
    const sql = QUESTIONS.find(({ question }) => question.startsWith(start))?.sql;
    const [row] = await lake.rows(`SELECT CAST(sum(${column}) AS VARCHAR) AS total FROM (${sql})`);
    return row?.total;
  };
  const orders = await total('Revenue by day', 'orders');
  expect(await total('Orders per buyer', 'orders')).toBe(orders);
  expect(await total('Sessions, conversion', 'orders')).toBe(orders);
  expect(await total('The same by currency', 'net_revenue')).toBe(
    await total('Revenue by day', 'net_revenue'),
  );
});

/** Runs that are killed while they compute everything, because the state that they began with was not whole. */
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { RECEIVED_AT_MS } from '../fixtures/both-engines.ts';
import { linesOf, runKilledInGold, type Sent } from './gold-support.ts';
import { openTestLake, type TestLake } from './lake-support.ts';

const visit = (number: number): Sent => ({
  ...{ id: `e${number}`, at: `2026-01-0${number}T10:00:00Z`, user: `u${number}`, type: 'purchase' },
  ...{ device: `d${number}`, session: `s${number}`, order_id: `o${number}`, order_value: number },
});

const receive = (lake: TestLake, number: number) =>
  lake.receive(`f${number}.ndjson`, linesOf([{ ...visit(1), id: `f${number}` }, visit(number)]));

async function expectWhole(lake: TestLake): Promise<void> {
  await lake.reopen();
  await lake.lake.run({ fullRefresh: false });
  const { checks } = await lake.lake.verify();
  expect(checks.filter(({ isEqual }) => !isEqual)).toEqual([]);
}

it('tables that two killed runs wrote for different events are computed again', async () => {
  await using lake = await openTestLake({ now: () => RECEIVED_AT_MS });
  await receive(lake, 2);
  await lake.lake.run({ fullRefresh: false });
  await receive(lake, 3);
  await runKilledInGold(lake.settings, 6);
  await lake.lake.maintain({ dryRun: false });
  await receive(lake, 4);
  await runKilledInGold(lake.settings, 2);
  await expectWhole(lake);
});

it('a table that was put back to an earlier version is not begun with', async () => {
  await using lake = await openTestLake({ now: () => RECEIVED_AT_MS });
  const [table, copy] = [join(lake.settings.lake, 'gold/identities'), join(lake.folder, 'copy')];
  await receive(lake, 2);
  await lake.lake.run({ fullRefresh: false });
  await cp(table, copy, { recursive: true });
  await receive(lake, 3);
  // Its device is linked with a user that only this event names.
  await lake.receive('login.ndjson', linesOf([{ ...visit(5), id: 'login', session: 'login' }]));
  await lake.lake.run({ fullRefresh: false });
  await rm(table, { recursive: true });
  await cp(copy, table, { recursive: true });
  await receive(lake, 4);
  const later = { id: 'later', at: '2026-01-06T10:00:00Z', device: 'd5', session: 'later' };
  await lake.receive('later.ndjson', linesOf([later]));
  await runKilledInGold(lake.settings, 9);
  await expectWhole(lake);
});

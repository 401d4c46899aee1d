/** The part of scenario p with the simulated shop: devices that log in, late events, no session ids. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { cached } from './make-input.ts';
import { CACHE, clicklake, type Measured } from './measure.ts';
import type { Findings, Plan } from './scenarios.ts';

/** A lake that grows day by day. At each size, the first of which is nothing, days are measured. */
export async function measureShopGrowth(plan: Plan, work: string): Promise<Findings['jobs']> {
  const sizes = [0, ...[...plan.sizes].sort((a, b) => a - b)];
  // The last day is left out: it has only late events.
  const days = Math.ceil((sizes.at(-1) ?? 0) / plan.newLines) + plan.runs + 1;
  const history = await makeDays(days, plan.newLines);
  const files = readdirSync(history)
    .filter((name) => name.endsWith('.ndjson'))
    .sort();
  const lake = join(work, 'lake-of-shop');
  const ingest = (names: readonly string[]): Promise<Measured> =>
    clicklake(['ingest', ...names.map((name) => join(history, name)), '--lake', lake]);
  const jobs: Findings['jobs'] = [];
  let taken = 0;
  for (const size of sizes) {
    const count = Math.ceil(size / plan.newLines);
    if (count > taken) {
      plan.note(`p: filling the lake of the shop to ${size.toLocaleString('en')} lines`);
      await ingest(files.slice(taken, count));
      await clicklake(['run', '--lake', lake]);
      taken = count;
    }
    const measured: Measured[] = [];
    // Nothing is there only once.
    for (let round = 0; round < (size === 0 ? 1 : plan.runs); round += 1) {
      await ingest(files.slice(taken, taken + 1));
      taken += 1;
      measured.push(await clicklake(['run', '--lake', lake]));
    }
    const onto = size === 0 ? 'nothing' : size.toLocaleString('en');
    jobs.push({
      name: `p  simulated shop, onto ${onto}`,
      lines: plan.newLines,
      measured,
      point: { series: 'DuckDB, simulated shop', events: size },
    });
  }
  return jobs;
}

function makeDays(days: number, linesOfDay: number): Promise<string> {
  return cached(join(CACHE, `shop-days-${days}-${linesOfDay}`), async (folder) => {
    const options = ['--identity', 'anonymous', '--no-sessions', '--split', 'day'];
    const events = String(days * linesOfDay);
    await clicklake([
      ...['simulate', '--events', events, '--days', String(days), ...options],
      ...['--out', folder],
    ]);
  });
}

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { DEFECT_REASONS } from '../../src/simulate/defects.ts';
import type { SimulateOptions } from '../../src/simulate/options.ts';
import { simulate } from '../../src/simulate/simulate.ts';
import type { Truth } from '../../src/simulate/truth.ts';
import { recountTruth, sortTruth } from './recount-truth.ts';

const folder = mkdtempSync(join(tmpdir(), 'clicklake-truth-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const RECEIVED_US = BigInt(Date.UTC(2026, 5, 1)) * 1_000n;
let runs = 0;

async function run(options: Partial<SimulateOptions>): Promise<{ truth: Truth; files: Buffer[] }> {
  const out = join(folder, `run-${runs++}`);
  const report = await simulate({ out, ...options }, undefined, {
    nowMs: () => Date.UTC(2026, 5, 1),
  });
  const truth = JSON.parse(readFileSync(report.truthPath, 'utf8')) as Truth;
  return { truth, files: truth.lines.files.map((name) => readFileSync(join(out, name))) };
}

function expectTruth(truth: Truth, files: readonly Buffer[]): void {
  const counted = recountTruth(files, RECEIVED_US);
  const { files: names, ...lines } = truth.lines;
  expect(names).toEqual([...names].sort());
  expect(lines).toEqual(counted.lines);
  const { days, sessions, users, cohorts, rfm, events } = sortTruth(truth);
  expect(users).toEqual(counted.users);
  expect(sessions).toEqual(counted.sessions);
  expect(cohorts).toEqual(counted.cohorts);
  expect(rfm).toEqual(counted.rfm);
  expect(events).toEqual(counted.events);
  expect(days.map(({ date }) => date)).toEqual(counted.days.map(({ date }) => date));
  days.forEach((day, index) => {
    expect(day).toEqual(counted.days[index]);
  });
}

describe('the truth beside the simulated files', () => {
  it.each([1, 2, 3])('is what a recount of clean files comes to, with seed %i', async (seed) => {
    const { truth, files } = await run({ events: 6_000, days: 3, seed, clean: true });
    expectTruth(truth, files);
    expect(truth.lines.duplicates).toBe(0);
    expect(truth.lines.quarantined).toEqual({});
  });

  it('counts an order on its own day, not on that of its session', async () => {
    const { truth, files } = await run({ events: 20_000, days: 6, seed: 42, clean: true });
    const isLater = truth.days.some(
      ({ sessions, conversion_metrics }) => sessions.orderCount !== conversion_metrics.orders,
    );
    expect(isLater).toBe(true);
    expectTruth(truth, files);
  });

  it.each([1, 2, 3, 4])(
    'is what a recount of files with every kind of dirt comes to, with seed %i',
    async (seed) => {
      const { truth, files } = await run({
        events: 9_000,
        days: 4,
        seed,
        files: 7,
        dirt: {
          duplicates: 0.1,
          late: 0.2,
          outOfOrder: 0.2,
          malformed: 0.1,
          conflicts: 0.03,
          clockSkew: 0.3,
          bots: 0.1,
          extraFields: 0.3,
          spellings: 0.4,
          mixedSessions: 0.2,
          unreadableNumbers: 0.05,
        },
      });
      expectTruth(truth, files);
      expect(truth.lines.duplicates).toBeGreaterThan(500);
      expect(truth.lines.quarantined.conflicting_event_id).toBeGreaterThan(100);
    },
  );

  it('is what a recount comes to where few visitors come often and all files are one', async () => {
    const { truth, files } = await run({
      users: 40,
      days: 30,
      files: 1,
      profile: { products: 3, devices: [{ name: 'tv', share: 1, conversion: 5 }] },
    });
    expectTruth(truth, files);
  });

  it('is what a recount comes to where orders are told of again and come back', async () => {
    const { truth, files } = await run({
      events: 9_000,
      days: 20,
      dirt: { duplicates: 0.1, late: 0.1, malformed: 0.05, unreadableNumbers: 0.2 },
      profile: {
        devices: [{ name: 'tv', share: 1, conversion: 5 }],
        orders: { form: 'lines', reloads: 0.5, refunds: 0.5 },
      },
    });
    expectTruth(truth, files);
    expect(truth.events.byType.refund).toBeGreaterThan(25);
  });

  it('knows every reason for quarantine', async () => {
    const { truth, files } = await run({ events: 8_000, days: 2, dirt: { malformed: 0.3 } });
    expect(Object.keys(truth.lines.quarantined).sort()).toEqual(
      [...DEFECT_REASONS, 'conflicting_event_id'].sort(),
    );
    expectTruth(truth, files);
  });
});

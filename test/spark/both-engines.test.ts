/** The same lines through both engines: the same rows, types included, and the same counts. */
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { DEFAULT_DIRT } from '../../src/simulate/options.ts';
import { simulate } from '../../src/simulate/simulate.ts';
import {
  type EngineName,
  joinLines,
  type Received,
  runSteps,
  SPARK_URL,
} from '../fixtures/both-engines.ts';
import { hugeLines, NASTY_LINES } from '../fixtures/lines/nasty-lines.ts';
import { propertyRuns } from '../fixtures/long-runs.ts';
import { hasShared, sharedPath } from '../fixtures/shared-samples.ts';
import { sessionsOfOneSecond, tiedSessions } from '../fixtures/tied-sessions.ts';
import { visits } from '../fixtures/visits.ts';
import { deliveries } from '../pipeline/arbitrary-lines.ts';
import { openTestLake, type SettingsChange, type TestLake } from '../pipeline/lake-support.ts';

// Seconds on a quiet machine, minutes on a busy one.
vi.setConfig({ testTimeout: 1_800_000 });

const SAMPLE = sharedPath('samples/rees46-2019-10-01');

const withColumns: SettingsChange = (settings) => ({
  ...settings,
  silver: {
    ...settings.silver,
    extraColumns: [
      { name: 'campaign', type: 'string' },
      { name: 'score', type: 'double' },
      { name: 'rank', type: 'bigint' },
    ],
  },
});

const skippingCheckout: SettingsChange = (settings) => ({
  ...settings,
  funnel: { skipCheckout: true },
});

describe.skipIf(SPARK_URL === undefined)('both engines', () => {
  let scratch: TestLake;
  beforeAll(async () => {
    scratch = await openTestLake();
  });
  afterAll(async () => {
    await scratch?.[Symbol.asyncDispose]();
  });

  /** The files in one run of either engine. */
  async function expectAlike(files: Received, change?: SettingsChange) {
    const duckdb = await runSteps([{ engine: 'duckdb', files }], change);
    const spark = await runSteps([{ engine: 'spark', files }], change);
    expect(spark).toEqual(duckdb);
    expect(spark.differences).toEqual([]);
    return spark;
  }

  it('make the same of nasty lines, ties and deliveries in any order', async () => {
    await expectAlike([...nastyFiles(), ...tiedFiles(), ...deliveredFiles(0)], withColumns);
  });

  it('make the same of ties and deliveries where the checkout is skipped', async () => {
    await expectAlike([...tiedFiles(), ...deliveredFiles(1)], skippingCheckout);
  });

  it.skipIf(!hasShared)(
    'make the same of the real events of a store (needs the shared samples)',
    async () => {
      const bytes = await readFile(join(SAMPLE, 'events.ndjson.gz'));
      const { counts } = await expectAlike([{ name: 'rees46.ndjson.gz', bytes }]);
      const expected = JSON.parse(readFileSync(join(SAMPLE, 'expected.json'), 'utf8'));
      expect(counts).toMatchObject([
        {
          lines: expected.lines_received,
          valid: expected.valid_events,
          duplicates: expected.duplicates,
          quarantined: expected.quarantined,
        },
      ]);
    },
  );

  it('make the same of a simulated shop with all that goes wrong, over two runs', async () => {
    const dirt = Object.fromEntries(Object.keys(DEFAULT_DIRT).map((name) => [name, 0.05]));
    const out = join(scratch.folder, 'landing');
    const shop = { events: 4_000, days: 4, seed: 11, start: '2026-01-08', files: 2 };
    const { files: names } = await simulate({ out, ...shop, gzip: true, dirt });
    const files = await Promise.all(
      names.map(async (name) => ({ name, bytes: await readFile(join(out, name)) })),
    );
    const over = (engine: EngineName) => runSteps(files.map((file) => ({ engine, files: [file] })));
    const duckdb = await over('duckdb');
    expect(Object.keys(duckdb.counts[0]?.quarantined ?? {}).length).toBeGreaterThan(5);
    expect(await over('spark')).toEqual(duckdb);
  });

  it('take turns on one lake', async () => {
    const files = [0, 1, 2].map((part) => ({ name: `part-${part}.ndjson`, bytes: visits(part) }));
    const whole = await runSteps([{ engine: 'duckdb', files }], withColumns);
    const engines = ['spark', 'duckdb', 'spark'] as const;
    const steps = engines.map((engine, index) => ({
      engine,
      files: files.slice(index, index + 1),
    }));
    const turns = await runSteps(steps, withColumns);
    expect(turns.tables).toEqual(whole.tables);
    expect(turns.differences).toEqual([]);
  });

  it('compute Gold anew when the checkout is to be skipped', async () => {
    const files = [{ name: 'visits.ndjson', bytes: visits(0) }];
    const begun = { engine: 'duckdb', files } as const;
    const skipped = await runSteps([{ ...begun, change: skippingCheckout }]);
    const later = await runSteps([begun, { engine: 'spark', files: [], change: skippingCheckout }]);
    expect(later.tables).toEqual(skipped.tables);
  });

  it('add a column that was declared later', async () => {
    const files = [0, 1].map((part) => ({ name: `part-${part}.ndjson`, bytes: visits(part) }));
    const grown = (engine: EngineName) =>
      runSteps([
        { engine, files: files.slice(0, 1) },
        { engine, files: files.slice(1), change: withColumns },
      ]);
    expect(await grown('spark')).toEqual(await grown('duckdb'));
  });
});

/** Few and large: what a run costs on Spark hardly depends on the lines. */
function deliveredFiles(sample: number): Received {
  const many = fc.array(deliveries, { minLength: 12, maxLength: 16 });
  const drawn = fc.sample(many, propertyRuns(2, 2))[sample] ?? [];
  return drawn
    .flatMap((delivery) => delivery.files)
    .map((lines, number) => ({
      name: `delivered-${number}.ndjson`,
      bytes: joinLines([Buffer.from(`file ${number}`), ...lines]),
    }));
}

/** Sessions whose events are hard to put in order, because they share instants. */
function tiedFiles(): Received {
  const events = [...tiedSessions(1000), ...sessionsOfOneSecond(1000)];
  const lines = events.map((event) => Buffer.from(JSON.stringify(event)));
  return [{ name: 'tied.ndjson', bytes: joinLines(lines) }];
}

function nastyFiles(): Received {
  const lines = [...NASTY_LINES, ...hugeLines()];
  const join = (each: typeof lines) => joinLines(each.map(({ bytes }) => bytes));
  const first = lines.filter(({ isFirstLineOfFile }) => isFirstLineOfFile);
  return [
    { name: 'together.ndjson', bytes: join(lines.filter((line) => !line.isFirstLineOfFile)) },
    ...first.map((line, index) => ({ name: `first-${index}.ndjson`, bytes: join([line]) })),
  ];
}

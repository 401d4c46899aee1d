/** The same lines through both engines: the same rows, types included, and the same counts. */
import { readdirSync, readFileSync } from 'node:fs';
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
  type Step,
} from '../fixtures/both-engines.ts';
import { hugeLines, NASTY_LINES } from '../fixtures/lines/nasty-lines.ts';
import { propertyRuns } from '../fixtures/long-runs.ts';
import { hasShared, readRees46Expected, sharedPath } from '../fixtures/shared-samples.ts';
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

const withColumnsSkippingCheckout: SettingsChange = (settings) => ({
  ...withColumns(settings),
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

  it('make the same of nasty lines, ties, deliveries in any order and a dirty shop, over two runs', async () => {
    const [first, second] = await simulatedFiles();
    const steps = [
      { files: [...nastyFiles(), ...tiedFiles(), ...first] },
      { files: [...deliveredFiles(0), ...second] },
    ];
    const duckdb = await runSteps(on('duckdb', steps), withColumns);
    expect(Object.keys(duckdb.counts[0]?.quarantined ?? {}).length).toBeGreaterThan(5);
    const spark = await runSteps(on('spark', steps), withColumns);
    expect(spark).toEqual(duckdb);
    expect(spark.differences).toEqual([]);
  });

  it('make the same of files of every format', async () => {
    const files = formatFiles();
    const duckdb = await runSteps([{ engine: 'duckdb', files }]);
    const spark = await runSteps([{ engine: 'spark', files }]);
    const quarantined = { unknown_event_type: 1, bad_timestamp: 1 };
    expect(duckdb.counts[0]).toMatchObject({ quarantined });
    expect(spark).toEqual(duckdb);
    expect(spark.differences).toEqual([]);
  });

  it.skipIf(!hasShared)(
    'make the same of the real events of a store (needs the shared samples)',
    async () => {
      const bytes = await readFile(join(SAMPLE, 'events.ndjson.gz'));
      const steps = [{ files: [{ name: 'rees46.ndjson.gz', bytes }] }];
      const duckdb = await runSteps(on('duckdb', steps));
      const spark = await runSteps(on('spark', steps));
      expect(spark).toEqual(duckdb);
      expect(spark.differences).toEqual([]);
      const expected = readRees46Expected();
      expect(spark.counts).toMatchObject([
        {
          lines: expected.lines_received,
          valid: expected.valid_events,
          duplicates: expected.duplicates,
        },
      ]);
      expect(spark.counts[0]?.quarantined).toEqual(expected.quarantined);
    },
  );

  it('take turns on one lake, which gets columns and then skips the checkout', async () => {
    const files = [0, 1, 2].map((part) => ({ name: `part-${part}.ndjson`, bytes: visits(part) }));
    const steps = [
      { files: files.slice(0, 1) },
      { files: files.slice(1, 2), change: withColumns },
      { files: files.slice(2), change: withColumns },
      { files: [...tiedFiles(), ...deliveredFiles(1)], change: withColumnsSkippingCheckout },
    ];
    const alone = await runSteps(on('duckdb', steps));
    const turns = await runSteps(
      steps.map((step, index) => ({ engine: index % 2 === 0 ? 'duckdb' : 'spark', ...step })),
    );
    expect(turns.counts).toEqual(alone.counts);
    expect(turns.tables).toEqual(alone.tables);
  });

  /** Two files of a simulated shop with all that goes wrong. */
  async function simulatedFiles(): Promise<[Received, Received]> {
    const dirt = Object.fromEntries(Object.keys(DEFAULT_DIRT).map((name) => [name, 0.05]));
    const out = join(scratch.folder, 'landing');
    const shop = { events: 4_000, days: 4, seed: 11, start: '2026-01-08', files: 2 };
    const { files: names } = await simulate({ out, ...shop, gzip: true, dirt });
    const files = await Promise.all(
      names.map(async (name) => ({ name, bytes: await readFile(join(out, name)) })),
    );
    return [files.slice(0, 1), files.slice(1)];
  }
});

/** The same steps, all on one engine. */
function on(engine: EngineName, steps: readonly Omit<Step, 'engine'>[]): Step[] {
  return steps.map((step) => ({ engine, ...step }));
}

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

/** The files of an acceptance case, and lines of JSON compressed under a name that does not say so. */
function formatFiles(): Received {
  const folder = 'test/acceptance/cases/formats/input/landing';
  const names = readdirSync(folder).filter((name) => name !== 'short.tsv');
  return names.map((name) => ({ name, bytes: readFileSync(join(folder, name)) }));
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

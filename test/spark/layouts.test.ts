/**
 * The small real layouts on both engines, each as a source with the mapping that is proposed for it. What they
 * must come to is asserted on DuckDB, in test/pipeline/shared-layouts.test.ts.
 */
import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import type { IngestInput } from '../../src/lake/open-lake.ts';
import type { MappingText } from '../../src/mapping/mapping.ts';
import { proposeMapping } from '../../src/pipeline/propose.ts';
import { contentsOf, type EngineName, SPARK_URL } from '../fixtures/both-engines.ts';
import { KNOWN_TYPES } from '../fixtures/known-types.ts';
import { hasShared, sharedPath } from '../fixtures/shared-samples.ts';
import { openTestLake, type TestLake } from '../pipeline/lake-support.ts';

// Seconds on a quiet machine, minutes on a busy one.
vi.setConfig({ testTimeout: 1_800_000 });

const NOW_MS = Date.UTC(2026, 10, 1);
const RATES = [
  { date: '2000-01-01', currency: 'SEK', rate: '0.09' },
  { date: '2000-01-01', currency: 'JPY', rate: '0.006' },
];

/** Event Hubs Capture writes such files where nothing came. */
const NO_RECORDS = '23-eventhub-avro/41.avro';

describe.skipIf(!hasShared || SPARK_URL === undefined)('layouts that senders really have', () => {
  it('come to the same rows on both engines (needs the shared samples)', async () => {
    const layouts = await listLayouts();
    const duckdb = await readLayouts('duckdb', layouts);
    const sources = layouts.map(({ source }) => source);
    expect(duckdb.events.map(({ source }) => source)).toEqual(
      sources.filter((source) => !source.includes('41-avro')),
    );
    expect(await readLayouts('spark', layouts)).toEqual(duckdb);
  });
});

interface Layout {
  source: string;
  inputs: IngestInput[];
  mapping: MappingText;
}

/** One for each file, since the files of a folder need not have one layout. */
async function listLayouts(): Promise<Layout[]> {
  const root = sharedPath('samples/layouts');
  const files = readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== 'EXPECTED.md')
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
  const layouts: Layout[] = [];
  for (const path of files) {
    const inputs: IngestInput[] = [{ kind: 'file', path }];
    const text = await mappingOf(path, inputs);
    // Several layouts number their events alike.
    const fields = { ...text.fields, event_id: [] };
    const source = relative(root, path)
      .replaceAll(/[^A-Za-z0-9]+/g, '-')
      .toLowerCase();
    layouts.push({ source, inputs, mapping: { ...text, fields, event_id: 'content' } });
  }
  return layouts;
}

async function mappingOf(path: string, inputs: IngestInput[]): Promise<MappingText> {
  if (path.endsWith(NO_RECORDS)) {
    return {};
  }
  return (await proposeMapping(inputs, { types: KNOWN_TYPES, nowMs: NOW_MS })).text;
}

/** Events of each source, by the folder of its files. */
async function eventsBySource(lake: TestLake): Promise<Record<string, unknown>[]> {
  return await lake.rows(`SELECT split_part(bronze_path, '/', 2) AS source, count(*) AS events
    FROM silver_events GROUP BY 1 ORDER BY 1`);
}

async function readLayouts(engine: EngineName, layouts: readonly Layout[]) {
  await using lake = await openTestLake({ now: () => NOW_MS }, (settings) => ({
    ...settings,
    engine,
    spark: { url: SPARK_URL },
    sources: Object.fromEntries(layouts.map(({ source, mapping }) => [source, mapping])),
    money: { currency: 'EUR', assume: undefined, rates: RATES },
  }));
  for (const { source, inputs } of layouts) {
    const { refused } = await lake.lake.ingest(inputs, { source });
    expect(refused, source).toEqual([]);
  }
  const report = await lake.lake.run({ fullRefresh: false });
  const { valid, duplicates, ignored, quarantined, unreadableNumbers, purchases } = report;
  return {
    counts: { valid, duplicates, ignored, quarantined, unreadableNumbers, purchases },
    events: await eventsBySource(lake),
    tables: contentsOf(await lake.lake.hashTables()),
  };
}

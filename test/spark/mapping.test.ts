import { writeFile } from 'node:fs/promises';
import { describe, expect, it, vi } from 'vitest';
import { contentsOf, type EngineName, openOn, SPARK_URL } from '../fixtures/both-engines.ts';
import { mappedLines, SOURCES } from '../fixtures/mapped-records.ts';
import type { SettingsChange } from '../pipeline/lake-support.ts';

// Seconds on a quiet machine, minutes on a busy one.
vi.setConfig({ testTimeout: 1_800_000 });

const withSources: SettingsChange = (settings) => ({
  ...settings,
  silver: { ...settings.silver, extraColumns: [{ name: 'loyalty', type: 'string' }] },
  sources: SOURCES,
});

/** Two runs over records of every mapping, and plain events beside them in the first. */
async function readMapped(engine: EngineName) {
  await using lake = await openOn(engine, withSources);
  const lines = mappedLines(300, 11);
  const plain = [
    '{"event_id":"p1","user_id":"u","event_type":"search","event_timestamp":1767600000}',
  ];
  const counts: unknown[] = [];
  for (const half of [0, 1]) {
    const files = { ...lines, ...(half === 0 ? { plain } : {}) };
    for (const [source, ofSource] of Object.entries(files)) {
      const path = `${lake.folder}/${source}-${half}.ndjson`;
      const part = ofSource.filter((_, index) => source === 'plain' || index % 2 === half);
      await writeFile(path, `${part.join('\n')}\n`);
      await lake.lake.ingest([{ kind: 'file', path }], { source });
    }
    const report = await lake.lake.run({ fullRefresh: false });
    const { valid, duplicates, ignored, quarantined, unreadableNumbers, unknownFields } = report;
    counts.push({ valid, duplicates, ignored, quarantined, unreadableNumbers, unknownFields });
  }
  const tables = contentsOf(await lake.lake.hashTables());
  return { counts, tables };
}

describe.skipIf(SPARK_URL === undefined)('records whose fields lie elsewhere', () => {
  it('come to the same rows on both engines', async () => {
    const duckdb = await readMapped('duckdb');
    expect(await readMapped('spark')).toEqual(duckdb);
  });
});

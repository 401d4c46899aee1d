import { writeFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { describe, expect, it, vi } from 'vitest';
import type { RunReport } from '../../src/pipeline/reports.ts';
import { contentsOf, type EngineName, openOn, SPARK_URL } from '../fixtures/both-engines.ts';
import { mappedLines, SOURCES } from '../fixtures/mapped-records.ts';
import type { SettingsChange } from '../pipeline/lake-support.ts';

// Seconds on a quiet machine, minutes on a busy one.
vi.setConfig({ testTimeout: 1_800_000 });

const withSources: SettingsChange = (settings) => ({
  ...settings,
  silver: { ...settings.silver, extraColumns: [{ name: 'loyalty', type: 'string' }] },
  sources: { ...SOURCES, misspelled: { fields: { user_id: ['user_id', 'usr'] } } },
});

/** Two runs over records of every mapping, and plain events beside them in the first. */
async function readMapped(engine: EngineName) {
  await using lake = await openOn(engine, withSources);
  const lines = mappedLines(300, 11);
  const plain = [
    '{"event_id":"p1","user_id":"u","event_type":"search","event_timestamp":1767600000}',
  ];
  const misspelled = plain.map((line) => line.replace('p1', 'p2'));
  const counts: Partial<RunReport>[] = [];
  let unusedPaths: unknown;
  for (const half of [0, 1]) {
    const files = { ...lines, ...(half === 0 ? { plain, misspelled } : {}) };
    for (const [source, ofSource] of Object.entries(files)) {
      const path = `${lake.folder}/${source}-${half}.ndjson`;
      const part = ofSource.filter((_, index) => !(source in lines) || index % 2 === half);
      await writeFile(path, `${part.join('\n')}\n`);
      await lake.lake.ingest([{ kind: 'file', path }], { source });
    }
    for (const [name, content] of half === 0 ? Object.entries(PLAIN_FILES) : []) {
      const path = `${lake.folder}/${name}`;
      await writeFile(path, content);
      await lake.lake.ingest([{ kind: 'file', path }], { source: 'plain' });
    }
    const report = await lake.lake.run({ fullRefresh: false });
    const { valid, duplicates, ignored, quarantined, unreadableNumbers, unknownFields } = report;
    unusedPaths ??= report.unusedPaths;
    counts.push({ valid, duplicates, ignored, quarantined, unreadableNumbers, unknownFields });
  }
  const tables = contentsOf(await lake.lake.hashTables());
  const batches = (await lake.lake.listBatches()).map(({ committedAt, writer, ...rest }) => rest);
  const { rows } = await lake.lake.listQuarantine({ limit: 10_000 });
  const positions = rows.map(({ reason, bronzePath, position, text }) =>
    JSON.stringify([bronzePath, position, reason, text]),
  );
  return { counts, unusedPaths, tables, batches, positions: positions.toSorted() };
}

/** Files of plain events that Spark reads by itself, with records for quarantine. */
const PLAIN_FILES: Record<string, string | Buffer> = {
  'marked.ndjson': '\ufeff{"event_id":1}\n\n{"event_id":1}\n{"event_id":[]}\r\n',
  'latin.ndjson.gz': gzipSync(Buffer.from('{}\n{"event_id":"\xe9"}\n', 'latin1')),
  'array.json': '[{"event_id":"a"},\n {"event_id":"b"}, 7]',
  'table.csv': 'event_id;user_id\n1;"a\nb"\n2;c\n',
};

describe.skipIf(SPARK_URL === undefined)('records whose fields lie elsewhere', () => {
  it('come to the same rows on both engines', async () => {
    const duckdb = await readMapped('duckdb');
    const unplaced = duckdb.positions.filter((row) => JSON.parse(row)[1] === null);
    expect(unplaced).toEqual([]);
    expect(duckdb.unusedPaths).toEqual([
      { source: 'misspelled', field: 'fields.user_id', paths: ['usr'], records: 1 },
    ]);
    expect(duckdb.batches.map(({ valid }) => valid)).toEqual(
      duckdb.counts.map(({ valid }) => valid).toReversed(),
    );
    expect(duckdb.positions.length).toBeGreaterThan(20);
    expect(await readMapped('spark')).toEqual(duckdb);
  });
});

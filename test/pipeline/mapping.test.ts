import { writeFile } from 'node:fs/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { mappedLines, SOURCES } from '../fixtures/mapped-records.ts';
import { openTestLake, type SettingsChange, type TestLake } from './lake-support.ts';

const COUNT = process.env.CLICKLAKE_TEST_LONG === undefined ? 2_000 : 10_000;
const SEED = Number(process.env.CLICKLAKE_TEST_SEED ?? 7);

const withSources: SettingsChange = (settings) => ({
  ...settings,
  silver: { ...settings.silver, extraColumns: [{ name: 'loyalty', type: 'string' }] },
  sources: SOURCES,
});

let lake: TestLake | undefined;
afterEach(async () => {
  await lake?.[Symbol.asyncDispose]();
  lake = undefined;
});

async function receive(test: TestLake, source: string, lines: readonly string[], name: string) {
  const path = `${test.folder}/${name}`;
  await writeFile(path, `${lines.join('\n')}\n`);
  await test.lake.ingest([{ kind: 'file', path }], { source });
}

describe('records whose fields lie elsewhere', () => {
  it('become what a plain reading of their paths says, record for record', async () => {
    lake = await openTestLake({}, withSources);
    const lines = mappedLines(COUNT, SEED);
    let records = 0;
    for (const [source, ofSource] of Object.entries(lines)) {
      const half = Math.floor(ofSource.length / 2);
      await receive(lake, source, ofSource.slice(0, half), `${source}-1.ndjson`);
      await receive(lake, source, ofSource.slice(half), `${source}-2.ndjson`);
      records += ofSource.length;
    }
    const report = await lake.lake.run({ fullRefresh: false });
    const quarantined = Object.values(report.quarantined).reduce((sum, count) => sum + count, 0);
    expect(report.lines).toBe(records);
    expect(report.valid + report.duplicates + report.ignored + quarantined).toBe(records);
    for (const count of [report.valid, report.ignored, quarantined]) {
      expect(count).toBeGreaterThan(records / 50);
    }
    const { checks } = await lake.lake.verify();
    expect(checks.filter(({ isEqual }) => !isEqual)).toEqual([]);
    const { outcomes } = await lake.lake.status();
    expect(outcomes).toMatchObject({ ignored: report.ignored, duplicates: report.duplicates });
  });
});

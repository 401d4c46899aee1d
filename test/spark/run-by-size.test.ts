/** Engine `auto`: runs of both engines, one after the other, on one lake. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Settings } from '../../src/config/settings.ts';
import { SPARK_URL } from '../fixtures/both-engines.ts';
import { messyLines } from '../fixtures/messy-lines.ts';
import { openDisposable, openTestLake, receiveBytes } from '../pipeline/lake-support.ts';

const hooks = { now: () => Date.UTC(2026, 1, 1) };

describe.skipIf(SPARK_URL === undefined)('engine auto', () => {
  it('has the tables of DuckDB, whichever engine each run was', async () => {
    await using byDuckdb = await openTestLake(hooks, onDuckdb);
    await using byBoth = await openTestLake(hooks, onDuckdb);
    const engines: string[] = [];
    for (const [file, fromMb] of [10, 0.001, 10].entries()) {
      const name = `${file}.ndjson`;
      await byDuckdb.receive(name, messyLines(file, 60));
      await byDuckdb.lake.run();
      await using lake = await openDisposable(automatic(byBoth.settings, fromMb), hooks);
      await receiveBytes(lake, join(byBoth.folder, name), messyLines(file, 60));
      const { engine, engineChoice, lines, tablesWritten } = await lake.run();
      const { tables } = await lake.status();
      const versions = new Map(tables.map(({ table, version }) => [table, version]));
      expect(tablesWritten.map(({ table, version }) => [table, version])).toEqual(
        tablesWritten.map(({ table }) => [table, versions.get(table)]),
      );
      const runBytes = Buffer.byteLength(messyLines(file, 60));
      const sparkFromBytes = fromMb * 1e6;
      expect({ engineChoice, lines }).toEqual({
        ...{ engineChoice: { why: 'size', runBytes, sparkFromBytes }, lines: 60 },
      });
      engines.push(engine);
      const nothing = { engine: 'duckdb', lines: 0, tablesWritten: [] };
      expect(await lake.run()).toMatchObject(nothing);
    }
    expect(engines).toEqual(['duckdb', 'spark', 'duckdb']);
    expect((await byBoth.lake.hashTables()).tables).toEqual(
      (await byDuckdb.lake.hashTables()).tables,
    );
    expect((await byBoth.lake.verify()).checks.filter(({ isEqual }) => !isEqual)).toEqual([]);
  });
});

const onDuckdb = (settings: Settings): Settings => ({ ...settings, engine: 'duckdb' });

function automatic(settings: Settings, fromMb: number): Settings {
  return { ...settings, engine: 'auto', spark: { url: SPARK_URL, fromMb } };
}

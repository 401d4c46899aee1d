import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Settings } from '../../src/config/settings.ts';
import { dataDictionary, type TableDescription } from '../../src/pipeline/data-dictionary.ts';
import { simulate } from '../../src/simulate/simulate.ts';
import { hasPython, runPython } from '../delta/python.ts';
import { NASTY_LINES } from '../fixtures/lines/nasty-lines.ts';
import { openTestLake, type TestLake } from './lake-support.ts';

/** What another reader makes of a table. */
interface ForeignTable {
  protocol: [number, number];
  types: Record<string, string>;
  comments: Record<string, string>;
  rows: unknown[][];
  polarsHash: string;
  deltaRsHash: string;
}

const POLARS_TYPES: Readonly<Record<string, string>> = {
  string: 'String',
  int: 'Int32',
  bigint: 'Int64',
  double: 'Float64',
  boolean: 'Boolean',
  date: 'Date',
  timestamp: "Datetime(time_unit='us', time_zone='UTC')",
  'decimal(18,2)': 'Decimal(precision=18, scale=2)',
  'decimal(18,3)': 'Decimal(precision=18, scale=3)',
  'decimal(18,10)': 'Decimal(precision=18, scale=10)',
};

const EXTRA_TYPES = [
  'string',
  'int',
  'bigint',
  'double',
  'decimal(18,2)',
  'boolean',
  'timestamp',
  'date',
] as const;
const EXTRA_COLUMNS = EXTRA_TYPES.map((type, index) => ({ name: `extra_${index}`, type }));
const EXTRA_LINE = {
  event_id: '\ufeffextra ü',
  user_id: 'u',
  session_id: 's',
  event_type: 'search',
  event_timestamp: '2026-01-02T03:04:05.678901Z',
  ...Object.fromEntries(
    ['\ufeffx', -7, '-9007199254740993', -0.1, '0.10', true, 1767225600, '2026-01-31'].map(
      (value, index) => [`extra_${index}`, value],
    ),
  ),
};

const withExtras = (settings: Settings): Settings => ({
  ...settings,
  silver: { ...settings.silver, extraColumns: EXTRA_COLUMNS },
  maintain: { ...settings.maintain, retentionHours: 0 },
});

/** A shop with everything that goes wrong, in as many files; and lines nobody should send. */
async function simulateFiles(lake: TestLake): Promise<{ name: string; bytes: Buffer }[]> {
  const out = join(lake.folder, 'landing');
  const { files } = await simulate({ out, events: 3_000, days: 3, files: 8 });
  const simulated = await Promise.all(
    files.map(async (name) => ({ name, bytes: await readFile(join(out, name)) })),
  );
  const nasty = NASTY_LINES.flatMap(({ bytes }) => [bytes, Buffer.from('\n')]);
  return [
    ...simulated,
    {
      name: 'odd.ndjson',
      bytes: Buffer.concat([...nasty, Buffer.from(JSON.stringify(EXTRA_LINE))]),
    },
  ];
}

async function receiveAndRun(
  lake: TestLake,
  files: readonly { name: string; bytes: Buffer }[],
): Promise<void> {
  for (const { name, bytes } of files) {
    await lake.receive(name, bytes);
  }
  await lake.lake.run({ fullRefresh: false });
}

/** The simulated shop sends no refunds. */
const EMPTY = new Set(['gold_refunds']);

/** Every table: the same columns, types, comments and rows for Polars and delta-rs as for us. */
async function expectReadAlike(lake: TestLake, tables: readonly TableDescription[]): Promise<void> {
  const roots = tables.map(({ root }) => root);
  const theirs = await runPython<Record<string, ForeignTable>>(
    'lake.py',
    ...['read', lake.settings.lake, ...roots],
  );
  const hashes = (await lake.lake.hashTables()).tables;
  for (const [index, { name, root, columns }] of tables.entries()) {
    const table = theirs[root]!;
    const rows = (await lake.rows(`SELECT * FROM ${name}`)).map((row) => Object.values(row));
    expect(rows.length > 0, name).toBe(!EMPTY.has(name));
    expect(inOrder(table.rows), name).toEqual(inOrder(rows));
    expect(table.protocol, name).toEqual([1, 2]);
    expect(table.types, name).toEqual(
      Object.fromEntries(columns.map((column) => [column.name, POLARS_TYPES[column.type]])),
    );
    expect(table.comments, name).toEqual(
      Object.fromEntries(columns.map((column) => [column.name, column.description])),
    );
    expect(hashes[index], name).toMatchObject({ table: name, rows: rows.length });
    expect([table.polarsHash, table.deltaRsHash], name).toEqual(
      Array(2).fill(hashes[index]?.sha256),
    );
  }
}

const inOrder = (rows: readonly unknown[][]): string[] =>
  rows.map((row) => JSON.stringify(row)).toSorted();

/** Columns that are never null according to the data dictionary, and are. */
async function nullsAgainstTheDictionary(
  lake: TestLake,
  tables: readonly TableDescription[],
): Promise<string[]> {
  const wrong: string[] = [];
  for (const { name, columns } of tables) {
    const required = columns.filter(({ nullable }) => !nullable);
    const counts = required.map((column) => `count(*) - count(${column.name}) AS ${column.name}`);
    const [row = {}] = await lake.rows(`SELECT ${counts.join(', ')} FROM ${name}`);
    for (const [column, count] of Object.entries(row)) {
      if (count !== 0) {
        wrong.push(`${name}.${column}`);
      }
    }
  }
  return wrong;
}

describe.skipIf(!hasPython())('a whole lake, for delta-rs and Polars', () => {
  it('holds the same rows as for us, after runs, maintenance and a full refresh', async () => {
    await using lake = await openTestLake({}, withExtras);
    const tables = dataDictionary(lake.settings);
    const files = await simulateFiles(lake);
    await receiveAndRun(lake, files.slice(0, 3));
    await receiveAndRun(lake, files.slice(3, 6));
    await receiveAndRun(lake, files.slice(6));
    await expectReadAlike(lake, tables);
    expect(await nullsAgainstTheDictionary(lake, tables)).toEqual([]);
    const before = await lake.lake.hashTables();

    await lake.lake.maintain({ dryRun: false });
    await expectReadAlike(lake, tables);
    await lake.lake.run({ fullRefresh: true });
    await expectReadAlike(lake, tables);
    const hashesOf = ({ tables }: typeof before) => tables.map(({ sha256 }) => sha256);
    expect(hashesOf(await lake.lake.hashTables())).toEqual(hashesOf(before));
  });

  it('may be changed by them: we read it, and the next run goes on', async () => {
    await using lake = await openTestLake({}, withExtras);
    const tables = dataDictionary(lake.settings);
    const files = await simulateFiles(lake);
    await receiveAndRun(lake, files.slice(0, -2));
    await receiveAndRun(lake, files.slice(-1));
    const count = async (from: string) =>
      Number((await lake.rows(`SELECT count(*) AS n FROM ${from}`))[0]?.n);
    const events = await count('silver_events');
    const theirs = await runPython<{ mended: string; deletedSession: string }>(
      'lake.py',
      ...['go_on', lake.settings.lake],
    );
    const deleted = `session_id = '${theirs.deletedSession}'`;
    const deletedCount = await count(`gold_sessions WHERE ${deleted}`);
    expect(deletedCount).toBe(1);
    expect(await count(`silver_events WHERE ${deleted}`)).toBe(0);
    expect(await count("silver_events WHERE session_id = 'their session'")).toBe(2);
    expect(await lake.rows("SELECT event_id FROM silver_events WHERE device = 'mended'")).toEqual([
      { event_id: theirs.mended },
    ]);
    expect(await count("silver_quarantine WHERE reason = 'not_json'")).toBe(0);
    await expectReadAlike(lake, tables);

    // The next run takes the one file that is new, and Gold follows what they did to Silver.
    await lake.receive('late.ndjson', files.at(-2)!.bytes);
    const report = await lake.lake.run({ fullRefresh: false });
    expect(report.files).toBe(1);
    expect(report.lines).toBe(report.valid + report.duplicates + sum(report.quarantined));
    expect(await count('silver_events')).toBeGreaterThan(events);
    expect(await count(`gold_sessions WHERE ${deleted}`)).toBe(0);
    expect(
      await lake.rows("SELECT event_count FROM gold_sessions WHERE session_id = 'their session'"),
    ).toEqual([{ event_count: 2 }]);
    await expectReadAlike(lake, tables);
  });
});

const sum = (counts: Record<string, number>): number =>
  Object.values(counts).reduce((total, count) => total + count, 0);

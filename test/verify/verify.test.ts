import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BUILT_IN_EVENT_TYPE_ALIASES, BUILT_IN_EVENT_TYPES } from '../../src/config/event-types.ts';
import {
  TABLE_NAMES,
  TABLES,
  type TableName,
  type TableValue,
} from '../../src/verify/canonical-row.ts';
import type { EventRules } from '../../src/verify/event-line.ts';
import { type RowBatch, type VerifyInput, verifyLake } from '../../src/verify/verify.ts';
import { fileBytes, RANDOM_RECEIVED_AT_MICROS, randomFiles } from '../fixtures/arbitraries.ts';
import { record, utcMicros } from '../fixtures/lines/line-case.ts';
import {
  type ReferenceFile,
  type ReferenceLake,
  type ReferenceRow,
  type ReferenceValue,
  referenceLake,
} from '../fixtures/reference.ts';

const RULES: EventRules = {
  eventTypes: new Set(BUILT_IN_EVENT_TYPES),
  aliases: new Map(Object.entries(BUILT_IN_EVENT_TYPE_ALIASES)),
  extraColumns: new Set(),
};

let tempFolder: string;
beforeAll(() => {
  tempFolder = mkdtempSync(join(tmpdir(), 'clicklake-verify-'));
});
afterAll(() => rmSync(tempFolder, { recursive: true }));

/** A value as a table's reader gives it. */
function readerValue(table: TableName, index: number, value: ReferenceValue): TableValue {
  const scale = { 'decimal(18,2)': 2, 'decimal(18,3)': 3 }[
    TABLES[table].columns[index]!.type as string
  ];
  if (scale !== undefined && typeof value === 'bigint') {
    const digits = String(value < 0n ? -value : value).padStart(scale + 1, '0');
    return `${value < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
  }
  // Counts may come as either kind of integer.
  return typeof value === 'number' && Number.isInteger(value) && index % 2 === 0
    ? BigInt(value)
    : value;
}

/** In batches of two rows, the last row first. */
function* batchesOf(table: TableName, rows: readonly ReferenceRow[]): Iterable<RowBatch> {
  const reversed = rows.toReversed();
  for (let at = 0; at < reversed.length; at += 2) {
    yield reversed
      .slice(at, at + 2)
      .map((row) =>
        TABLES[table].columns.map(({ name }, index) => readerValue(table, index, row[name]!)),
      );
  }
}

function receive(files: readonly { lines: Buffer[] }[]): ReferenceFile[] {
  return files.map(({ lines }, index) => ({
    lines,
    path: `bronze/web/date=2026-01-15/${index}.ndjson`,
    receivedAtMicros: RANDOM_RECEIVED_AT_MICROS,
  }));
}

/** Verifies files against tables, which are those of the files unless something was done to them. */
function verify(
  files: readonly ReferenceFile[],
  tables: ReferenceLake['tables'],
  more: Partial<VerifyInput> = {},
) {
  const isBlank = (line: Buffer): boolean =>
    /^\s*$/.test(line.toString('latin1').replaceAll('\xa0', 'x'));
  return verifyLake({
    files: files.map((file, index) => ({
      fileNumber: index + 1,
      path: file.path,
      receivedAtMicros: file.receivedAtMicros,
      textBytes: 1_000,
      lineCount: file.lines.filter((line) => !isBlank(line)).length,
      blankLineCount: file.lines.filter(isBlank).length,
    })),
    async *openFile({ fileNumber }) {
      yield fileBytes({ lines: [...files[fileNumber - 1]!.lines] });
    },
    async *readTable(table, columns) {
      expect(columns).toEqual(TABLES[table].columns.map(({ name }) => name));
      yield* batchesOf(table, tables[table]!);
    },
    rules: RULES,
    isCheckoutSkipped: false,
    tempFolder,
    ...more,
  });
}

function differencesOf(report: Awaited<ReturnType<typeof verifyLake>>) {
  return report.checks.filter((each) => !each.isEqual);
}

/** Two sessions of one user, a duplicate, a conflict and a broken line. */
function smallLake() {
  const line = (id: string, fields = {}): Buffer => Buffer.from(record(fields)(id));
  const files = receive([
    {
      lines: [
        line('e1', { event_type: '"product_view"', product_id: '"p1"' }),
        line('e2', { event_type: '"purchase"', product_id: '"p1"', price: '2.50', quantity: '2' }),
        line('e3', { session_id: '"s2"', event_timestamp: '"2026-01-11T10:00:00Z"' }),
        Buffer.from('not json'),
        Buffer.from(''),
      ],
    },
    {
      lines: [
        line('e3', { session_id: '"s2"', event_timestamp: '"2026-01-11T10:00:00Z"' }),
        line('e1'),
      ],
    },
  ]);
  return { files, tables: referenceLake(files, RULES).tables };
}

function rowWith(rows: ReferenceRow[], column: string, value: ReferenceValue): ReferenceRow {
  return rows.find((row) => row[column] === value)!;
}

describe('verifyLake', () => {
  it('finds nothing to say about a lake that holds what its lines say', async () => {
    await fc.assert(
      fc.asyncProperty(randomFiles, fc.boolean(), async (random, isCheckoutSkipped) => {
        const files = receive(random);
        const { tables, lines } = referenceLake(files, RULES, isCheckoutSkipped);
        const report = await verify(files, tables, { isCheckoutSkipped });
        expect(differencesOf(report)).toEqual([]);
        expect(report.lines).toBe(lines);
      }),
      { numRuns: 60 },
    );
  });

  it('finds any one cell changed, any row lost or doubled, in any table', async () => {
    const damage = fc.record({
      table: fc.constantFrom(...TABLE_NAMES),
      row: fc.nat(),
      column: fc.nat(),
      kind: fc.constantFrom('change', 'lose', 'double'),
    });
    await fc.assert(
      fc.asyncProperty(randomFiles, damage, async (random, { table, row, column, kind }) => {
        const files = receive(random);
        const { tables } = referenceLake(files, RULES);
        const rows = tables[table]!;
        fc.pre(rows.length > 0);
        const at = row % rows.length;
        if (kind === 'lose') rows.splice(at, 1);
        else if (kind === 'double') rows.push(rows[at]!);
        else rows[at] = changed(rows[at]!, column);
        const differences = differencesOf(await verify(files, tables));
        expect(differences.length).toBeGreaterThan(0);
        // Except for the law, only that table differs, and the row is named.
        const names = differences
          .map(({ name }) => name)
          .filter((name) => !name.startsWith('lines received'));
        expect(names.every((name) => name.startsWith(`${table}: `))).toBe(true);
        expect(names[0]).toContain(TABLES[table].columns[TABLES[table].key[0]!]!.name);
      }),
      { numRuns: 150 },
    );
    expect(readdirSync(tempFolder)).toEqual([]);
  });

  function changed(row: ReferenceRow, column: number): ReferenceRow {
    const name = Object.keys(row)[column % Object.keys(row).length]!;
    const value = row[name]!;
    if (typeof value === 'boolean') return { ...row, [name]: !value };
    if (typeof value === 'bigint') return { ...row, [name]: value + 1n };
    if (typeof value === 'number') return { ...row, [name]: value + 1 };
    return { ...row, [name]: value === null ? 0 : null };
  }

  it('names the row and the column that differ', async () => {
    const { files, tables } = smallLake();
    rowWith(tables.gold_sessions!, 'session_id', 's1').revenue = 501n;
    const differences = differencesOf(await verify(files, tables));
    expect(differences.slice(0, 2)).toEqual([
      {
        name: 'gold_sessions: revenue of session_id "s1"',
        expected: '5.00',
        actual: '5.01',
        isEqual: false,
      },
      { name: 'gold_sessions: sum of revenue', expected: '5.00', actual: '5.01', isEqual: false },
    ]);
  });

  it('names the event that is missing, after the law that is broken', async () => {
    const { files, tables } = smallLake();
    tables.silver_events = tables.silver_events!.filter((row) => row.event_id !== 'e2');
    const differences = differencesOf(await verify(files, tables));
    expect(differences.slice(0, 3)).toEqual([
      {
        name: 'lines received = valid + duplicates + quarantined',
        expected: '6',
        actual: '5',
        isEqual: false,
      },
      { name: 'silver_events: event_id "e2"', expected: '1 row', actual: '0 rows', isEqual: false },
      { name: 'silver_events: rows', expected: '3', actual: '2', isEqual: false },
    ]);
  });

  it('names a quarantined line with another reason', async () => {
    const { files, tables } = smallLake();
    rowWith(tables.silver_quarantine!, 'reason', 'not_json').reason = 'not_utf8';
    const differences = differencesOf(await verify(files, tables));
    expect(differences.map(({ name }) => name)).toEqual([
      'silver_quarantine: reason of bronze_path "bronze/web/date=2026-01-15/0.ndjson", raw_text "not json", raw_base64 null',
      'silver_quarantine: rows with reason not_json',
      'silver_quarantine: every row (hash)',
    ]);
    expect(differences[0]).toMatchObject({ expected: '"not_json"', actual: '"not_utf8"' });
  });

  it('pairs off equal rows of one key before it names a difference', async () => {
    const files = receive([{ lines: Array.from({ length: 3 }, () => Buffer.from('not json')) }]);
    const { tables } = referenceLake(files, RULES);
    tables.silver_quarantine![1]!.received_at = utcMicros(2026, 1, 1);
    const [first] = differencesOf(await verify(files, tables));
    expect(first!.name).toMatch(/^silver_quarantine: received_at of bronze_path/);
    expect(first!.actual).toBe('2026-01-01T00:00:00.000000Z');
  });

  it('names the file whose lines are not those it was received with', async () => {
    const { files, tables } = smallLake();
    const changedFiles = [{ ...files[0]!, lines: files[0]!.lines.slice(0, 3) }, files[1]!];
    const report = await verify(files, tables, {
      async *openFile({ fileNumber }) {
        yield fileBytes({ lines: [...changedFiles[fileNumber - 1]!.lines] });
      },
    });
    expect(differencesOf(report)[0]).toEqual({
      name: 'bronze/web/date=2026-01-15/0.ndjson: lines',
      expected: '3 and 0 blank',
      actual: '4 and 1 blank',
      isEqual: false,
    });
  });

  it('states the law and tells how far it is', async () => {
    const { files, tables } = smallLake();
    const progress: number[] = [];
    const report = await verify(files, tables, { onProgress: (lines) => progress.push(lines) });
    expect(progress).toEqual([4, 5, 6]);
    expect(report.lines).toBe(6);
    expect(report.checks[2]).toEqual({
      name: 'lines received = valid + duplicates + quarantined',
      expected: '6',
      actual: '6',
      isEqual: true,
    });
  });

  it('takes an empty lake', async () => {
    const tables = Object.fromEntries(TABLE_NAMES.map((name) => [name, []]));
    const report = await verify([], tables);
    expect(differencesOf(report)).toEqual([]);
    expect(report.lines).toBe(0);
  });

  it('keeps instants beyond milliseconds and negative prices exact', async () => {
    const fields = {
      event_type: '"purchase"',
      price: '-0.05',
      event_timestamp: '"2026-01-10T10:00:00.000001Z"',
    };
    const files = receive([{ lines: [Buffer.from(record(fields)('e1'))] }]);
    const { tables } = referenceLake(files, RULES);
    tables.silver_events![0]!.event_timestamp = utcMicros(2026, 1, 10, 10);
    tables.gold_users![0]!.revenue = -6n;
    const differences = differencesOf(await verify(files, tables));
    expect(differences[0]).toEqual({
      name: 'silver_events: event_timestamp of event_id "e1"',
      expected: '2026-01-10T10:00:00.000001Z',
      actual: '2026-01-10T10:00:00.000000Z',
      isEqual: false,
    });
    expect(differences).toContainEqual({
      name: 'gold_users: sum of revenue',
      expected: '-0.05',
      actual: '-0.06',
      isEqual: false,
    });
  });
});

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BUILT_IN_EVENT_TYPE_ALIASES, BUILT_IN_EVENT_TYPES } from '../../src/config/event-types.ts';
import { DEFAULT_GOLD_RULES } from '../../src/contract/gold-rules.ts';
import { TABLE_NAMES, TABLES, type TableName } from '../../src/verify/canonical-row.ts';
import type { EventRules } from '../../src/verify/line-judge.ts';
import { type VerifyInput, verifyLake } from '../../src/verify/verify.ts';
import { fileBytes, RANDOM_RECEIVED_AT_MICROS, randomFiles } from '../fixtures/arbitraries.ts';
import {
  type LineCase,
  RECEIVED_AT_MICROS,
  record,
  utcMicros,
} from '../fixtures/lines/line-case.ts';
import { hugeLines, NASTY_LINES } from '../fixtures/lines/nasty-lines.ts';
import { propertyRuns } from '../fixtures/long-runs.ts';
import { openTestRecount, sqlValue, type TestRecount } from '../fixtures/recount-session.ts';
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
};

let recount: TestRecount;
beforeAll(async () => {
  recount = await openTestRecount();
});
afterAll(() => recount.close());

/** SQL that reads the rows of a reference's table. */
function tableSql(table: TableName, rows: readonly ReferenceRow[]): string {
  const { columns } = TABLES[table];
  const values = columns.map(
    ({ name, type }) =>
      (row: ReferenceRow) =>
        sqlValue(type, row[name]!),
  );
  const names = columns.map(({ name }) => name);
  const nothing = columns.map(({ type }) => sqlValue(type, null));
  const texts = rows.map((row) => `(${values.map((value) => value(row)).join(', ')})`);
  return `SELECT * FROM (VALUES ${[`(${nothing.join(', ')})`, ...texts].join(', ')})
    AS t(${names.join(', ')}) WHERE ${names.map((name) => `${name} IS NOT NULL`).join(' OR ')}`;
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
      lineCount: file.lines.filter((line) => !isBlank(line)).length,
      blankLineCount: file.lines.filter(isBlank).length,
    })),
    async *openFile({ fileNumber }) {
      yield fileBytes({ lines: [...files[fileNumber - 1]!.lines] });
    },
    readTable: async (table) => tableSql(table, tables[table]!),
    session: recount.session,
    rulesOf: () => RULES,
    rules: DEFAULT_GOLD_RULES,
    tempFolder: recount.folder,
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
      fc.asyncProperty(randomFiles, fc.boolean(), async (random, skipCheckout) => {
        const rules = { ...DEFAULT_GOLD_RULES, skipCheckout };
        const files = receive(random);
        const { tables, lines } = referenceLake(files, RULES, rules);
        const report = await verify(files, tables, { rules });
        expect(differencesOf(report)).toEqual([]);
        expect(report.lines).toBe(lines);
      }),
      propertyRuns(10, 100),
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
        if (kind === 'lose') {
          rows.splice(at, 1);
        } else if (kind === 'double') {
          rows.push(rows[at]!);
        } else {
          rows[at] = changed(rows[at]!, column);
        }
        const differences = differencesOf(await verify(files, tables));
        expect(differences.length).toBeGreaterThan(0);
        // Except for the law, only that table differs, and the row is named.
        const names = differences
          .map(({ name }) => name)
          .filter((name) => !name.startsWith('records received'));
        expect(names.every((name) => name.startsWith(`${table}: `))).toBe(true);
        expect(names[0]).toContain(TABLES[table].columns[TABLES[table].key[0]!]!.name);
      }),
      propertyRuns(20, 300),
    );
  });

  function changed(row: ReferenceRow, column: number): ReferenceRow {
    const name = Object.keys(row)[column % Object.keys(row).length]!;
    const value = row[name]!;
    if (typeof value === 'boolean') {
      return { ...row, [name]: !value };
    }
    if (typeof value === 'bigint') {
      return { ...row, [name]: value + 1n };
    }
    if (typeof value === 'number') {
      return { ...row, [name]: value + 1 };
    }
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
        name: 'records received = valid + duplicates + ignored + quarantined',
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
    // Half of the work is done when the lines of both files are read; each table moves it on.
    expect(progress.slice(0, 2)).toEqual([2, 3]);
    expect(progress.slice(2)).toEqual([3, 3, 4, 4, 4, 4, 4, 4, 5, 5, 5, 5, 5, 5, 6, 6, 6]);
    expect(report.lines).toBe(6);
    expect(report.checks[2]).toEqual({
      name: 'records received = valid + duplicates + ignored + quarantined',
      expected: '6',
      actual: '6',
      isEqual: true,
    });
  });

  it('judges the nasty lines as the reference does, a huge one included', async () => {
    const isFirst = (line: LineCase): boolean => line.isFirstLineOfFile;
    const others = [...NASTY_LINES.filter((line) => !isFirst(line)), ...hugeLines().slice(0, 1)];
    const files = [others, ...NASTY_LINES.filter(isFirst).map((line) => [line])].map(
      (lines, index) => ({
        path: `bronze/web/date=2026-01-15/${index}.ndjson`,
        receivedAtMicros: RECEIVED_AT_MICROS,
        lines: lines.map((line) => line.bytes),
      }),
    );
    const { tables, lines } = referenceLake(files, RULES);
    const accepted = NASTY_LINES.filter(({ outcome }) => outcome.kind === 'event').length;
    expect(tables.silver_events).toHaveLength(accepted + 1);
    const report = await verify(files, tables);
    expect(differencesOf(report)).toEqual([]);
    expect(report.lines).toBe(lines);
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
    tables.gold_refunds![0]!.amount = 6n;
    const differences = differencesOf(await verify(files, tables));
    expect(differences[0]).toEqual({
      name: 'silver_events: event_timestamp of event_id "e1"',
      expected: '2026-01-10T10:00:00.000001Z',
      actual: '2026-01-10T10:00:00.000000Z',
      isEqual: false,
    });
    expect(differences).toContainEqual({
      name: 'gold_refunds: sum of amount',
      expected: '0.05',
      actual: '0.06',
      isEqual: false,
    });
  });
});

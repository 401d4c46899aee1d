import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BUILT_IN_EVENT_TYPE_ALIASES, BUILT_IN_EVENT_TYPES } from '../../src/config/event-types.ts';
import { TABLE_NAMES, TABLES, type TableName } from '../../src/verify/canonical-row.ts';
import type { EventRules } from '../../src/verify/event-line.ts';
import { recountLake } from '../../src/verify/recount.ts';
import type { BronzeFile, RecountInput } from '../../src/verify/recount-state.ts';
import {
  addRow,
  firstDifferingBucket,
  hashText64,
  newTableTotals,
  sumOf,
  type TableTotals,
} from '../../src/verify/table-totals.ts';
import { fileBytes, RANDOM_RECEIVED_AT_MICROS, randomFiles } from '../fixtures/arbitraries.ts';
import { type LineCase, RECEIVED_AT_MICROS } from '../fixtures/lines/line-case.ts';
import { hugeLines, NASTY_LINES } from '../fixtures/lines/nasty-lines.ts';
import { type ReferenceFile, type ReferenceLake, referenceLake } from '../fixtures/reference.ts';

const RULES: EventRules = {
  eventTypes: new Set(BUILT_IN_EVENT_TYPES),
  aliases: new Map(Object.entries(BUILT_IN_EVENT_TYPE_ALIASES)),
  extraColumns: new Set(),
};

let tempFolder: string;
beforeAll(() => {
  tempFolder = mkdtempSync(join(tmpdir(), 'clicklake-recount-'));
});
afterAll(() => rmSync(tempFolder, { recursive: true }));

/** Hands the bytes over in pieces of this size. */
function recountOf(
  files: readonly ReferenceFile[],
  pieceBytes: number,
  more: Partial<RecountInput> = {},
) {
  const bytes = files.map((file) => fileBytes({ lines: [...file.lines] }));
  const bronze = files.map(
    (file, index): BronzeFile => ({
      fileNumber: index + 1,
      path: file.path,
      receivedAtMicros: file.receivedAtMicros,
      textBytes: bytes[index]!.length,
      lineCount: 0,
      blankLineCount: 0,
    }),
  );
  return recountLake({
    files: bronze.toReversed(),
    async *openFile(file) {
      const all = bytes[file.fileNumber - 1]!;
      for (let at = 0; at < all.length; at += pieceBytes) yield all.subarray(at, at + pieceBytes);
    },
    rules: RULES,
    isCheckoutSkipped: false,
    tempFolder,
    ...more,
  });
}

function summaryOf(totals: TableTotals) {
  return {
    rows: totals.rowCount,
    sums: totals.sums.map((sum) => sum && sumOf(sum)),
    counts: totals.counts.map((counts) => counts && new Map([...counts].sort())),
    hash: hashText64(totals),
  };
}

function expectSame(recount: Awaited<ReturnType<typeof recountLake>>, reference: ReferenceLake) {
  expect({
    lines: recount.lines,
    blankLines: recount.blankLines,
    duplicates: recount.duplicates,
    quarantined: recount.quarantined,
    unknownFields: recount.unknownFields,
    unreadableNumbers: recount.unreadableNumbers,
  }).toEqual({
    lines: reference.lines,
    blankLines: reference.blankLines,
    duplicates: reference.duplicates,
    quarantined: reference.quarantined,
    unknownFields: reference.unknownFields,
    unreadableNumbers: reference.unreadableNumbers,
  });
  for (const name of TABLE_NAMES) {
    const expected = referenceTotals(reference, name);
    expect(summaryOf(recount.tables[name]), name).toEqual(summaryOf(expected));
    expect(firstDifferingBucket(recount.tables[name], expected)).toBeUndefined();
  }
  expect(recount.lines).toBe(
    recount.valid + recount.duplicates + recount.tables.silver_quarantine.rowCount,
  );
}

function referenceTotals(reference: ReferenceLake, name: TableName): TableTotals {
  const totals = newTableTotals(TABLES[name]);
  for (const row of reference.tables[name]!) {
    expect(Object.keys(row)).toEqual(totals.shape.columns.map((column) => column.name));
    addRow(totals, Object.values(row));
  }
  return totals;
}

describe('recountLake', () => {
  it('comes to what the reference comes to, in memory and through files', async () => {
    await fc.assert(
      fc.asyncProperty(
        randomFiles,
        fc.boolean(),
        fc.constantFrom(7, 100, 100_000),
        fc.constantFrom(undefined, 1_000),
        async (files, isCheckoutSkipped, pieceBytes, maxRecordBytes) => {
          const received = files.map(({ lines }, index) => ({
            lines,
            path: `bronze/web/date=2026-01-15/${index}.ndjson`,
            receivedAtMicros: RANDOM_RECEIVED_AT_MICROS + BigInt(index),
          }));
          const limits = maxRecordBytes === undefined ? {} : { maxRecordBytes, maxGroups: 2 };
          const recount = await recountOf(received, pieceBytes, { isCheckoutSkipped, ...limits });
          expectSame(recount, referenceLake(received, RULES, isCheckoutSkipped));
        },
      ),
      { numRuns: 250 },
    );
    expect(readdirSync(tempFolder)).toEqual([]);
  });

  it('counts the nasty lines as the reference does, a huge one included', async () => {
    const isFirst = (line: LineCase): boolean => line.isFirstLineOfFile;
    const others = [...NASTY_LINES.filter((line) => !isFirst(line)), ...hugeLines().slice(0, 1)];
    const files = [others, ...NASTY_LINES.filter(isFirst).map((line) => [line])].map(
      (lines, index) => ({
        path: `bronze/web/date=2026-01-15/${index}.ndjson`,
        receivedAtMicros: RECEIVED_AT_MICROS,
        lines: lines.map((line) => line.bytes),
      }),
    );
    const recount = await recountOf(files, 65_536, { maxRecordBytes: 1_000_000 });
    expectSame(recount, referenceLake(files, RULES));
    const accepted = NASTY_LINES.filter(({ outcome }) => outcome.kind === 'event').length;
    expect(recount.valid).toBe(accepted + 1);
  });

  it('keeps the rows of a bucket for those who ask', async () => {
    const line = NASTY_LINES.find(({ name }) => name === 'a record with every field')!;
    const file = { path: 'bronze/a', receivedAtMicros: RECEIVED_AT_MICROS, lines: [line.bytes] };
    const { tables } = await recountOf([file], 1_000);
    for (const table of TABLE_NAMES) {
      const bucket = firstDifferingBucket(tables[table], newTableTotals(tables[table].shape));
      if (bucket === undefined) continue;
      const { tables: again } = await recountOf([file], 1_000, { keep: { table, bucket } });
      const rows = again[table].kept!.rows;
      expect(rows).toEqual(
        referenceLake([file], RULES).tables[table]!.map((row) => Object.values(row)),
      );
    }
  });
});

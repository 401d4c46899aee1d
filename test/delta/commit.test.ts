import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AddFile, emptyActionSet, type RemoveFile } from '../../src/delta/actions.ts';
import { type Change, commitChange } from '../../src/delta/commit.ts';
import { findConflict } from '../../src/delta/conflict.ts';
import { commitPath, logFolder } from '../../src/delta/log-paths.ts';
import { addNullableColumns } from '../../src/delta/schema.ts';
import { refreshSnapshot, type Snapshot } from '../../src/delta/snapshot.ts';
import { propertyRuns } from '../fixtures/long-runs.ts';
import {
  change,
  commitTo,
  committed,
  load,
  memoryContext,
  newFile,
  pathsOf,
  SHAPE,
  tableOf,
} from './support.ts';

const onDay = (day: string): Change['reads'] => ({
  kind: 'files',
  matches: (values) => values.day === day,
});

describe('a commit', () => {
  it('creates the table with the widest protocol, and is seen at once', async () => {
    const context = memoryContext();
    const snapshot = await commitTo(context, undefined, { adds: [newFile('a.parquet')] });
    expect(snapshot.version).toBe(0);
    expect(snapshot.protocol).toMatchObject({ minReaderVersion: 1, minWriterVersion: 2 });
    expect(await load(context)).toEqual(snapshot);
    const lines = (await context.storage.read(commitPath('t', 0))).toString().trim().split('\n');
    expect(lines.map((line) => Object.keys(JSON.parse(line)))).toEqual([
      ['commitInfo'],
      ['protocol'],
      ['metaData'],
      ['add'],
    ]);
  });

  it('appends, replaces and records who did what', async () => {
    const context = { ...memoryContext(), engineInfo: 'Other/1.2.3' };
    const first = await commitTo(context, undefined, {
      adds: [newFile('a.parquet'), newFile('b.parquet')],
    });
    const second = await commitTo(context, first, {
      operation: 'MERGE',
      operationMetrics: { rows: '5' },
      adds: [newFile('c.parquet')],
      removes: [first.files[0] as AddFile],
      reads: { kind: 'all' },
    });
    expect(pathsOf(second.files)).toEqual(['b.parquet', 'c.parquet']);
    expect(pathsOf(second.tombstones)).toEqual(['a.parquet']);
    const [line] = (await context.storage.read(commitPath('t', 1))).toString().split('\n');
    expect(JSON.parse(line as string).commitInfo).toMatchObject({
      operation: 'MERGE',
      operationMetrics: { rows: '5' },
      readVersion: 0,
      isBlindAppend: false,
      engineInfo: 'Other/1.2.3',
    });
  });

  it('writes the metadata only when it changes, and keeps the table’s id', async () => {
    const context = memoryContext();
    const first = await commitTo(context, undefined, {});
    const second = await commitTo(context, first, { adds: [newFile('a.parquet')] });
    expect((await context.storage.read(commitPath('t', 1))).toString()).not.toContain('metaData');
    const schema = addNullableColumns(SHAPE.schema, [
      { name: 'extra', type: 'string', nullable: true },
    ]);
    const third = await commitTo(context, second, {
      metadata: { ...SHAPE, schema, configuration: { mine: 'yes' } },
    });
    expect(third.metadata.schema.fields.at(-1)?.name).toBe('extra');
    expect(third.metadata.configuration).toEqual({ mine: 'yes' });
    expect(third.metadata.id).toBe(first.metadata.id);
    expect(await load(context)).toEqual(third);
  });

  it('refuses files without a value for each partition column', async () => {
    const attempt = commitTo(memoryContext(), undefined, {
      adds: [{ ...newFile('a.parquet'), partitionValues: {} }],
    });
    await expect(attempt).rejects.toMatchObject({ code: 'unexpected' });
  });

  it('refuses to partition rows anew that it keeps', async () => {
    const context = memoryContext();
    const base = await tableOf(context, 1);
    const metadata = { ...SHAPE, partitionColumns: [] };
    const adds = [{ ...newFile('b.parquet'), partitionValues: {} }];
    const attempt = commitChange(context, 't', base, change({ metadata, adds }));
    await expect(attempt).rejects.toMatchObject({ code: 'config_invalid' });
    const replaced = await commitTo(context, base, { metadata, adds, removes: base.files });
    expect(replaced.metadata.partitionColumns).toEqual([]);
  });

  it('removes nothing from a table that may only grow', async () => {
    const context = memoryContext();
    const metadata = { ...SHAPE, configuration: { 'delta.appendOnly': 'TRUE' } };
    const base = await commitTo(context, undefined, { metadata, adds: [newFile('a.parquet')] });
    const removes = base.files;
    const attempt = commitChange(context, 't', base, change({ metadata, removes }));
    await expect(attempt).rejects.toMatchObject({ code: 'unsupported_table_feature' });
    const compacted = { metadata, removes, adds: [newFile('b.parquet')], dataChange: false };
    expect(pathsOf((await commitTo(context, base, compacted)).files)).toEqual(['b.parquet']);
  });
});

describe('a transaction', () => {
  const txn = (version: number, expectedVersion: number | undefined) => ({
    txn: { appId: 'app', version, expectedVersion },
  });

  it('is recorded, and recognised when it is repeated', async () => {
    const context = memoryContext();
    const first = await commitTo(context, undefined, txn(5, undefined));
    expect(first.txns).toEqual(new Map([['app', 5]]));
    for (const base of [first, undefined]) {
      const again = await commitChange(context, 't', base, change(txn(5, undefined)));
      expect(again).toEqual({ kind: 'superseded', version: 0 });
    }
    const older = await commitChange(context, 't', first, change(txn(4, 3)));
    expect(older.kind).toBe('superseded');
    expect((await load(context)).version).toBe(0);
  });

  it('is recognised when another process committed it meanwhile', async () => {
    const context = memoryContext();
    const base = await commitTo(context, undefined, txn(1, undefined));
    const part = { ...txn(2, 1), removes: [], reads: { kind: 'all' } as const };
    const winner = await commitTo(context, base, { ...part, adds: [newFile('a.parquet')] });
    await commitTo(context, winner, { adds: [newFile('b.parquet')] });
    const late = { ...part, adds: [newFile('late.parquet')] };
    const result = await commitChange(context, 't', base, change(late));
    expect(result.kind).toBe('superseded');
  });

  it('conflicts when the table is not where the change expects it', async () => {
    const context = memoryContext();
    const base = await commitTo(context, undefined, txn(5, undefined));
    const ahead = await commitChange(context, 't', base, change(txn(9, 7)));
    expect(ahead).toMatchObject({
      kind: 'conflict',
      reason: expect.stringContaining('at transaction 5'),
    });
    const unknown = await commitChange(context, 't', base, change(txn(9, undefined)));
    expect(unknown.kind).toBe('conflict');
    const moved = await commitTo(context, base, txn(6, 5));
    expect(moved.version).toBe(1);
    const late = await commitChange(context, 't', base, change(txn(7, 5)));
    expect(late.kind).toBe('conflict');
  });
});

describe('a change that others were quicker than', () => {
  /** Commits `winner` on top of the base, then tries `late`, which has only seen the base. */
  async function race(winner: Partial<Change>, late: Partial<Change>, baseFiles = ['1', '2']) {
    const context = memoryContext();
    const adds = baseFiles.map((day) => newFile(`base-${day}.parquet`, `2024-05-0${day}`));
    const base = await commitTo(context, undefined, { adds });
    const pick = (part: Partial<Change>) => ({
      ...part,
      removes: (part.removes ?? []).map(
        ({ path }) => base.files.find((file) => file.path === path) as AddFile,
      ),
    });
    await commitTo(context, base, pick(winner));
    return await commitChange(context, 't', base, change(pick(late)));
  }
  const file = (path: string) => ({ path }) as AddFile;
  const append = (path: string, day: string): Partial<Change> => ({ adds: [newFile(path, day)] });
  const rewrite = (path: string, day: string): Partial<Change> => ({
    adds: [newFile(`${path}-new.parquet`, day)],
    removes: [file(path)],
    reads: onDay(day),
  });
  const DAY1 = '2024-05-01';
  const DAY2 = '2024-05-02';

  it('follows when it has read nothing', async () => {
    const result = await race(append('w.parquet', DAY1), append('l.parquet', DAY1));
    expect(pathsOf(committed(result).files)).toEqual([
      'base-1.parquet',
      'base-2.parquet',
      'l.parquet',
      'w.parquet',
    ]);
    expect(result).toMatchObject({ version: 2 });
  });

  it('follows an append to a partition that it has not read', async () => {
    const result = await race(append('w.parquet', DAY2), rewrite('base-1.parquet', DAY1));
    expect(result.kind).toBe('committed');
  });

  it('does not follow an append to what it has read', async () => {
    const result = await race(append('w.parquet', DAY1), rewrite('base-1.parquet', DAY1));
    expect(result).toMatchObject({ kind: 'conflict', version: 1 });
    const all = await race(append('w.parquet', DAY2), {
      ...rewrite('base-1.parquet', DAY1),
      reads: { kind: 'all' },
    });
    expect(all.kind).toBe('conflict');
  });

  it('does not follow the removal of what it has read or removes itself', async () => {
    const same = await race(
      { removes: [file('base-1.parquet')] },
      { removes: [file('base-1.parquet')], reads: { kind: 'nothing' } },
    );
    expect(same).toMatchObject({ kind: 'conflict', reason: expect.stringContaining('base-1') });
    const read = await race(
      { removes: [file('base-1.parquet')] },
      { ...append('l.parquet', DAY1), reads: onDay(DAY1) },
    );
    expect(read.kind).toBe('conflict');
    const other = await race(
      { removes: [file('base-1.parquet')] },
      { ...append('l.parquet', DAY2), reads: onDay(DAY2) },
    );
    expect(other.kind).toBe('committed');
  });

  it('takes a removal whose partition nobody tells for one of what it has read', async () => {
    const remove = (partitionValues: RemoveFile['partitionValues']): RemoveFile => ({
      ...{ path: 'unknown.parquet', deletionTimestampMs: 0, dataChange: true, partitionValues },
      ...{ sizeBytes: undefined, deletionVector: undefined },
    });
    const winner = { ...emptyActionSet(), version: 1 };
    const found = (removed: RemoveFile) =>
      findConflict(onDay(DAY1), { ...winner, removes: [removed] }, undefined);
    expect(found(remove(undefined))).toContain('unknown.parquet');
    expect(found(remove({ day: DAY1 }))).toContain('unknown.parquet');
    expect(found(remove({ day: DAY2 }))).toBeUndefined();
  });

  it('finds the partition of a removed file in the table where the removal does not tell', async () => {
    const context = memoryContext();
    const adds = [newFile('1.parquet', DAY1), newFile('2.parquet', DAY2)];
    const base = await commitTo(context, undefined, { adds });
    const lines = [{ commitInfo: {} }, { remove: { path: '1.parquet', dataChange: true } }];
    const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
    await context.storage.write(commitPath('t', 1), Buffer.from(text));
    const late = (day: string) =>
      commitChange(context, 't', base, change({ ...append('l.parquet', day), reads: onDay(day) }));
    expect((await late(DAY1)).kind).toBe('conflict');
    expect((await late(DAY2)).kind).toBe('committed');
  });

  it('follows a compaction of what it has read, unless it removes the same files', async () => {
    const compaction: Partial<Change> = {
      adds: [newFile('compacted.parquet', DAY1)],
      removes: [file('base-1.parquet')],
      dataChange: false,
    };
    const read = await race(compaction, { ...append('l.parquet', DAY1), reads: onDay(DAY1) });
    expect(read.kind).toBe('committed');
    const appended = await race(compaction, append('l.parquet', DAY1));
    expect(appended.kind).toBe('committed');
    const rewritten = await race(compaction, rewrite('base-1.parquet', DAY1));
    expect(rewritten.kind).toBe('conflict');
    const late = await race(rewrite('base-1.parquet', DAY1), compaction);
    expect(late.kind).toBe('conflict');
    const after = await race(append('w.parquet', DAY1), compaction);
    expect(after.kind).toBe('committed');
  });

  it('does not follow a change of schema or properties', async () => {
    const metadata = { ...SHAPE, configuration: { changed: 'yes' } };
    const result = await race({ metadata }, append('l.parquet', DAY1));
    expect(result).toMatchObject({ kind: 'conflict', reason: expect.stringContaining('schema') });
  });

  it('does not follow a change of the protocol', async () => {
    const context = memoryContext();
    const base = await tableOf(context, 1);
    const protocol = { minReaderVersion: 1, minWriterVersion: 2 };
    const text = `${JSON.stringify({ commitInfo: {} })}\n${JSON.stringify({ protocol })}\n`;
    await context.storage.write(commitPath('t', base.version + 1), Buffer.from(text));
    const result = await commitChange(context, 't', base, change(append('l.parquet', DAY1)));
    expect(result).toMatchObject({ kind: 'conflict', reason: expect.stringContaining('protocol') });
  });

  it('follows a long series of appends', async () => {
    const context = memoryContext();
    const base = await tableOf(context, 1);
    let latest = base;
    for (let index = 0; index < 9; index += 1) {
      latest = await commitTo(context, latest, append(`w${index}.parquet`, DAY1));
    }
    const result = await commitTo(context, base, append('late.parquet', DAY1));
    expect(result.version).toBe(10);
    expect(result.files).toHaveLength(11);
  });

  it('does not write into a gap that log clean-up left', async () => {
    const context = memoryContext();
    const base = await tableOf(context, 3);
    const latest = await commitTo(context, base, append('x.parquet', DAY1));
    for (const version of [0, 1, 2, 3]) {
      await context.storage.delete(commitPath('t', version));
    }
    const result = await commitChange(context, 't', base, change(append('y.parquet', DAY1)));
    expect(result).toMatchObject({
      kind: 'conflict',
      reason: expect.stringContaining('no longer has'),
    });
    expect(latest.version).toBe(3);
    expect(await context.storage.stat(commitPath('t', 3))).toBeUndefined();
  });
});

describe('two creations of one table', () => {
  it('make one table, when both want the same', async () => {
    const context = memoryContext();
    const results = await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        commitChange(context, 't', undefined, change({ adds: [newFile(`${index}.parquet`)] })),
      ),
    );
    expect(results.map(({ kind }) => kind)).toEqual(Array(8).fill('committed'));
    const table = await load(context);
    expect(table.version).toBe(7);
    expect(table.files).toHaveLength(8);
  });

  it('are one commit when there is nothing but the creation', async () => {
    const context = memoryContext();
    const first = await commitTo(context, undefined, {});
    const second = await commitTo(context, undefined, {});
    expect(second).toEqual(first);
    expect((await load(context)).version).toBe(0);
  });

  it('conflict when the tables differ, or when one has read that there are no rows', async () => {
    const context = memoryContext();
    await commitTo(context, undefined, { adds: [newFile('a.parquet')] });
    const other = { ...SHAPE, partitionColumns: [] };
    const shape = await commitChange(context, 't', undefined, change({ metadata: other }));
    expect(shape).toMatchObject({ kind: 'conflict', reason: expect.stringContaining('shape') });
    const rows = await commitChange(context, 't', undefined, change({ reads: { kind: 'all' } }));
    expect(rows).toMatchObject({ kind: 'conflict', reason: expect.stringContaining('rows') });
  });
});

describe('any concurrent history', () => {
  interface Step {
    writer: number;
    action: 'append' | 'rewrite' | 'compact' | 'refresh';
    day: string;
  }
  const step: fc.Arbitrary<Step> = fc.record({
    writer: fc.integer({ min: 0, max: 2 }),
    action: fc.constantFrom('append', 'rewrite', 'compact', 'refresh'),
    day: fc.constantFrom('2024-05-01', '2024-05-02'),
  });

  /**
   * Each file stands for the rows in its name, `row+row.parquet`. Every rewrite of a day adds a row
   * that says how many it has read, so that a rewrite from a stale state shows.
   */
  const rowsOf = (files: readonly AddFile[]) =>
    files.flatMap(({ path }) => path.replace(/^.*#|\.parquet$/g, '').split('+')).filter(Boolean);

  it('equals the same changes made one after the other', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const context = memoryContext();
        const start = await commitTo(context, undefined, {});
        const seen: Snapshot[] = [start, start, start];
        const model: Record<string, string[]> = { '2024-05-01': [], '2024-05-02': [] };
        for (const [index, { writer, action, day }] of steps.entries()) {
          const base = seen[writer] as Snapshot;
          if (action === 'refresh') {
            seen[writer] = (await refreshSnapshot(context, base)) as Snapshot;
            continue;
          }
          const read = base.files.filter((file) => file.partitionValues.day === day);
          const rows = rowsOf(read);
          const newRow = (known: readonly string[]) =>
            action === 'append' ? `r${index}` : `r${index}-of-${known.length}`;
          const kept = action === 'append' ? [] : rows;
          const content = action === 'compact' ? kept : [...kept, newRow(rows)];
          const isAppend = action === 'append';
          const result = await commitChange(
            context,
            't',
            base,
            change({
              adds: content.length ? [newFile(`${index}#${content.join('+')}.parquet`, day)] : [],
              removes: isAppend ? [] : read,
              dataChange: action !== 'compact',
              reads: action === 'rewrite' ? onDay(day) : { kind: 'nothing' },
            }),
          );
          if (result.kind !== 'committed') {
            continue;
          }
          seen[writer] = result.snapshot;
          const modelRows = model[day] as string[];
          if (action !== 'compact') {
            modelRows.push(newRow(modelRows));
          }
        }
        const final = await load(context);
        for (const [day, rows] of Object.entries(model)) {
          const found = rowsOf(final.files.filter((file) => file.partitionValues.day === day));
          expect(found.sort()).toEqual([...rows].sort());
        }
        for (const snapshot of seen) {
          expect(await refreshSnapshot(context, snapshot)).toEqual(final);
        }
        let versions = 0;
        for await (const { path } of context.storage.list(logFolder('t'))) {
          expect(path).toBe(commitPath('t', versions));
          versions += 1;
        }
        expect(final.version).toBe(versions - 1);
      }),
      propertyRuns(150, 1_500),
    );
  });
});

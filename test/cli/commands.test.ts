import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ClicklakeError } from '../../src/errors.ts';
import type {
  HashReport,
  IngestReport,
  QueryResult,
  QueryRow,
  RunPreview,
  RunReport,
  StatusReport,
  VerifyReport,
} from '../../src/pipeline/reports.ts';
import { IDLE_REPORT, RUN_REPORT, runCommand } from './support.ts';

let cwd: string;
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'clicklake-cli-'));
});
afterEach(() => rm(cwd, { recursive: true }));

describe('run', () => {
  const restarted = new ClicklakeError('server_restarted', 'Spark was restarted', {
    hint: 'again',
  });

  it('goes on in a new session when Spark was restarted, and says so', async () => {
    let runs = 0;
    const lake = {
      run: async () => {
        runs += 1;
        if (runs < 3) {
          throw restarted;
        }
        return RUN_REPORT;
      },
    };
    const { stdout, stderr, exitCode } = await runCommand(['run'], { lake });
    expect(exitCode).toBe(0);
    expect(stdout).toContain('1,000,000 lines from 12 files');
    const note =
      'Spark was restarted; going on from what is committed, of which no summary is printed\n';
    expect(stderr).toBe(note + note);
    runs = 0;
    const json = await runCommand(['run', '--json'], { lake });
    expect(JSON.parse(json.stdout)).toMatchObject({ restarts: 2, lines: 1_000_000 });
  });

  it('gives up when Spark is restarted again and again', async () => {
    let runs = 0;
    const run = async () => {
      runs += 1;
      throw restarted;
    };
    const { stderr, exitCode } = await runCommand(['run'], { lake: { run } });
    expect({ runs, exitCode }).toEqual({ runs: 4, exitCode: 5 });
    expect(stderr).toMatch(/error: Spark was restarted\nhint: again\n$/);
  });

  it('ends with the run summary of every line', async () => {
    const { stdout, stderr, exitCode, isLakeClosed } = await runCommand(['run'], {
      lake: { run: async () => RUN_REPORT },
    });
    expect(stdout).toBe(`1,000,000 lines from 12 files in 2 batches
  valid              985,000
  duplicates          10,000
  quarantined          5,000
    not_json           3,000
    missing:user_id    2,000
  blank                    3  not counted as lines
  unreadable price        10  valid events, null there
unknown fields, in lines
  campaign  12,000
  ab_test        7
found in bronze/ and registered
  bronze/app/date=2026-01-01/a.json
table written  version  rows written
silver_events        4       985,000
6.8 s, 147,059 lines/s, engine duckdb
`);
    expect({ stderr, exitCode, isLakeClosed }).toEqual({
      stderr: '',
      exitCode: 0,
      isLakeClosed: true,
    });
  });

  it('says how bots are counted where most sessions are of bots', async () => {
    const runWith = async (sessions: number) => {
      const bots = { sessions, events: 90, countedSessions: 10, isLeftOut: true };
      return (await runCommand(['run'], { lake: { run: async () => ({ ...RUN_REPORT, bots }) } }))
        .stdout;
    };
    expect(await runWith(11)).toContain(
      '11 sessions and 90 events of bots on the dates of this run: left out of metrics; bots: include counts them\n',
    );
    expect(await runWith(10)).toContain('left out of metrics\n');
  });

  it('says that there are no new lines where only a table was computed', async () => {
    const tablesWritten = [{ table: 'gold_days', version: 0, rowsWritten: 3 }];
    const { stdout } = await runCommand(['run'], {
      lake: { run: async () => ({ ...IDLE_REPORT, tablesWritten }) },
    });
    expect(stdout).toBe(`no new lines
table written  version  rows written
gold_days            0             3
0.04 s, engine duckdb
`);
  });

  it('ends with 4 after the summary when a check with `fail` is not met, with 0 for `warn`', async () => {
    const check = { table: 'gold_days', condition: 'revenue >= 0', failedRows: 2 };
    const runWith = (level: 'warn' | 'fail') =>
      runCommand(['run'], {
        lake: { run: async () => ({ ...RUN_REPORT, checks: [{ ...check, level }] }) },
      });
    const failed = await runWith('fail');
    expect(failed.exitCode).toBe(4);
    expect(failed.stdout).toMatch(/fail {2}gold_days {2}2 rows {2}revenue >= 0\n/);
    expect(failed.stderr).toContain('2 rows of gold_days do not meet its check: revenue >= 0');
    const warned = await runWith('warn');
    expect([warned.exitCode, warned.stderr]).toEqual([0, '']);
    expect(warned.stdout).toMatch(/warn {2}gold_days {2}2 rows {2}revenue >= 0\n/);
  });

  it('shows the most frequent of many unknown fields, cut to the terminal', async () => {
    const unknownFields = Object.fromEntries(
      Array.from({ length: 30 }, (_, index) => [`${index}${'f'.repeat(100_000)}`, 30 - index]),
    );
    const report = { ...RUN_REPORT, unknownFields: { names: unknownFields, more: 9900 } };
    const shown = await runCommand(['run'], {
      lake: { run: async () => report },
      terminalColumns: 60,
    });
    const lines = shown.stdout.split('\n');
    const first = lines.indexOf(`  0${'f'.repeat(52)}…  30`);
    expect(first).toBeGreaterThan(0);
    expect(lines[first + 20]).toBe('  … and 10 more (--verbose shows all)');
    expect(lines[first + 21]).toBe('  and at least 9,900 rarer unknown fields');
    const whole = await runCommand(['run', '--json'], { lake: { run: async () => report } });
    expect(JSON.parse(whole.stdout)).toEqual(report);
  });

  it('says that the lake has no purchase', async () => {
    const run = async () => ({ ...RUN_REPORT, lacksPurchases: true as const });
    const { stdout } = await runCommand(['run'], { cwd, lake: { run } });
    expect(stdout).toContain(
      'no event type stands for purchase: there are no orders and no revenue\n',
    );
  });

  it('names paths of a list that no record has, and still ends with 0', async () => {
    const unusedPaths = [
      { source: 'web', field: 'fields.user_id', paths: ['usr', 'uuid'], records: 5_000 },
    ];
    const run = async () => ({ ...RUN_REPORT, unusedPaths });
    const { stdout, stderr, exitCode } = await runCommand(['run'], { lake: { run } });
    expect([stderr, exitCode]).toEqual(['', 0]);
    expect(
      stdout,
    ).toContain(`paths that no record of this run has, unlike others of their list (misspelled?)
  sources.web.fields.user_id  usr, uuid  of 5,000 records
`);
  });

  it('says where tables are registered, also when there was nothing new', async () => {
    const registered = ['main.shop.silver_events', 'main.shop.gold_sessions'];
    for (const report of [RUN_REPORT, IDLE_REPORT]) {
      const run = async () => ({ ...report, registered });
      const { stdout } = await runCommand(['run'], { lake: { run } });
      expect(stdout).toContain('2 tables registered in main.shop\n');
    }
  });

  it('says when there was nothing to do', async () => {
    const { stdout } = await runCommand(['run'], { lake: { run: async () => IDLE_REPORT } });
    expect(stdout).toBe('nothing new: Silver and Gold are up to date (0.04 s)\n');
    const report = { ...IDLE_REPORT, discovered: ['bronze/web/again.jsonl'] };
    const repeated = await runCommand(['run'], { lake: { run: async () => report } });
    expect(repeated.stdout).toBe(`found in bronze/, the same bytes as files before
  bronze/web/again.jsonl
nothing new: Silver and Gold are up to date (0.04 s)
`);
  });

  it('passes on whether everything is to be computed again, or to be listed', async () => {
    const seen: unknown[] = [];
    const run = async (options: unknown) => {
      seen.push(options);
      return IDLE_REPORT;
    };
    await runCommand(['run'], { lake: { run } });
    await runCommand(['run', '--full-refresh'], { lake: { run } });
    await runCommand(['run', '--scan'], { lake: { run } });
    expect(seen).toEqual([{}, { fullRefresh: true }, { scan: true }]);
  });

  it('says that it did not list everything, as does its plan', async () => {
    const lastFullListing = '2026-01-05T10:59:59.000Z';
    const line =
      'old date folders of bronze/ were last listed at 2026-01-05 10:59 UTC; --scan lists them now';
    const run = async () => ({ ...IDLE_REPORT, lastFullListing });
    expect((await runCommand(['run'], { lake: { run } })).stdout).toContain(line);
    const plan: RunPreview = {
      ...{ engine: 'duckdb', fullRefresh: false, durationMs: 1, lastFullListing },
      ...{ discovered: [], unreadable: [], damaged: [], batches: [], reads: [], writes: [] },
    };
    const previewRun = async () => plan;
    const { stdout } = await runCommand(['run', '--plan'], { lake: { previewRun } });
    expect(stdout).toContain(line);
  });

  it('plans nothing, and tells of a file that cannot be read', async () => {
    const reason = 'bronze/web/x.gz is damaged or truncated';
    const plan: RunPreview = {
      ...{ engine: 'duckdb', fullRefresh: false, durationMs: 1 },
      ...{ discovered: [], damaged: [], batches: [], reads: [], writes: [] },
      unreadable: [{ path: 'bronze/web/x.gz', reason }],
    };
    const previewRun = async () => plan;
    const { stdout } = await runCommand(['run', '--plan'], { lake: { previewRun } });
    expect(stdout).toContain(`unreadable, left out\n  ${reason}\n`);
    expect(stdout).toContain('nothing new: a run would write nothing');
  });

  it('prints the run summary and then fails with 3 when a file under bronze/ cannot be read', async () => {
    const unreadable = [{ path: 'bronze/web/x.gz', reason: 'truncated' }];
    const { stdout, stderr, exitCode } = await runCommand(['run', '--json'], {
      lake: { run: async () => ({ ...RUN_REPORT, unreadable }) },
    });
    expect(JSON.parse(stdout)).toEqual({ ...RUN_REPORT, unreadable });
    expect(JSON.parse(stderr)).toEqual({
      error: {
        code: 'input_refused',
        message: '1 file under bronze/ cannot be read: bronze/web/x.gz: truncated',
        hint: 'put an intact file there under the same name; runs end like this until the file is replaced in its place, moved or removed; everything else is done',
      },
    });
    expect(exitCode).toBe(3);
  });

  it('prints the run summary and then fails with 5 when a received file has changed', async () => {
    const damaged = ['a', 'b'].map((name) => ({
      path: `bronze/web/${name}`,
      reason: 'it is missing',
    }));
    const { stdout, stderr, exitCode } = await runCommand(['run'], {
      lake: { run: async () => ({ ...RUN_REPORT, damaged }) },
    });
    expect(stdout).toContain(`changed since ingest
  bronze/web/a: it is missing
  bronze/web/b: it is missing
`);
    expect(stderr).toBe(`error: bronze/web/a has changed since ingest: it is missing (and so 1 more)
hint: move what is there now out of bronze/ and ingest the original again: it returns to its old path
`);
    expect(exitCode).toBe(5);
  });
});

describe('ingest', () => {
  const REPORT: IngestReport = {
    source: 'web',
    ingested: [
      {
        path: 'bronze/web/date=2026-01-01/a',
        from: 'a.json',
        sizeBytes: 1_234,
        lineCount: 10,
        blankLineCount: 1,
      },
    ],
    skipped: [{ from: 'b.json', path: 'bronze/web/date=2025-12-31/b' }],
    restored: [],
    refused: [],
    unchanged: 0,
    lineCount: 10,
    sizeBytes: 1_234,
    durationMs: 12,
  };

  it('hands over every file once, and says what was taken and skipped', async () => {
    await writeFile(join(cwd, 'a.json'), '{}');
    const seen: unknown[] = [];
    const { stdout, exitCode } = await runCommand(
      ['ingest', 'a.json', './a.json', '--source', 'app'],
      {
        cwd,
        lake: {
          ingest: async (inputs, options) => {
            seen.push(inputs, options);
            return REPORT;
          },
        },
      },
    );
    expect(seen).toEqual([[{ kind: 'file', path: join(cwd, 'a.json') }], { source: 'app' }]);
    expect(stdout).toBe(`ingested
  a.json  1.23 kB  10 lines  bronze/web/date=2026-01-01/a
skipped: the same bytes are in the lake already
  b.json  bronze/web/date=2025-12-31/b
1 file ingested, 1 skipped, 0 refused: 10 lines (and 1 blank line), 1.23 kB, source web, 0.01 s
`);
    expect(exitCode).toBe(0);
  });

  it('reads standard input', async () => {
    const read: string[] = [];
    await runCommand(['ingest', '-'], {
      stdin: '{"a":1}\n',
      lake: {
        ingest: async ([input]) => {
          if (typeof input === 'object' && input.kind === 'stream') {
            for await (const chunk of input.stream) {
              read.push(chunk.toString());
            }
          }
          return REPORT;
        },
      },
    });
    expect(read).toEqual(['{"a":1}\n']);
  });

  it('without inputs takes what the landing containers of the sources have', async () => {
    const seen: unknown[] = [];
    const { stdout, exitCode } = await runCommand(['ingest', '--scan'], {
      cwd,
      lake: {
        ingestLandings: async (options) => {
          seen.push(options);
          return [
            { ...REPORT, ingested: [], skipped: [], lineCount: 0, sizeBytes: 0, unchanged: 1_234 },
            { ...REPORT, source: 'app', refused: [{ from: 'abfss://x/a', reason: 'HTML' }] },
          ];
        },
      },
    });
    expect(seen).toEqual([{ scan: true }]);
    expect(stdout).toContain(
      '0 files ingested, 0 skipped, 0 refused, 1,234 taken before: 0 lines, 0 bytes, source web',
    );
    expect(stdout).toContain('source app');
    expect(exitCode).toBe(3);
  });

  it('ends with 3 and the mapping that would fit when no record becomes an event', async () => {
    await writeFile(join(cwd, 'a.json'), '{}');
    const withoutEvents = {
      ...{ records: 10, reason: 'missing:event_id', recordsWithReason: 9, example: '{"id":1}' },
      ...{ hasObjects: true, isRead: false },
      proposal: { mapping: { fields: { event_id: 'id', user_id: ['u', 'v'] } }, valid: 8 },
    };
    const { stderr, exitCode } = await runCommand(['ingest', 'a.json'], {
      cwd,
      lake: { ingest: async () => ({ ...REPORT, withoutEvents }) },
    });
    expect(stderr).toContain(
      'error: source web has no valid event among the first 10 records ingested: 9 would be quarantined as missing:event_id, for example {"id":1}',
    );
    expect(stderr).toContain(
      'would write sources: { web: { fields: { event_id: id, user_id: [u, v] } } }, which accepts 8 of them',
    );
    expect(exitCode).toBe(3);
  });

  it('names the only record, which is no event', async () => {
    await writeFile(join(cwd, 'a.json'), '{}');
    const withoutEvents = {
      ...{ records: 1, reason: 'missing:event_id', recordsWithReason: 1, example: '{"id":1}' },
      ...{ hasObjects: true, isRead: false, proposal: null },
    };
    const { stderr } = await runCommand(['ingest', 'a.json'], {
      cwd,
      lake: { ingest: async () => ({ ...REPORT, withoutEvents }) },
    });
    expect(stderr).toContain(
      'error: source web has no valid event: the one record ingested would be quarantined as missing:event_id: {"id":1}',
    );
  });

  it('says that records with the own names of the contract need no mapping', async () => {
    await writeFile(join(cwd, 'a.json'), '{}');
    const withoutEvents = {
      ...{ records: 2, reason: 'missing:user_id', recordsWithReason: 2, example: '{"id":1}' },
      ...{ hasObjects: true, isRead: false },
      proposal: { mapping: { fields: { event_id: 'event_id', user_id: 'user_id' } }, valid: 2 },
    };
    const { stderr } = await runCommand(['ingest', 'a.json'], {
      cwd,
      lake: { ingest: async () => ({ ...REPORT, withoutEvents }) },
    });
    expect(stderr).toContain('hint: these records need no mapping: give them another --source');
    expect(stderr).not.toContain('sources:');
  });

  const UNFIT = {
    ...{ records: 2, reason: 'missing:event_id', recordsWithReason: 2, example: '{"id":1}' },
    ...{ hasObjects: true, isRead: true, proposal: null },
  };
  it.each<[string, IngestReport['withoutEvents'] & object, RegExp]>([
    [
      'a full refresh for a mapping by hand, where a run has read the source',
      UNFIT,
      /by hand \(docs\/mapping\.md\), then clicklake run --full-refresh\n/,
    ],
    [
      'a full refresh for a proposed mapping too',
      { ...UNFIT, proposal: { mapping: { fields: { event_id: 'id' } }, valid: 2 } },
      /into clicklake\.yaml, then clicklake run --full-refresh\n/,
    ],
    [
      'the unknown event types',
      { ...UNFIT, isRead: false, unknownTypes: [{ type: 'zoom', records: 2 }] },
      /unknown: zoom 2; add them to sources\.web\.event_types, or to its ignore, then clicklake run\n/,
    ],
    [
      'which formats are read, where no record is an object',
      { ...UNFIT, hasObjects: false },
      /hint: no mapping helps: the files are not newline-delimited JSON/,
    ],
  ])('hints at %s', async (_, withoutEvents, hint) => {
    await writeFile(join(cwd, 'a.json'), '{}');
    const { stderr } = await runCommand(['ingest', 'a.json'], {
      cwd,
      lake: { ingest: async () => ({ ...REPORT, withoutEvents }) },
    });
    expect(stderr).toMatch(hint);
  });

  it('ends with 3 and the first reason when a file was refused', async () => {
    await writeFile(join(cwd, 'a.json'), '{}');
    const refused = [{ from: 'c.gz', reason: 'c.gz is truncated' }];
    const { stdout, stderr, exitCode } = await runCommand(['ingest', 'a.json'], {
      cwd,
      lake: { ingest: async () => ({ ...REPORT, refused }) },
    });
    expect(stdout).toContain('refused\n  c.gz  c.gz is truncated\n');
    expect(stderr).toBe(`error: 1 of 3 files could not be ingested: c.gz is truncated
hint: nothing of a refused file is in the lake; repair it and ingest it again
`);
    expect(exitCode).toBe(3);
  });
});

describe('run of a source without events', () => {
  const FIRST = {
    ...{ source: 'web', lines: 1, linesWithReason: 1, line: '{"a":1}' },
    ...{ reason: 'missing:event_id', hasObjects: true },
  };
  const unknownTypes = [{ source: 'web', records: 1, types: [{ type: 'zoom', records: 1 }] }];
  it.each<[string, Partial<RunReport>, RegExp]>([
    [
      'counts a single line',
      { sourcesWithoutEvents: [FIRST] },
      /: its only line is in quarantine as missing:event_id, for example/,
    ],
    [
      'names unknown event types instead of a mapping',
      {
        sourcesWithoutEvents: [{ ...FIRST, reason: 'unknown_event_type' }],
        unknownTypes,
      },
      /hint: its event types are unknown: zoom 1; add them to sources\.web\.event_types/,
    ],
    [
      'says which formats are read, where no line is an object',
      { sourcesWithoutEvents: [{ ...FIRST, reason: 'not_json', hasObjects: false }] },
      /hint: no mapping helps: the files are not newline-delimited JSON/,
    ],
  ])('%s', async (_, report, message) => {
    const { stderr, exitCode } = await runCommand(['run'], {
      lake: { run: async () => ({ ...RUN_REPORT, ...report }) },
    });
    expect(stderr).toMatch(message);
    expect(exitCode).toBe(3);
  });
});

describe('query', () => {
  const RESULT: QueryResult = {
    columns: [
      { name: 'country', type: 'VARCHAR' },
      { name: 'sessions', type: 'BIGINT' },
      { name: 'revenue', type: 'DECIMAL(18,2)' },
    ],
    rows: [
      { country: 'DE', sessions: 12, revenue: '1024.50' },
      { country: null, sessions: 3, revenue: '0.00' },
    ],
  };
  /** A lake that answers with these batches of rows. */
  const answering = (...batches: QueryRow[][]) => ({
    queryBatches: async () => ({
      columns: RESULT.columns,
      batches: (async function* () {
        yield* batches;
      })(),
    }),
  });
  const lake = answering(RESULT.rows);

  it('prints aligned columns, numbers to the right, and counts the rows', async () => {
    expect((await runCommand(['query', 'FROM x'], { lake })).stdout).toBe(
      `country  sessions  revenue
DE             12  1024.50
null            3     0.00
(2 rows)
`,
    );
  });

  it('prints one array of row objects with --json', async () => {
    const { stdout } = await runCommand(['query', 'FROM x', '--json'], { lake });
    expect(JSON.parse(stdout)).toEqual(RESULT.rows);
    expect(stdout.split('\n')).toHaveLength(3);
    const empty = answering([]);
    expect((await runCommand(['query', 'FROM x', '--json'], { lake: empty })).stdout).toBe('[]\n');
  });

  it('prints a large result batch by batch, columns becoming wider when they must', async () => {
    const row = (country: string, sessions: number) => ({ country, sessions, revenue: '0.00' });
    const batches = answering(
      Array.from({ length: 500 }, () => row('DE', 1)),
      [row('Liechtenstein', 1_000_000_000)],
      [row('FR', 2)],
    );
    const { stdout: large } = await runCommand(['query', 'FROM x'], { lake: batches });
    expect(large.split('\n').slice(-6)).toEqual([
      'DE              1     0.00',
      'DE              1     0.00',
      'Liechtenstein  1000000000     0.00',
      'FR                      2     0.00',
      '(502 rows)',
      '',
    ]);
    const small = answering([row('DE', 1)], [], [row('Liechtenstein', 1_000_000_000)]);
    expect((await runCommand(['query', 'FROM x'], { lake: small })).stdout).toBe(
      `country          sessions  revenue
DE                      1     0.00
Liechtenstein  1000000000     0.00
(2 rows)
`,
    );
    const { stdout } = await runCommand(['query', 'FROM x', '--json'], {
      lake: answering([row('DE', 1)], [], [row('FR', 2)]),
    });
    expect(JSON.parse(stdout)).toEqual([row('DE', 1), row('FR', 2)]);
  });

  it('cuts long cells on a terminal only, and never lets data drive it', async () => {
    const row = { country: `\x1b[2J${'x'.repeat(200)}`, sessions: 1, revenue: '1.00' };
    const long = answering([row]);
    const onTerminal = await runCommand(['query', 'x'], { lake: long, terminalColumns: 60 });
    expect(onTerminal.stdout.split('\n')[1]).toBe(
      `\\u001b[2J${'x'.repeat(31)}…         1     1.00`,
    );
    const elsewhere = await runCommand(['query', 'x'], { lake: long });
    expect(elsewhere.stdout).toContain(`\\u001b[2J${'x'.repeat(200)}`);
  });

  it('prints one field a line where a terminal is too narrow for the titles', async () => {
    const narrow = {
      ...{ lake: answering(RESULT.rows, [RESULT.rows[1]!]), terminalColumns: 24 },
      env: { NO_COLOR: '1' },
    };
    expect((await runCommand(['query', 'FROM x'], narrow)).stdout).toBe(
      `row 1
  country   DE
  sessions  12
  revenue   1024.50
row 2
  country   null
  sessions  3
  revenue   0.00
row 3
  country   null
  sessions  3
  revenue   0.00
(3 rows)
`,
    );
    const wide = { ...narrow, lake: answering(RESULT.rows), terminalColumns: 26 };
    expect((await runCommand(['query', 'FROM x'], wide)).stdout).toContain(
      'country  sessions  revenue\n',
    );
  });

  it('takes the query from standard input', async () => {
    const seen: string[] = [];
    const queryBatches = async (sql: string) => {
      seen.push(sql);
      return lake.queryBatches();
    };
    await runCommand(['query', '-'], { lake: { queryBatches }, stdin: 'SELECT 1;\n' });
    expect(seen).toEqual(['SELECT 1;\n']);
    const { stderr, exitCode } = await runCommand(['query', '-'], { lake: { queryBatches } });
    expect(stderr).toContain('error: the query is empty\n');
    expect(exitCode).toBe(2);
  });

  it.each([
    ['12', { version: 12 }],
    ['2026-01-31', { timestampMs: Date.UTC(2026, 0, 31) }],
    ['2026-01-31 12:30', { timestampMs: Date.UTC(2026, 0, 31, 12, 30) }],
    ['2026-01-31T12:30:01.5Z', { timestampMs: Date.UTC(2026, 0, 31, 12, 30, 1, 500) }],
    ['2026-01-31T12:30:01+02:00', { timestampMs: Date.UTC(2026, 0, 31, 10, 30, 1) }],
  ])('looks back to %s', async (when, asOf) => {
    const seen: unknown[] = [];
    const queryBatches = async (_sql: string, options: object) => {
      seen.push(options);
      return lake.queryBatches();
    };
    await runCommand(['query', 'x', '--as-of', when], { lake: { queryBatches } });
    expect(seen).toEqual([{ asOf }]);
  });

  it.each(['yesterday', '2026-02-30', '2026-01-31T25:00', '-1', '3.5'])(
    'refuses to look back to "%s"',
    async (when) => {
      const { stderr, exitCode } = await runCommand(['query', 'x', `--as-of=${when}`]);
      expect(stderr).toContain('is neither a version nor a time');
      expect(exitCode).toBe(2);
    },
  );
});

describe('quarantine', () => {
  it('lists counts and lines, also without the word list', async () => {
    const seen: unknown[] = [];
    const listQuarantine = async (options: object) => {
      seen.push(options);
      return {
        total: 1_500,
        byReason: { not_json: 1_000, 'missing:user_id': 500 },
        rows: [
          {
            reason: 'not_json',
            receivedAt: '2026-01-01T00:00:00.123456Z',
            bronzePath: 'bronze/web/a',
            position: { unit: 'line' as const, number: 7 },
            text: '{"a":\t',
          },
        ],
        unreadFiles: 2,
      };
    };
    const { stdout } = await runCommand(['quarantine', '--limit', '1'], {
      lake: { listQuarantine },
    });
    expect(stdout).toBe(`1,500 quarantined records
  not_json         1,000
  missing:user_id    500

not_json  bronze/web/a line 7  2026-01-01T00:00:00Z
  {"a":\\t
(1 of 1,500 shown; --limit shows more)
(positions in 2 large files not looked up; --positions does)
`);
    await runCommand(['quarantine', 'list', '--reason', 'not_json'], { lake: { listQuarantine } });
    const all = ['quarantine', 'list', '--json', '--positions'];
    await runCommand(all, { lake: { listQuarantine } });
    expect(seen).toEqual([
      { limit: 1, maxTextLength: 2_000 },
      { limit: 20, reason: 'not_json', maxTextLength: 2_000 },
      { limit: 20, positions: true },
    ]);
  });

  it('exports the bytes as they are, to standard output or a file', async () => {
    const bytes = Buffer.from([0xff, 0x00, 0x7b, 0x0a]);
    const exportQuarantine = async (_options: object, sink: (chunk: Buffer) => Promise<void>) => {
      await sink(bytes.subarray(0, 2));
      await sink(bytes.subarray(2));
      return { lines: 1 };
    };
    const lake = { exportQuarantine };
    const piped = await runCommand(['quarantine', 'export'], { lake });
    expect(piped).toMatchObject({ stdout: bytes.toString('utf8'), stderr: '1 record exported\n' });
    const args = ['quarantine', 'export', '--out', 'q.jsonl'];
    expect((await runCommand(args, { lake, cwd })).stdout).toBe('1 record exported to q.jsonl\n');
    expect(await readFile(join(cwd, 'q.jsonl'))).toEqual(bytes);
    expect(JSON.parse((await runCommand([...args, '--json'], { lake, cwd })).stdout)).toEqual({
      file: 'q.jsonl',
      lines: 1,
    });
  });

  it('says why it cannot write the file', async () => {
    const exportQuarantine = async (_options: object, sink: (chunk: Buffer) => Promise<void>) => {
      await sink(Buffer.from('x\n'));
      return { lines: 1 };
    };
    const args = ['quarantine', 'export', '--out', 'absent/q.jsonl'];
    const { stderr, exitCode } = await runCommand(args, { lake: { exportQuarantine }, cwd });
    expect(stderr).toBe(`error: cannot write absent/q.jsonl: there is no such file or folder
hint: give --out a file in a folder that is there and that you may write to
`);
    expect(exitCode).toBe(2);
  });

  it('does not mix the lines with JSON on standard output', async () => {
    const { stderr, exitCode } = await runCommand(['quarantine', 'export', '--json']);
    expect(JSON.parse(stderr).error.code).toBe('usage');
    expect(exitCode).toBe(2);
  });
});

describe('status, verify and maintain', () => {
  const STATUS: StatusReport = {
    lake: '/data/lake',
    bronze: { files: 3, lines: 1_003, sizeBytes: 250_000, lastReceivedAt: '2026-01-01T00:00:00Z' },
    pending: { files: 1, lines: 3 },
    outcomes: { lines: 1_000, valid: 990, duplicates: 6, ignored: 0, quarantined: { not_json: 4 } },
    tables: [
      {
        table: 'gold_sessions',
        version: 7,
        files: 2,
        sizeBytes: 12_300,
        rows: 200,
        lastModifiedAt: '2026-01-01T00:01:00Z',
      },
    ],
    isGoldCurrent: false,
  };

  it('status says what is there and what waits', async () => {
    const { stdout } = await runCommand(['status'], { lake: { status: async () => STATUS } });
    expect(stdout).toBe(`lake     /data/lake
bronze   3 files, 1,003 lines, 250 kB, last received 2026-01-01T00:00:00Z
silver   1,000 lines = 990 valid + 6 duplicates + 4 quarantined
gold     out of date, by new events or changed settings: clicklake run
waiting  1 file, 3 lines: clicklake run

table          rows  files     size  version  last change
gold_sessions   200      2  12.3 kB        7  2026-01-01T00:01:00Z
`);
  });

  it('verify --hash prints a hash of each table, and nothing for a table that is not there', async () => {
    const report: HashReport = {
      tables: [
        { table: 'bronze_files', version: 1_234, rows: 1_000, sha256: 'ab'.repeat(32) },
        { table: 'silver_events', version: null, rows: 0, sha256: null },
      ],
      durationMs: 40,
    };
    const lake = { hashTables: async () => report };
    const { stdout, exitCode } = await runCommand(['verify', '--hash'], { lake });
    expect(stdout).toBe(
      `table          version   rows  sha256 of the content
bronze_files     1,234  1,000  ${'ab'.repeat(32)}
silver_events               0  not there yet
0.04 s
`,
    );
    expect(exitCode).toBe(0);
    const json = await runCommand(['verify', '--hash', '--json'], { lake });
    expect(JSON.parse(json.stdout)).toEqual(report);
  });

  it('verify prints every number and fails with 4 at a difference', async () => {
    const report: VerifyReport = {
      lines: 1_000,
      checks: [
        { name: 'lines received', expected: '1234567', actual: '1234567', isEqual: true },
        { name: 'gold_sessions: rows', expected: '7', actual: '7', isEqual: true },
        { name: 'gold_sessions: revenue', expected: '-1234.50', actual: '9.00', isEqual: false },
        {
          name: 'gold_sessions: every row (hash)',
          expected: '1234567890123456',
          actual: '1234567890123456',
          isEqual: true,
        },
        { name: 'gold_sessions: events', expected: '9', actual: '9', isEqual: true },
      ],
      durationMs: 2_000,
    };
    const { stdout, stderr, exitCode } = await runCommand(['verify'], {
      lake: { verify: async () => report },
    });
    expect(stdout).toBe(`           number                           from the lines  in the tables
same       lines received                        1,234,567      1,234,567
same       gold_sessions: rows, and 2 more               7              7
DIFFERENT  gold_sessions: revenue                -1,234.50           9.00
5 numbers checked over 1,000 lines, 1 difference, 2.0 s
`);
    expect(stderr).toBe(`error: gold_sessions: revenue: the lines give -1234.50, the tables 9.00
hint: clicklake run --full-refresh computes the tables again from the lines
`);
    expect(exitCode).toBe(4);
    const verbose = await runCommand(['verify', '--verbose'], {
      lake: { verify: async () => report },
    });
    expect(verbose.stdout.split('\n')).toHaveLength(8);
    expect(verbose.stdout).toMatch(/\(hash\) +1234567890123456 +1234567890123456\n/);
  });

  it('maintain says what was done, or would be', async () => {
    const table = {
      table: 'silver_events',
      filesCompacted: 12,
      filesWritten: 1,
      checkpointVersion: 20,
      filesVacuumed: 3,
      bytesVacuumed: 4_000,
    };
    const seen: unknown[] = [];
    const maintain = async (options: object) => {
      seen.push(options);
      return { tables: [table], workFoldersRemoved: 1, durationMs: 500 };
    };
    const dry = await runCommand(['maintain', '--dry-run'], { lake: { maintain } });
    expect(dry.stdout).toBe(`nothing was changed; this would be done:
table          files merged  checkpoint  deleted
silver_events  12 into 1     version 20  3 files, 4.00 kB
1 abandoned work folder removed, 0.5 s
`);
    expect(seen).toEqual([{ dryRun: true }]);
  });
});

describe('init', () => {
  it('writes a configuration that means the defaults, and never overwrites one', async () => {
    const { stdout, exitCode } = await runCommand(['init', 'shop'], { cwd });
    expect(exitCode).toBe(0);
    expect(stdout).toBe(`wrote shop/clicklake.yaml
next:
  cd shop
  clicklake ingest <files of events>
  clicklake run
`);
    const text = await readFile(join(cwd, 'shop/clicklake.yaml'), 'utf8');
    expect(text).toMatch(
      /^# yaml-language-server: \$schema=file:.*\/schema\/clicklake\.schema\.json\n/,
    );
    const again = await runCommand(['init', 'shop'], { cwd });
    expect(again.exitCode).toBe(2);
    expect(again.stderr).toContain('shop/clicklake.yaml exists already and was not changed');
    const lake = { run: async () => IDLE_REPORT };
    const withFile = await runCommand(['run'], { cwd: join(cwd, 'shop'), lake });
    const without = await runCommand(['run'], { cwd, lake });
    expect(withFile.settings).toEqual({ ...without.settings, lake: join(cwd, 'shop/lake') });
  });

  it('writes a line about each section of the configuration', async () => {
    await runCommand(['init'], { cwd });
    const text = await readFile(join(cwd, 'clicklake.yaml'), 'utf8');
    const schema = JSON.parse(await readFile('schema/clicklake.schema.json', 'utf8'));
    for (const section of Object.keys(schema.properties)) {
      expect(text, section).toMatch(new RegExp(`^(?:# )?${section}:`, 'm'));
    }
  });

  it('writes examples that are valid when their comment signs are taken away', async () => {
    await runCommand(['init'], { cwd });
    const text = await readFile(join(cwd, 'clicklake.yaml'), 'utf8');
    const uncommented = text.replace(
      /^( *)# ((?: {2})?[a-z_ ]+:(?: .*)?)$/gm,
      (line, indent, key) =>
        /^ {0,2}[a-z_ ]+: [A-Z]/.test(key) || /string, int/.test(key) ? line : indent + key,
    );
    await writeFile(join(cwd, 'clicklake.yaml'), uncommented);
    await writeFile(join(cwd, 'rates.csv'), 'date,currency,rate\n2026-01-01,SEK,0.09\n');
    const run = await runCommand(['run'], { cwd, lake: { run: async () => IDLE_REPORT } });
    expect(run.stderr).toBe('');
    expect(run.settings?.silver.extraColumns).toEqual([{ name: 'campaign', type: 'string' }]);
    expect(run.settings?.silver.eventTypeAliases).toMatchObject({ 'buy now': 'purchase' });
    expect(run.settings?.models).toBe(join(cwd, 'models'));
    expect(run.settings?.money).toMatchObject({ currency: 'EUR', assume: 'EUR' });
    expect(run.settings?.duckdb).toMatchObject({
      memoryLimitMb: 4096,
      threads: 4,
      tempDir: '/tmp',
    });
  });
});

/** Answers the page's questions from one lake; at most one question at a time reaches the engine. */
import { dataDictionary } from '../../pipeline/data-dictionary.ts';
import type { Lake } from '../../pipeline/lake.ts';
import type { LakeReader } from '../../pipeline/reader.ts';
import type { StatusReport } from '../../pipeline/reports.ts';
import type { Definition, Health, Options, Period, View } from '../view.ts';
import { readChoice } from './choice.ts';
import { KEPT, queryView } from './queries.ts';

export interface LakePages {
  options(): Promise<Options>;
  /** Throws `usage` for filters that are none. */
  view(query: URLSearchParams): Promise<View>;
  health(): Promise<Health>;
  definitions(): Definition[];
}

/** How long an answer may be older than the lake. */
const MAX_AGE_MS = 2000;

export function openLakePages(lake: Lake, address: string, now: () => number): LakePages {
  const reader = lake.reader();
  let kept: { version: string; options: Options } | undefined;
  let checkedAt = Number.NEGATIVE_INFINITY;
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <Result>(work: () => Promise<Result>): Promise<Result> => {
    const result = last.then(work, work);
    last = result.catch(() => {});
    return result;
  };
  const current = async (): Promise<{ version: string; options: Options }> => {
    if (kept === undefined || now() - checkedAt >= MAX_AGE_MS) {
      checkedAt = now();
      if (kept === undefined || kept.version !== (await reader.version())) {
        const version = await reader.keep(KEPT);
        kept = { version, options: await queryOptions(reader, version, address) };
      }
    }
    return kept;
  };
  return {
    options: () => inTurn(async () => (await current()).options),
    view: (query) =>
      inTurn(async () => {
        const { version, options } = await current();
        const days = options.days ?? dayOf(now());
        return queryView(reader, version, readChoice(query, days), days);
      }),
    health: () =>
      inTurn(async () => {
        await current();
        const [row] = await reader.rows('SELECT last_event_at FROM page_last_event');
        // The report shows other states of the tables than were kept: names in KEPT are not theirs.
        return readHealth(await lake.status(), row?.last_event_at);
      }),
    definitions: () =>
      dataDictionary().flatMap(({ name, columns }) =>
        columns.map((column) => ({
          table: name,
          column: column.name,
          description: column.description,
        })),
      ),
  };
}

async function queryOptions(reader: LakeReader, version: string, lake: string): Promise<Options> {
  const [days] = await reader.rows(
    'SELECT CAST(min(session_date) AS VARCHAR) AS "from", CAST(max(session_date) AS VARCHAR) AS "to" FROM page_sessions',
  );
  const names = async (column: string): Promise<string[]> =>
    (
      await reader.rows(
        `SELECT ${column} AS name FROM page_sessions GROUP BY ${column} ORDER BY count(*) DESC, name`,
      )
    ).map(({ name }) => String(name));
  return {
    version,
    lake,
    days: days?.from == null ? null : { from: String(days.from), to: String(days.to) },
    devices: await names('device'),
    countries: await names('country'),
  };
}

function readHealth(status: StatusReport, lastEventAt: unknown): Health {
  const { outcomes } = status;
  const changes = status.tables.filter(({ table }) => table.startsWith('gold_'));
  const lastRunAt = changes.reduce<string | null>(
    (latest, { lastModifiedAt }) =>
      lastModifiedAt !== null && (latest === null || lastModifiedAt > latest)
        ? lastModifiedAt
        : latest,
    null,
  );
  return {
    lastEventAt: lastEventAt == null ? null : String(lastEventAt),
    lastRunAt,
    isGoldCurrent: status.isGoldCurrent,
    waitingFiles: status.pending.files,
    lines: outcomes.lines,
    valid: outcomes.valid,
    duplicates: outcomes.duplicates,
    quarantined: Object.entries(outcomes.quarantined)
      .map(([reason, lines]) => ({ reason, lines }))
      .sort((a, b) => b.lines - a.lines),
  };
}

function dayOf(timeMs: number): Period {
  const day = new Date(timeMs).toISOString().slice(0, 10);
  return { from: day, to: day };
}

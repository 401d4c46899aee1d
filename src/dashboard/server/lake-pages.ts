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

/** Throws `not_found` where there is no lake. */
export async function openLakePages(
  lake: Lake,
  address: string,
  now: () => number,
): Promise<LakePages> {
  const reader = await lake.reader();
  let options: Options | undefined;
  let checkedAt = Number.NEGATIVE_INFINITY;
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <Result>(work: () => Promise<Result>): Promise<Result> => {
    const result = last.then(work, work);
    last = result.catch(() => {});
    return result;
  };
  /** What can be chosen in the version of the lake that is kept. */
  const current = async (): Promise<Options> => {
    if (options === undefined || now() - checkedAt >= MAX_AGE_MS) {
      checkedAt = now();
      const version = await reader.keep(KEPT);
      if (options?.version !== version) options = await queryOptions(reader, version, address);
    }
    return options;
  };
  return {
    options: () => inTurn(current),
    view: (query) =>
      inTurn(async () => {
        const { version, days: known } = await current();
        const days = known ?? dayOf(now());
        return queryView(reader, version, readChoice(query, days), days);
      }),
    health: () =>
      inTurn(async () => {
        await current();
        const [row] = await reader.rows('SELECT last_event_at FROM page_last_event');
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

/** What can be chosen on the page. */
import type { LakeReader } from '../../pipeline/reader.ts';
import type { Options } from '../view.ts';
import { ALL, type Kept } from './kept-results.ts';
import { toOwnTable } from './own-table.ts';

/** More would make the answer long, and no list to choose from. */
const NAME_COUNT = 500;

export async function queryOptions(
  reader: LakeReader,
  asked: { version: string; kept: Kept; lake: string },
): Promise<Omit<Options, 'realtime'>> {
  const { version, kept, lake } = asked;
  const [days] = await reader.rows(
    'SELECT CAST(min(day) AS VARCHAR) AS "from", CAST(max(day) AS VARCHAR) AS "to" FROM page_days',
  );
  const [last] = await reader.rows('SELECT last_event_at FROM page_last_event');
  const names: Partial<Options['names']> = {};
  const { dimensions, table, weight } = kept.names;
  for (const id of dimensions) {
    const found = await reader.rows(
      `SELECT CAST(${id} AS VARCHAR) AS name FROM ${table} GROUP BY ${id} ORDER BY ${weight} DESC, name LIMIT ${NAME_COUNT}`,
    );
    names[id] = found.map(({ name }) => String(name));
  }
  return {
    ownTables: reader.ownTables.map(toOwnTable),
    version,
    isComplete: kept === ALL,
    lake,
    timeZone: reader.rules().timeZone,
    days: days?.from == null ? null : { from: String(days.from), to: String(days.to) },
    lastEventAt: last?.last_event_at == null ? null : String(last.last_event_at),
    names,
  };
}

/** Visitors active now, by event time. */
import type { LakeReader } from '../../pipeline/reader.ts';
import type { Options } from '../view.ts';

export interface RecentSession {
  visitor: string;
  startMs: number;
  endMs: number;
}

const MINUTE_MS = 60_000;

export async function queryRecent(reader: LakeReader): Promise<RecentSession[]> {
  const found = await reader.rows('SELECT visitor_id, started_at, ended_at FROM page_recent');
  return found.map((row) => ({
    visitor: String(row.visitor_id),
    startMs: Date.parse(String(row.started_at)),
    endMs: Date.parse(String(row.ended_at)),
  }));
}

/** A session whose last event is not older has an event in the time. */
export function countRecent(
  sessions: readonly RecentSession[],
  nowMs: number,
): Options['realtime'] {
  const visitorsSince = (minutes: number): number =>
    new Set(
      sessions
        .filter(({ startMs, endMs }) => startMs <= nowMs && endMs >= nowMs - minutes * MINUTE_MS)
        .map(({ visitor }) => visitor),
    ).size;
  const of30Minutes = visitorsSince(30);
  return of30Minutes === 0 ? null : { of5Minutes: visitorsSince(5), of30Minutes };
}

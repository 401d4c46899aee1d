/** Visitors active now, by event time. */
import type { LakeReader } from '../../pipeline/reader.ts';
import type { Options } from '../view.ts';

const MINUTE_MS = 60_000;

/**
 * A session has an event in the time if it began or ended in it. Of one that began before and ends after now, which
 * only a wrong clock brings about, it is not known: it does not count. Null: nobody in 30 minutes.
 */
export async function queryRealtime(
  reader: LakeReader,
  { nowMs, lastEventAt }: { nowMs: number; lastEventAt: string | null },
): Promise<Options['realtime']> {
  if (lastEventAt === null || Date.parse(lastEventAt) < nowMs - 30 * MINUTE_MS) {
    return null;
  }
  const before = (minutes: number): string =>
    `TIMESTAMPTZ '${new Date(nowMs - minutes * MINUTE_MS).toISOString()}'`;
  const isIn = (minutes: number): string =>
    `ended_at >= ${before(minutes)} AND (ended_at <= ${before(0)} OR started_at >= ${before(minutes)})`;
  const [found] = await reader.rows(
    `SELECT count(DISTINCT CASE WHEN ${isIn(5)} THEN visitor_id END) AS of_5_minutes,
       count(DISTINCT visitor_id) AS of_30_minutes
     FROM page_recent WHERE started_at <= ${before(0)} AND ${isIn(30)}`,
  );
  const of30Minutes = Number(found?.of_30_minutes ?? 0);
  return of30Minutes === 0 ? null : { of5Minutes: Number(found?.of_5_minutes), of30Minutes };
}

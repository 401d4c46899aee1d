/** The latest sessions that match the filters. */
import type { SessionRow } from '../view.ts';
import { conditionOf } from './choice.ts';
import type { Question } from './parts.ts';

const SESSION_COUNT = 100;

export async function querySessions({ rows, choice }: Question): Promise<SessionRow[]> {
  const found = await rows(
    `SELECT session_id, started_at, duration_seconds, event_count, order_count,
       CAST(revenue AS DOUBLE) AS revenue, session_number, CAST(channel AS VARCHAR) AS channel,
       CAST(landing_page AS VARCHAR) AS landing_page, CAST(device AS VARCHAR) AS device,
       CAST(country AS VARCHAR) AS country
     FROM page_sessions WHERE ${conditionOf(choice)}
     ORDER BY started_at DESC, session_id LIMIT ${SESSION_COUNT}`,
  );
  return found.map((row) => ({
    id: String(row.session_id),
    startedAt: String(row.started_at),
    seconds: Number(row.duration_seconds),
    events: Number(row.event_count),
    orders: Number(row.order_count),
    revenue: row.revenue === null ? null : Number(row.revenue),
    channel: String(row.channel),
    landingPage: String(row.landing_page),
    device: String(row.device),
    country: String(row.country),
    number: Number(row.session_number),
  }));
}

/** The events of one session, out of Silver. */
import { ClicklakeError } from '../../errors.ts';
import type { Lake } from '../../lake/open-lake.ts';
import type { QueryRow } from '../../pipeline/reports.ts';
import { textLiteral } from '../../pipeline/sql-literal.ts';
import type { SessionEvent, SessionView } from '../view.ts';
import { checkText } from './choice.ts';

const MAX_EVENTS = 500;
const MAX_ID_LENGTH = 4000;

/** Throws `usage` for what is no id. */
export function readSessionId(query: URLSearchParams): string {
  const id = query.get('id') ?? '';
  checkText('id', id, MAX_ID_LENGTH);
  return id;
}

/** Throws `usage` where there is no such session. */
export async function readSession(
  lake: Pick<Lake, 'query'>,
  asked: { id: string; isRemote: boolean },
): Promise<SessionView> {
  const { id, isRemote } = asked;
  const { rows } = await lake.query(
    `SELECT session_id, derived_from, visitor_id, channel, event_count, started_at, ended_at
     FROM gold_sessions WHERE session_id = ${textLiteral(id)}`,
  );
  const [session] = rows;
  if (session === undefined) {
    throw new ClicklakeError('usage', `session: there is no session ${JSON.stringify(id)}`, {
      hint: 'a late event may have joined it with another one: look for it in the list of sessions',
    });
  }
  return {
    id,
    startedAt: String(session.started_at),
    endedAt: String(session.ended_at),
    visitorId: String(session.visitor_id),
    channel: String(session.channel),
    eventCount: Number(session.event_count),
    events: isRemote ? null : await queryEvents(lake, session),
  };
}

async function queryEvents(lake: Pick<Lake, 'query'>, session: QueryRow): Promise<SessionEvent[]> {
  const [from, to] = [session.started_at, session.ended_at].map(String) as [string, string];
  const { rows } = await lake.query(
    `SELECT event_timestamp, event_type, page_url, product_id, order_id, CAST(price AS VARCHAR) AS price, quantity
     FROM silver_events
     WHERE event_date BETWEEN DATE '${from.slice(0, 10)}' AND DATE '${to.slice(0, 10)}'
       AND event_timestamp BETWEEN ${instant(from)} AND ${instant(to)}
       AND event_type <> 'refund' AND ${ownerCondition(session)}
     ORDER BY event_timestamp, event_id LIMIT ${MAX_EVENTS}`,
  );
  const text = (value: unknown): string | null => (value == null ? null : String(value));
  return rows.map((row) => ({
    at: String(row.event_timestamp),
    type: String(row.event_type),
    page: text(row.page_url),
    product: text(row.product_id),
    order: text(row.order_id),
    price: text(row.price),
    quantity: row.quantity === null ? null : Number(row.quantity),
  }));
}

/** Gold writes a sent id that looks like a derived one with session_id= before it. */
function ownerCondition({ session_id: id, derived_from: owner }: QueryRow): string {
  if (owner === null) {
    const sent = textLiteral(String(id));
    return `(session_id = ${sent} OR 'session_id=' || session_id = ${sent})`;
  }
  const wanted = textLiteral(String(owner));
  return `CASE WHEN anonymous_id IS NULL THEN 'user_id=' || user_id ELSE 'anonymous_id=' || anonymous_id END = ${wanted}`;
}

function instant(text: string): string {
  return `CAST(${textLiteral(text)} AS TIMESTAMPTZ)`;
}

/** The dashboard over a lake that Spark computes. */
import { expect, it } from 'vitest';
import type { SessionView, View } from '../../src/dashboard/view.ts';
import { ask } from './ask.ts';
import { serveLake } from './served-lake.ts';

it('reads with DuckDB, though another engine is configured', async () => {
  const event = {
    ...{ event_id: 'e1', user_id: 'u1', session_id: 's1', event_type: 'page_view' },
    event_timestamp: '2026-01-05T10:00:00Z',
  };
  const lake = await serveLake({
    lines: [JSON.stringify(event)],
    // Nothing listens there.
    dashboardEnv: { CLICKLAKE_ENGINE: 'spark', CLICKLAKE_SPARK_URL: 'sc://127.0.0.1:9' },
  });
  const get = async <Found>(path: string): Promise<Found> =>
    JSON.parse((await ask(lake.address, path)).body);
  expect((await get<View>('/api/view')).totals.sessions).toBe(1);
  expect((await get<SessionView>('/api/session?id=s1')).events).toHaveLength(1);
  expect((await ask(lake.address, '/api/health')).status).toBe(200);
  await lake.stop();
});

/** What the dashboard says of bots: at the server, and on the page in a real browser. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { View } from '../../src/dashboard/view.ts';
import { ask } from './ask.ts';
import { findChromium, startChromium } from './browser.ts';
import { type ServedLake, serveLake } from './served-lake.ts';

/** Three sessions of one visitor; the user agent of the first two is that of a program. */
const LINES = ['curl/8.5.0', 'curl/8.5.0', undefined].map((agent, index) =>
  JSON.stringify({
    ...{ event_id: `e${index}`, user_id: 'u', session_id: `s${index}`, event_type: 'page_view' },
    event_timestamp: `2026-01-0${1 + index}T10:00:00Z`,
    user_agent: agent,
  }),
);

describe.each([
  ['exclude', 1, 'No other number of sessions or events counts them.', 1],
  ['include', 3, 'All numbers count them.', 0],
])('the dashboard with bots: %s', (bots, sessions, sentence, newOnLastDay) => {
  let lake: ServedLake;
  beforeAll(async () => {
    lake = await serveLake({ lines: LINES, env: { CLICKLAKE_BOTS: bots } });
  });
  afterAll(() => lake?.stop());

  it('counts sessions as the setting says, and tells how many are of bots', async () => {
    const { body } = await ask(lake.address, '/api/view?from=2026-01-01&to=2026-01-03');
    const view: View = JSON.parse(body);
    expect(view.totals.sessions).toBe(sessions);
    expect(view.parts.notes?.bots).toEqual({
      sessions: 2,
      events: 2,
      isLeftOut: bots === 'exclude',
    });
  });

  it('takes a visitor for new in the first session that counts', async () => {
    const totalsOf = async (query: string) => {
      const { body } = await ask(lake.address, `/api/view?to=2026-01-03&${query}`);
      return (JSON.parse(body) as View).totals;
    };
    expect((await totalsOf('from=2026-01-01')).newVisitors).toBe(1);
    expect((await totalsOf('from=2026-01-03')).newVisitors).toBe(newOnLastDay);
    expect((await totalsOf('from=2026-01-01&visitor=new')).sessions).toBe(1);
    expect((await totalsOf('from=2026-01-01&visitor=returning')).sessions).toBe(sessions - 1);
  });

  it.skipIf(findChromium() === undefined)(
    'says so below the figures of its page (needs Chromium)',
    async () => {
      const browser = await startChromium();
      try {
        const page = await browser.newPage();
        await page.goto(`${lake.address}?from=2026-01-01&to=2026-01-03`);
        const note = await page.getByRole('region', { name: 'Bots' }).textContent();
        expect(note).toContain('sessions 2, events 2');
        expect(note).toContain(sentence);
      } finally {
        await browser.close();
      }
    },
  );
});

it('goes by the rule that Gold was computed by, not by its own setting', async () => {
  const lake = await serveLake({
    lines: LINES,
    env: { CLICKLAKE_BOTS: 'include' },
    dashboardEnv: { CLICKLAKE_BOTS: 'exclude' },
  });
  try {
    const { body } = await ask(lake.address, '/api/view?from=2026-01-01&to=2026-01-03');
    const view: View = JSON.parse(body);
    expect(view.totals.sessions).toBe(3);
    expect(view.parts.notes?.bots.isLeftOut).toBe(false);
  } finally {
    await lake.stop();
  }
});

/** What the simulated events say about who sends them. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { SimulateOptions } from '../../src/simulate/options.ts';
import { simulate } from '../../src/simulate/simulate.ts';
import type { Truth } from '../../src/simulate/truth.ts';

const folder = mkdtempSync(join(tmpdir(), 'clicklake-sender-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let runs = 0;

interface Event {
  event_id: string;
  user_id?: string;
  anonymous_id?: string;
  session_id?: string;
  user_agent?: string;
  order_id?: string;
  event_timestamp: string;
}

async function run(options: Partial<SimulateOptions>) {
  const out = join(folder, `run-${runs++}`);
  const { truthPath } = await simulate({ out, days: 6, clean: true, ...options });
  const truth = JSON.parse(readFileSync(truthPath, 'utf8')) as Truth;
  const texts = truth.lines.files.map((name) => readFileSync(join(out, name), 'utf8'));
  const lines = texts.join('').trimEnd().split('\n');
  return { truth, events: lines.map((line) => JSON.parse(line) as Event) };
}

function group<Item>(items: readonly Item[], keyOf: (item: Item) => string | undefined) {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const key = keyOf(item);
    if (key !== undefined) {
      groups.set(key, [...(groups.get(key) ?? []), item]);
    }
  }
  return groups;
}

const usersOf = (events: readonly Event[]) =>
  new Set(events.flatMap(({ user_id }) => (user_id === undefined ? [] : [user_id])));

describe('anonymous visitors', async () => {
  const { events, truth } = await run({ events: 12_000, sender: { identity: 'anonymous' } });
  const sessions = [...group(events, ({ session_id }) => session_id).values()];
  const devices = [...group(events, ({ anonymous_id }) => anonymous_id).values()];

  it('have a device in every event, the same in all of a session', () => {
    expect(events.filter(({ anonymous_id }) => anonymous_id === undefined)).toEqual([]);
    for (const session of sessions) {
      expect(new Set(session.map(({ anonymous_id }) => anonymous_id)).size).toBe(1);
    }
  });

  it('log in never, all along, or on the way, and stay logged in', () => {
    const kinds = sessions.map((session) => {
      const isKnown = session.map(({ user_id }) => user_id !== undefined);
      expect(isKnown.toSorted()).toEqual(isKnown);
      return isKnown[0] ? 'all along' : isKnown.at(-1) ? 'on the way' : 'never';
    });
    for (const kind of ['all along', 'on the way', 'never']) {
      expect(kinds.filter((one) => one === kind).length).toBeGreaterThan(kinds.length / 20);
    }
  });

  it('have devices without a user before, linked on a later day', () => {
    const linkedLater = devices.filter((ofDevice) => {
      const known = ofDevice.find(({ user_id }) => user_id !== undefined);
      const first = ofDevice[0]!.event_timestamp.slice(0, 10);
      return known !== undefined && known.event_timestamp.slice(0, 10) > first;
    });
    expect(linkedLater.length).toBeGreaterThan(10);
  });

  it('share a device now and then, and have a second one', () => {
    const shared = devices.filter((ofDevice) => usersOf(ofDevice).size > 1).length;
    expect(shared).toBeGreaterThan(0);
    expect(shared / devices.length).toBeLessThan(0.05);
    const users = [...group(events, ({ user_id }) => user_id).values()];
    const several = users.filter((ofUser) => group(ofUser, (one) => one.anonymous_id).size > 1);
    expect(several.length / users.length).toBeGreaterThan(0.02);
  });

  it('have identities: of each device the last user that it names', () => {
    const expected = devices.map((ofDevice) => {
      const inOrder = ofDevice.toSorted((a, b) =>
        `${a.event_timestamp.slice(0, -1).padEnd(26, '0')}${a.event_id}` <
        `${b.event_timestamp.slice(0, -1).padEnd(26, '0')}${b.event_id}`
          ? -1
          : 1,
      );
      const last = inOrder.findLast(({ user_id }) => user_id !== undefined);
      return [ofDevice[0]!.anonymous_id, last?.user_id ?? null];
    });
    const found = truth.identity!.identities.map(([device, user]) => [device, user]);
    expect(found.toSorted()).toEqual(expected.toSorted());
  });
});

describe('events without sessions', () => {
  it('name none, and their truth has sessions that a pause of half an hour ends', async () => {
    const { events, truth } = await run({ events: 6_000, sender: { sendsSessions: false } });
    expect(events.filter(({ session_id }) => session_id !== undefined)).toEqual([]);
    let sessions = 0;
    for (const ofUser of group(events, ({ user_id }) => user_id).values()) {
      const times = ofUser.map((one) => Date.parse(one.event_timestamp)).toSorted((a, b) => a - b);
      sessions += times.filter(
        (ms, index) => index === 0 || ms - times[index - 1]! >= 1_800_000,
      ).length;
    }
    expect(truth.sessions.sessions).toBe(sessions);
    expect(truth.identity!.visitors.reduce((sum, [, count]) => sum + count, 0)).toBe(sessions);
  });

  it('have an order in one session, though another account logs in before it', async () => {
    const { events } = await run({
      events: 20_000,
      dirt: { mixedSessions: 0.5 },
      sender: { sendsSessions: false },
      profile: { devices: [{ name: 'desktop', share: 1, conversion: 10 }] },
    });
    const orders = [...group(events, ({ order_id }) => order_id).values()];
    expect(orders.filter((lines) => lines.length > 1).length).toBeGreaterThan(100);
    expect(orders.filter((lines) => usersOf(lines).size > 1)).toEqual([]);
  });
});

describe('user agents', () => {
  it('are those of crawlers for bots, and of browsers for visitors', async () => {
    const { events } = await run({
      events: 6_000,
      dirt: { bots: 0.2 },
      sender: { sendsUserAgents: true },
    });
    const isCrawler = ({ user_agent }: Event) => /bot\b/i.test(user_agent!);
    for (const ofUser of group(events, ({ user_id }) => user_id).values()) {
      expect(new Set(ofUser.map(isCrawler)).size).toBe(1);
    }
    const share = events.filter(isCrawler).length / events.length;
    expect(share).toBeGreaterThan(0.1);
    expect(share).toBeLessThan(0.3);
  });
});

describe('the time zone of a shop', () => {
  it('has its evening when its clocks say so', async () => {
    const { events } = await run({ events: 8_000, timeZone: 'Asia/Jakarta' });
    const hours = group(events, ({ event_timestamp }) => event_timestamp.slice(11, 13));
    // 20 and 3 o'clock in Jakarta.
    expect(hours.get('13')!.length).toBeGreaterThan(5 * hours.get('20')!.length);
  });

  it.each([
    [{ timeZone: 'Mars/Olympus' }, '--time-zone Mars/Olympus'],
    [{ sender: { identity: 'nobody' as 'users' } }, '--identity nobody'],
  ])('is refused unless it is known, as an unknown identity is: %o', async (options, message) => {
    await expect(run(options)).rejects.toThrow(message);
  });
});

/** What tests of random events share: who sends them, when they come, and what they must come to. */
import { expect } from 'vitest';
import type { GoldRules } from '../../src/contract/gold-rules.ts';
import { RECEIVED_AT_MS } from '../fixtures/both-engines.ts';
import { queriedReference } from '../fixtures/queried-reference.ts';
import { type GoldRows, goldOf, linesOf, type Sent } from './gold-support.ts';
import type { TestLake } from './lake-support.ts';

export interface DrawnTime {
  /** After the event before [µs]. */
  pause: number;
  /** Which delivery the event comes with. */
  delivery: number;
}

/** The events of one sender, by delivery. */
export function inDeliveries<Drawn extends DrawnTime>(
  drawn: readonly Drawn[],
  { startMs, count }: { startMs: number; count: number },
  toSent: (event: Drawn, at: string, index: number) => Sent,
): Sent[][] {
  const deliveries: Sent[][] = Array.from({ length: count }, () => []);
  let micros = BigInt(startMs) * 1000n;
  for (const [index, event] of drawn.entries()) {
    micros += BigInt(event.pause);
    const seconds = new Date(Number(micros / 1000n)).toISOString().slice(0, 19);
    const at = `${seconds}.${String(micros % 1_000_000n).padStart(6, '0')}Z`;
    deliveries[event.delivery]?.push(toSent(event, at, index));
  }
  return deliveries;
}

/** The deliveries of several senders, each with the events of all. */
export function together(senders: readonly Sent[][][]): Sent[][] {
  const count = senders[0]?.length ?? 0;
  return Array.from({ length: count }, (_, index) => senders.flatMap((each) => each[index] ?? []));
}

/** Ids that no other sender has. An event without any gets a device. */
export function idsOf(
  { device, user, session }: Record<'device' | 'user' | 'session', string | undefined>,
  sender: string,
): Pick<Sent, 'device' | 'user' | 'session'> {
  const own = (text: string | undefined) => (text === undefined ? undefined : `${text}-${sender}`);
  const hasNone = device === undefined && user === undefined && session === undefined;
  return { device: own(hasNone ? 'c' : device), user: own(user), session: own(session) };
}

/** All Gold tables have the rows of the reference. */
export async function expectReference(
  lake: TestLake,
  deliveries: readonly (readonly Sent[])[],
  rules: Partial<GoldRules>,
): Promise<void> {
  const files = deliveries.map((events) =>
    linesOf(events)
      .split('\n')
      .map((line) => Buffer.from(line)),
  );
  const { tables } = queriedReference(files, BigInt(RECEIVED_AT_MS) * 1000n, rules);
  const gold = await goldOf(lake);
  for (const [table, rows] of Object.entries(gold)) {
    expect(textsOf(rows), table).toEqual(textsOf(tables[table] ?? []));
  }
}

function textsOf(rows: GoldRows[string]): string[] {
  return rows
    .map((row) => JSON.stringify(Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1))))
    .sort();
}

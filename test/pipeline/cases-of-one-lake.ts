/**
 * Cases that share one lake, as a run on Spark takes half a minute. They touch nothing of each other: each has
 * years, visitors, sessions and orders of its own, so that no case hides what another must have recomputed.
 */
import { afterAll, it } from 'vitest';
import { deliver, expectSameAsRefresh, type Sent } from './gold-support.ts';
import { openTestLake, type SettingsChange, type TestLake } from './lake-support.ts';

type Deliveries = readonly (readonly Sent[])[];

/** What a test sees of its case: ids and the years 2025 and 2026 as they were sent. */
export interface Case {
  /** Rows of Gold: every table behind FROM has only those of this case. */
  rows(sql: string): Promise<Record<string, unknown>[]>;
  /** An id as the lake has it, for conditions. */
  own(id: string): string;
}

interface CasesOfOneLake {
  /** A case, which has these deliveries with a run after each, and its test. */
  it(name: string, deliveries: Deliveries, test: (own: Case) => Promise<void>): void;
  /** The last test: all cases are as their lines say, and as a full refresh leaves them. */
  itIsSameAsRefresh(): void;
}

export function casesOfOneLake(change?: SettingsChange): CasesOfOneLake {
  const cases: Deliveries[] = [];
  let opened: Promise<TestLake> | undefined;
  const open = (): Promise<TestLake> => {
    opened ??= lakeOfAll(cases, change);
    return opened;
  };
  afterAll(async () => {
    await (await opened)?.[Symbol.asyncDispose]();
  });
  return {
    it(name, deliveries, test) {
      const number = cases.length;
      cases.push(deliveries.map((events) => events.map((event) => ownEvent(event, number))));
      it(name, async () => {
        const lake = await open();
        await test({
          rows: async (sql) => asSent(await lake.rows(ofOwn(sql, number)), number),
          own: (id) => ownId(id, number),
        });
      });
    },
    itIsSameAsRefresh() {
      it('is the same when everything is computed again, and as the lines themselves say', async () => {
        await expectSameAsRefresh(await open());
      });
    },
  };
}

/** The first case has the years 2025 and 2026, the next one 2027 and 2028. */
export const YEARS_OF_A_CASE = 2;

/** Later than all of them. */
const NOW_MS = Date.UTC(2099, 0, 1);

async function lakeOfAll(
  cases: readonly Deliveries[],
  change: SettingsChange | undefined,
): Promise<TestLake> {
  const lake = await openTestLake({ now: () => NOW_MS }, change);
  const runs = Math.max(...cases.map((deliveries) => deliveries.length));
  for (let run = 0; run < runs; run += 1) {
    await deliver(
      lake,
      cases.flatMap((deliveries) => deliveries[run] ?? []),
    );
  }
  return lake;
}

/** A space sorts before what other ids go on with, so that ids keep their order. */
function ownId(id: string, number: number): string {
  return `${id} #${number}`;
}

function ownEvent(event: Sent, number: number): Sent {
  const ids = ['id', 'user', 'device', 'session', 'order_id'] as const;
  const own = ids.flatMap((name) => {
    const id = event[name];
    return typeof id === 'string' ? [[name, ownId(id, number)]] : [];
  });
  const at = event.at.replace(/^\d+/, (year) => String(Number(year) + YEARS_OF_A_CASE * number));
  return { ...event, ...Object.fromEntries(own), at };
}

const DATES: Readonly<Record<string, string>> = {
  gold_channels: 'session_date',
  gold_conversion_metrics: 'date',
  gold_identities: 'last_seen_at',
  gold_products: 'date',
  gold_refunds: 'refund_date',
  gold_sessions: 'session_date',
  gold_users: 'first_seen_date',
};

function ofOwn(sql: string, number: number): string {
  return sql.replaceAll(/\bFROM (gold_\w+)/g, (_, table: string) => {
    const years = [2025, 2026].map((year) => year + YEARS_OF_A_CASE * number);
    // An order of which there are only refunds has no date.
    const isOwn =
      table === 'gold_orders'
        ? `order_id LIKE '%${ownId('', number)}'`
        : `year(${DATES[table]}) IN (${years})`;
    return `FROM (SELECT * FROM ${table} WHERE ${isOwn}) AS ${table}`;
  });
}

function asSent(rows: Record<string, unknown>[], number: number): Record<string, unknown>[] {
  const text = JSON.stringify(rows)
    .replaceAll(ownId('', number), '')
    .replaceAll(/"(20\d\d)-/g, (_, year: string) => `"${Number(year) - YEARS_OF_A_CASE * number}-`);
  return JSON.parse(text) as Record<string, unknown>[];
}

/** Answers the page's questions from one lake. */

import type { Lake } from '../../lake/open-lake.ts';
import { dataDictionary } from '../../pipeline/data-dictionary.ts';
import type { Definition, Health, Options, OwnView, Period, SessionView, View } from '../view.ts';
import { readChoice, readPage } from './choice.ts';
import { type AskedForHealth, readHealth } from './health.ts';
import { keepAnswers } from './kept-answers.ts';
import { keptResults, TEXT_TYPES } from './kept-results.ts';
import { queryOptions } from './options.ts';
import { queryOwnTable } from './own-table.ts';
import { queryView } from './queries.ts';
import { queryRealtime } from './realtime.ts';
import { readSession, readSessionId } from './session.ts';
import { openWorkQueue } from './work-queue.ts';

/** Each question ends early, with the reason of its signal, when that is aborted. */
export interface LakePages {
  options(asker: AbortSignal): Promise<Options>;
  /** Throws `usage` for filters that are none. */
  view(query: URLSearchParams, asker: AbortSignal): Promise<View>;
  /** Throws `usage` for a table that is not among the own ones, and for filters that are none. */
  ownTable(query: URLSearchParams, asker: AbortSignal): Promise<OwnView>;
  health(asker: AbortSignal): Promise<Health>;
  /** Throws `usage` where there is no such session. */
  session(query: URLSearchParams, asker: AbortSignal): Promise<SessionView>;
  definitions(): Definition[];
  /** To be called before the lake is closed: comes back when nothing is asked of it any more. */
  close(): Promise<void>;
}

/** How long an answer may be older than the lake. */
const MAX_AGE_MS = 2000;
const KEPT_VIEWS = 50;
/** They hold rows, up to a thousand each. */
const KEPT_OWN_VIEWS = 5;
/** With up to 500 events each. */
const KEPT_SESSIONS = 20;

/** Throws `not_found` where there is no lake. */
export async function openLakePages(
  lake: Pick<Lake, 'reader' | 'sessionEvents'> & AskedForHealth,
  address: string,
  now: () => number,
): Promise<LakePages> {
  const reader = await lake.reader();
  let known: Omit<Options, 'realtime'> | undefined;
  let checkedAt = Number.NEGATIVE_INFINITY;
  /** What can be chosen in the version of the lake that is kept. */
  const current = async (): Promise<NonNullable<typeof known>> => {
    if (known !== undefined && now() - checkedAt < MAX_AGE_MS) {
      return known;
    }
    const before = known;
    // After a failure nothing is known of what is kept.
    known = undefined;
    checkedAt = now();
    const version = await reader.keep(keptResults, TEXT_TYPES);
    known = before?.version === version ? before : await queryOptions(reader, version, address);
    return known;
  };

  // The reader takes one question at a time; those about health go another way and hold up no figures.
  const figures = openWorkQueue();
  const about = openWorkQueue();
  const [askOptions, askView] = [figures.questions<Options>(), figures.questions<View>()];
  const askOwn = figures.questions<OwnView>();
  const askHealth = about.questions<Health>();
  const askSession = about.questions<SessionView>();
  const keptViews = keepAnswers<View>(KEPT_VIEWS);
  const keptOwn = keepAnswers<OwnView>(KEPT_OWN_VIEWS);
  const keptSessions = keepAnswers<SessionView>(KEPT_SESSIONS);
  const keptHealth = keepAnswers<Health>(1);
  const options = (asker: AbortSignal): Promise<Options> =>
    askOptions('', asker, async () => {
      const found = await current();
      return { ...found, realtime: await queryRealtime(reader, now()) };
    });
  return {
    options,
    view: (query, asker) =>
      askView(query.toString(), asker, async (signal) => {
        const { version, days: lakeDays } = await current();
        const days = lakeDays ?? dayOf(now());
        const choice = readChoice(query, days);
        const page = readPage(query);
        return await keptViews(version, JSON.stringify([page.id, choice]), () =>
          queryView(reader, { version, choice, page, days, signal }),
        );
      }),
    ownTable: (query, asker) =>
      askOwn(query.toString(), asker, async (signal) => {
        const { version } = await current();
        return await keptOwn(version, query.toString(), () =>
          queryOwnTable(reader, { version, query, signal }),
        );
      }),
    health: (asker) =>
      askHealth('', asker, async (signal) => {
        const { version, lastEventAt } = await options(signal);
        return await keptHealth(version, '', async () => readHealth(lake, lastEventAt));
      }),
    session: (query, asker) =>
      askSession(query.toString(), asker, async (signal) => {
        const id = readSessionId(query);
        const { version } = await options(signal);
        const isRemote = address.includes('://');
        return await keptSessions(version, id, () => readSession(lake, { id, isRemote }));
      }),
    definitions,
    async close() {
      await Promise.all([figures.close(), about.close()]);
    },
  };
}

function definitions(): Definition[] {
  return dataDictionary().flatMap(({ name, columns }) =>
    columns.map((column) => ({
      table: name,
      column: column.name,
      description: column.description,
    })),
  );
}

function dayOf(timeMs: number): Period {
  const day = new Date(timeMs).toISOString().slice(0, 10);
  return { from: day, to: day };
}

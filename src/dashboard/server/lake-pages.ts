/** Answers the page's questions from one lake. */

import type { Lake } from '../../lake/open-lake.ts';
import { dataDictionary } from '../../pipeline/data-dictionary.ts';
import type { Definition, Health, Options, OwnView, Period, SessionView, View } from '../view.ts';
import { readChoice, readPage } from './choice.ts';
import { type Edition, openEditions } from './editions.ts';
import { isOfFirst } from './first-results.ts';
import { type AskedForHealth, readHealth } from './health.ts';
import { keepAnswers } from './kept-answers.ts';
import { queryOwnTable } from './own-table.ts';
import { queryView } from './queries.ts';
import { queryRealtime } from './realtime.ts';
import { readSession, readSessionId } from './session.ts';
import { openWorkQueue, untilAborted } from './work-queue.ts';

/** Each question ends early, with the reason of its signal, when that is aborted. */
export interface LakePages {
  /** `known`: the version that the page shows. If it is the newest read, the answer waits for a newer one. */
  options(query: URLSearchParams, asker: AbortSignal): Promise<Options>;
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
  const isRemote = address.includes('://');
  const editions = await openEditions(lake, {
    ...{ address, isRemote, now },
    // Whoever opens the page while the rest is read finds it computed.
    onFirst: async () => void (await view(new URLSearchParams(), new AbortController().signal)),
  });

  // A reader takes one question at a time; those about health go another way and hold up no figures.
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
    askOptions('', asker, () =>
      editions.use(async ({ reader, options: found }) => ({
        ...found,
        realtime: await queryRealtime(reader, { nowMs: now(), lastEventAt: found.lastEventAt }),
      })),
    );
  /** Of the newest edition, without a question to its reader. */
  const current = async (asker: AbortSignal): Promise<Edition['options']> => {
    await untilAborted(editions.ready(false), asker);
    return await editions.use((edition) => edition.options);
  };
  const view = async (query: URLSearchParams, asker: AbortSignal): Promise<View> => {
    await untilAborted(editions.ready(!isOfFirst(query)), asker);
    return await askView(query.toString(), asker, (signal) =>
      editions.use(async (edition) => {
        const { version, days: lakeDays } = edition.options;
        const days = lakeDays ?? dayOf(now());
        const choice = readChoice(query, days);
        const page = readPage(query);
        return await keptViews(version, JSON.stringify([page.id, choice]), () =>
          queryView(edition, { choice, page, days, signal }),
        );
      }),
    );
  };
  return {
    async options(query, asker) {
      const known = query.get('known');
      // Who shows the newest edition waits for a newer one; others are shown it at once.
      const isWaiting = known !== null && known === editions.version();
      await untilAborted(isWaiting ? editions.follow() : editions.ready(false), asker);
      return await options(asker);
    },
    view,
    async ownTable(query, asker) {
      await untilAborted(editions.ready(false), asker);
      return await askOwn(query.toString(), asker, (signal) =>
        editions.use(({ reader, options: { version } }) =>
          keptOwn(version, query.toString(), () =>
            queryOwnTable(reader, { version, query, signal }),
          ),
        ),
      );
    },
    health: (asker) =>
      askHealth('', asker, async (signal) => {
        const { version, lastEventAt } = await current(signal);
        return await keptHealth(version, '', async () => readHealth(lake, lastEventAt));
      }),
    session: (query, asker) =>
      askSession(query.toString(), asker, async (signal) => {
        const id = readSessionId(query);
        const { version } = await current(signal);
        return await keptSessions(version, id, () => readSession(lake, { id, isRemote }));
      }),
    definitions,
    async close() {
      await Promise.all([figures.close(), about.close()]);
      await editions.close();
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

/**
 * A live shop: writes lines to a landing folder in real time until it is stopped.
 *
 * The visits, the dirt and the lines are those of `simulate`; the times are now. There is no truth
 * beside these files: visits are under way when it stops.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ClicklakeError } from '../errors.ts';
import { createActs } from './acts.ts';
import { openDeliveryDesk } from './deliveries.ts';
import { deriveKey, draw, pick, threshold } from './hash.ts';
import { walkVisit } from './journey.ts';
import { asWriteError, type FileSink, isTaken, openFileSink, TRUTH_FILE } from './landing.ts';
import { queueLines } from './line-queue.ts';
import { applyMishaps } from './mishaps.ts';
import { DEFAULT_SEED, type DirtRates, HOUR_MS, planDirt, planSender, whole } from './options.ts';
import { checkProfile, type ShopProfile } from './profile.ts';
import type { Arrivals } from './records.ts';
import { refundsOf } from './refunds.ts';
import { applyLogin, prepareSender } from './sender.ts';
import type { SenderRules } from './sender-rules.ts';
import { openShop, type Shop } from './shop.ts';
import { estimateVisitEvents } from './visit-length.ts';
import { createTraits, describeVisitor, ROBOT_VISIT_EVENTS } from './visitors.ts';
import { createVisit, prepareVisit } from './visits.ts';
import { createLongCompartments } from './waiting-room.ts';
import { openWriterPool } from './writer-pool.ts';

export interface FollowOptions {
  /** The landing folder; created when missing. Files in it are left alone; it must hold no truth. */
  out: string;
  /** About how many events a second (100). */
  ratePerSecond?: number | undefined;
  /** A new file this often, in seconds (1). */
  everySeconds?: number | undefined;
  /** As in `simulate`. */
  seed?: number | undefined;
  clean?: boolean | undefined;
  dirt?: Partial<DirtRates> | undefined;
  profile?: Partial<ShopProfile> | undefined;
  sender?: Partial<SenderRules> | undefined;
}

export interface FollowReport {
  out: string;
  files: number;
  lines: number;
  sizeBytes: number;
}

export interface FollowEffects {
  /** Milliseconds since the epoch. */
  nowMs(): number;
  processId: number;
  /** Resolves after the time, or at once when the signal is aborted. */
  sleep(durationMs: number, signal: AbortSignal): Promise<void>;
}

const REAL_EFFECTS: FollowEffects = {
  nowMs: Date.now,
  processId: process.pid,
  sleep: (durationMs, signal) => delay(durationMs, undefined, { signal }).catch(() => {}),
};

/** Number of visitors of a live shop. */
const VISITORS = 20_000;
const ROBOTS = 10;
/** Who does not log in at once does so by this visit. */
const FIRST_VISITS = 8;
/**
 * Visits that began this long before the start may be under way then. At the highest rates it is less, so that
 * no more than so many events have to be drawn to find them.
 */
const RUN_UP_MS = 20 * 60_000;
const RUN_UP_EVENTS = 6_000_000;
/** After the machine was suspended, at most this much time is caught up. */
const MAX_PAUSE_MS = 60_000;
const COMPARTMENT_MS = 1_000;
const FAR_COMPARTMENT_MS = HOUR_MS;

/**
 * Adds a file of new lines every `everySeconds` until `signal` is aborted, which is the normal end.
 * A file has its name only when it is whole; names ascend. Throws `usage` and `config_invalid`
 * before anything is written.
 */
export async function follow(
  options: FollowOptions,
  signal: AbortSignal,
  onProgress: (report: FollowReport) => void = () => {},
  effects: FollowEffects = REAL_EFFECTS,
): Promise<FollowReport> {
  const rate = whole('rate', options.ratePerSecond ?? 100, 1, 20_000);
  const everyMs = whole('every', options.everySeconds ?? 1, 1, 3_600) * 1_000;
  const startMs = Math.floor(effects.nowMs() / COMPARTMENT_MS) * COMPARTMENT_MS;
  // Another start is another shop: ids must not be those of the time before, or of one beside it.
  const seed =
    deriveKey(deriveKey(options.seed ?? DEFAULT_SEED, startMs / 1_000), effects.processId) >>> 0;
  const dirt = planDirt(options.clean ?? false, options.dirt ?? {});
  const shop = openShop(checkProfile(options.profile ?? {}, 'given'), seed);
  prepare(options.out);
  const traffic = startTraffic(shop, dirt, planSender(options.sender ?? {}), rate, startMs);
  const write = fileWriter(shop, seed, dirt, options.out);
  const report: FollowReport = { out: options.out, files: 0, lines: 0, sizeBytes: 0 };
  let untilMs = startMs;
  // In the middle of a compartment, so that a timer that is late takes no more than one that is not.
  let dueMs = startMs + COMPARTMENT_MS / 2;
  while (!signal.aborted) {
    dueMs = Math.max(dueMs + everyMs, untilMs);
    await effects.sleep(Math.max(dueMs - effects.nowMs(), 0), signal);
    const nowMs = effects.nowMs();
    const arrived = traffic.advance(Math.max(untilMs, nowMs - everyMs - MAX_PAUSE_MS), nowMs);
    untilMs = nowMs;
    const sizeBytes = await write(arrived, nowMs, report.files + 1);
    report.files += sizeBytes > 0 ? 1 : 0;
    report.lines += arrived.count;
    report.sizeBytes += sizeBytes;
    onProgress({ ...report });
  }
  return report;
}

function prepare(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
    if (!existsSync(join(folder, TRUTH_FILE))) {
      return;
    }
  } catch (error) {
    throw asWriteError(error, folder);
  }
  throw new ClicklakeError(
    'usage',
    `${folder} holds a complete simulation, whose ${TRUTH_FILE} knows nothing of what would be added`,
    { hint: 'choose another folder with --out' },
  );
}

interface Traffic {
  /** Lets visits begin between the two moments; answers what has arrived by the second. */
  advance(fromMs: number, toMs: number): Arrivals;
}

function startTraffic(
  shop: Shop,
  dirt: DirtRates,
  sender: SenderRules,
  rate: number,
  startMs: number,
): Traffic {
  const visitEvents = estimateVisitEvents(shop);
  const robotPart = (dirt.bots * visitEvents) / ROBOT_VISIT_EVENTS;
  const robotLimit = threshold(robotPart);
  const meanEvents = visitEvents * (1 - robotPart) + ROBOT_VISIT_EVENTS * robotPart;
  const visitsPerMs = rate / meanEvents / 1_000;
  const runUpMs = Math.min(RUN_UP_MS, Math.floor((RUN_UP_EVENTS / rate) * 1_000));
  const beginMs = Math.floor((startMs - runUpMs) / COMPARTMENT_MS) * COMPARTMENT_MS;
  const room = createLongCompartments(beginMs, COMPARTMENT_MS, FAR_COMPARTMENT_MS);
  const desk = openDeliveryDesk(room, dirt, Number.POSITIVE_INFINITY);
  const visitNumbers = new Uint32Array(VISITORS + ROBOTS);
  const population = { shop, humanCount: VISITORS };
  const traits = createTraits();
  const visit = createVisit();
  const acts = createActs();
  let visitsDue = 0;
  let visitCount = 0;
  let takenMs = startMs;

  const beginVisits = (fromMs: number, toMs: number): void => {
    visitsDue += (toMs - fromMs) * visitsPerMs;
    for (; visitsDue >= 1; visitsDue--) {
      const random = (purpose: number) => draw(shop.keyA, visitCount, purpose);
      // The square makes some come often and most seldom.
      const share = random(0) / 4294967296;
      const visitor =
        random(2) < robotLimit
          ? VISITORS + pick(random(0), ROBOTS)
          : Math.floor(share * share * VISITORS);
      describeVisitor(population, visitor, dirt.clockSkew, traits);
      const beginsMs = fromMs + pick(random(1), Math.max(toMs - fromMs, 1));
      prepareVisit(shop, traits, visitor, visitNumbers[visitor]!++, beginsMs, visit);
      prepareSender(population, sender, visit);
      walkVisit(shop, visit, acts);
      // Of the visits before the start those that are over have left no trace.
      if (acts.count > 0 && acts.trueMs[acts.count - 1]! >= startMs) {
        applyMishaps(shop, visit, acts, dirt);
        applyLogin(shop, sender, FIRST_VISITS, visit, acts);
        desk.deliver(visit, acts);
        for (const refund of refundsOf(shop, visit, acts)) {
          desk.deliver(refund.visit, refund.acts);
        }
      }
      visitCount++;
    }
  };
  const take = (toMs: number): Arrivals => {
    const arrived = room.takeUntil(takenMs, toMs);
    takenMs = Math.max(takenMs, Math.floor(toMs / COMPARTMENT_MS) * COMPARTMENT_MS);
    return arrived;
  };

  beginVisits(beginMs, startMs);
  room.forgetUntil(startMs);
  return {
    advance(fromMs, toMs) {
      beginVisits(fromMs, toMs);
      return take(toMs);
    },
  };
}

/** All lines of a file, whenever they arrive. */
const ONE_FILE = { indexAt: () => 0 };

/** Writes arrivals as one file; answers its size, 0 when there is nothing. */
function fileWriter(shop: Shop, seed: number, dirt: DirtRates, folder: string) {
  const pool = openWriterPool(shop, { profile: shop.profile, seed, rates: dirt }, 1);
  return async (arrived: Arrivals, nowMs: number, number: number): Promise<number> => {
    const { count } = arrived;
    if (count === 0) {
      return 0;
    }
    const firstMs = arrived.arrivalMs.subarray(0, count).reduce((a, b) => Math.min(a, b));
    const sink = openNewFile(folder, nowMs, number);
    const lines = queueLines(pool, ONE_FILE, (_, text) => sink.write(text));
    await lines.add(arrived, firstMs);
    await lines.finish();
    return await sink.close();
  };
}

/** A file that has no namesake; several that follow may share a folder. */
function openNewFile(folder: string, nowMs: number, number: number): FileSink {
  const time = new Date(nowMs).toISOString().slice(0, 19).replaceAll(':', '-');
  for (let next = number; ; next++) {
    const name = `events-${time}-${String(next).padStart(6, '0')}.ndjson`;
    const sink = openUnlessTaken(folder, name);
    // Looked at now: whoever had the name before has given it up only with a file of that name.
    if (sink !== undefined && !existsSync(join(folder, name))) {
      return sink;
    }
    sink?.abandon();
  }
}

function openUnlessTaken(folder: string, name: string): FileSink | undefined {
  try {
    return openFileSink(folder, name, false);
  } catch (error) {
    if (isTaken(error)) {
      return undefined;
    }
    throw error;
  }
}

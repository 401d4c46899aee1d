/**
 * Simulates a shop: newline-delimited JSON in a landing folder, and beside it what is true of it.
 *
 * Visits are made in the order in which they begin. Each is counted for the truth, then sent on its
 * way; what arrives in a stretch of time is sorted, written and forgotten. Memory holds a few bytes
 * per visitor, the visits of one day, the lines under way and the counters of three days.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { createActs } from './acts.ts';
import { renderRates } from './currencies.ts';
import { type DeliveryDesk, openDeliveryDesk } from './deliveries.ts';
import { createIdentityKeys } from './identity.ts';
import { walkVisit } from './journey.ts';
import {
  openFileSink,
  openLandingFolder,
  planFiles,
  prepareFolder,
  RATES_FILE,
  TRUTH_FILE,
} from './landing.ts';
import { queueLines } from './line-queue.ts';
import { applyMishaps } from './mishaps.ts';
import { DAY_MS, planSimulation, type SimulateOptions, type SimulationPlan } from './options.ts';
import { refundsOf } from './refunds.ts';
import { applyLogin, prepareSender } from './sender.ts';
import { isDefaultSender } from './sender-rules.ts';
import { openShop, type Shop } from './shop.ts';
import { shopDays } from './shop-days.ts';
import type { Truth } from './truth.ts';
import { openTruthFile } from './truth-file.ts';
import { createTruthTally, type TruthTally } from './truth-tally.ts';
import { estimateVisitEvents } from './visit-length.ts';
import { createVisitorTally } from './visitor-truth.ts';
import { createPopulation, type Population } from './visitors.ts';
import { planDay, VISIT_NUMBERS_PER_DAY, visitMaker, weighDays } from './visits.ts';
import { type Compartments, createCompartments } from './waiting-room.ts';
import { openWriterPool, type WriterPool } from './writer-pool.ts';

export interface SimulateProgress {
  daysDone: number;
  daysTotal: number;
  linesWritten: number;
}

export interface SimulateReport {
  out: string;
  truthPath: string;
  /** Undefined: all visitors pay in the shop's currency. */
  ratesPath: string | undefined;
  files: string[];
  sizeBytes: number;
  lines: number;
  events: number;
  duplicates: number;
  quarantined: Record<string, number>;
  sessions: number;
  users: number;
  durationMs: number;
  eventsPerSecond: number;
}

export interface SimulateEffects {
  /** Milliseconds since the epoch; only `planSimulation` and the report look at it. */
  nowMs(): number;
  /** Aborting stops the simulation with the signal's reason; the unfinished file is removed. */
  signal?: AbortSignal;
}

/**
 * Writes the simulation to `options.out`. Everything in the files follows from the options: the same
 * options give the same bytes (with `gzip`, the same once decompressed). Files appear when they are
 * whole and `truth.json` last, so a folder with a truth is complete. Throws `usage` and
 * `config_invalid` before anything is written.
 */
export async function simulate(
  options: SimulateOptions,
  onProgress: (progress: SimulateProgress) => void = () => {},
  effects: SimulateEffects = { nowMs: Date.now },
): Promise<SimulateReport> {
  const startedMs = effects.nowMs();
  const plan = planSimulation(options, startedMs);
  const shop = openShop(plan.profile, plan.seed);
  prepareFolder(plan.out, plan.overwrite);
  const settings = { profile: plan.profile, seed: plan.seed, rates: plan.dirt };
  const pool = openWriterPool(shop, settings, plan.threads);
  try {
    const { truth, sizeBytes } = await runSimulation(plan, shop, pool, async (progress) => {
      onProgress(progress);
      // A signal, like the terminal, gets its turn only when this thread pauses.
      await new Promise((resolve) => setImmediate(resolve));
      effects.signal?.throwIfAborted();
    });
    const durationMs = effects.nowMs() - startedMs;
    return {
      out: plan.out,
      truthPath: join(plan.out, TRUTH_FILE),
      ratesPath: shop.currencies.codes.length > 1 ? join(plan.out, RATES_FILE) : undefined,
      files: truth.lines.files,
      sizeBytes,
      lines: truth.lines.received,
      events: truth.events.events,
      duplicates: truth.lines.duplicates,
      quarantined: truth.lines.quarantined,
      sessions: truth.sessions.sessions,
      users: truth.users.users,
      durationMs,
      eventsPerSecond: Math.round((truth.events.events / Math.max(durationMs, 1)) * 1_000),
    };
  } finally {
    await pool.close();
  }
}

/** The parts of the truth that are known at the end. */
type Totals = Pick<Truth, 'sessions' | 'users' | 'events' | 'identity' | 'lines'>;

async function runSimulation(
  plan: SimulationPlan,
  shop: Shop,
  pool: WriterPool,
  pause: (progress: SimulateProgress) => Promise<void>,
): Promise<{ truth: Totals; sizeBytes: number }> {
  const periods = planFiles(plan);
  const landing = openLandingFolder(plan.out, periods, plan.isGzip);
  const truthFile = await openTruthFile(plan.out, describeSimulation(plan));
  try {
    await writeRates(plan, shop);
    const lines = queueLines(pool, periods, landing.append);
    const firstDate = plan.startMs / DAY_MS;
    const stage = setStage(plan, shop);
    let linesWritten = 0;
    for (let day = 0; day < plan.days; day++) {
      for (const { fromMs, daysDone } of playDay(plan, stage, day)) {
        linesWritten += await lines.add(stage.room.take(fromMs), fromMs);
        await pause({ daysDone, daysTotal: plan.days, linesWritten });
      }
      // A clock half a day behind can still put a visit of tomorrow on today's date.
      await truthFile.addDays(stage.tally.closeDaysBefore(firstDate + day));
    }
    await lines.finish();
    await landing.close();
    await truthFile.addDays(stage.tally.closeDaysBefore(Number.POSITIVE_INFINITY));
    const truth = { ...stage.tally.totals(), lines: countLines(stage.desk, landing.names) };
    await truthFile.close(truth);
    return { truth, sizeBytes: landing.sizeBytes };
  } catch (error) {
    landing.abandon();
    rmSync(join(plan.out, RATES_FILE), { force: true });
    truthFile.abandon();
    throw error;
  }
}

/** Everything that takes part, and how far it has got. */
interface Stage {
  population: Population;
  tally: TruthTally;
  room: Compartments;
  desk: DeliveryDesk;
  /** The rhythm of the days, and its sum over those still to come. */
  dayWeights: Float64Array;
  weightLeft: number;
  stretchMs: number;
}

function setStage(plan: SimulationPlan, shop: Shop): Stage {
  const population = createPopulation(shop, plan, estimateVisitEvents(shop));
  const dayWeights = weighDays(plan, shop);
  const stretchMs = DAY_MS / countStretches(plan, population);
  const room = createCompartments(plan.startMs, stretchMs);
  const firstDate = plan.startMs / DAY_MS;
  const dateOf = shopDays(plan.timeZone);
  return {
    population,
    tally: isDefaultSender(plan.sender)
      ? createTruthTally(shop, population.visitorCount, firstDate, dateOf)
      : createVisitorTally(shop, createIdentityKeys(plan.seed), firstDate, dateOf),
    room,
    desk: openDeliveryDesk(room, plan.dirt, plan.endMs),
    dayWeights,
    weightLeft: dayWeights.reduce((sum, weight) => sum + weight, 0),
    stretchMs,
  };
}

/** Lets a day's visits happen; yields after each stretch of time, when its lines have arrived. */
function* playDay(
  plan: SimulationPlan,
  stage: Stage,
  day: number,
): Generator<{ fromMs: number; daysDone: number }> {
  const { population, tally, desk, stretchMs } = stage;
  const { shop } = population;
  const hasOwnSender = !isDefaultSender(plan.sender);
  const isLast = day === plan.days - 1;
  const chance = isLast ? 1 : stage.dayWeights[day]! / stage.weightLeft;
  const visits = planDay(population, plan, day, chance);
  stage.weightLeft -= stage.dayWeights[day]!;
  const makeVisit = visitMaker(population, plan, day, visits);
  const acts = createActs();
  let next = 0;
  for (let dayMs = 0; dayMs < DAY_MS; dayMs += stretchMs) {
    for (; next < visits.count && visits.startMs[next]! < dayMs + stretchMs; next++) {
      const visit = makeVisit(next);
      if (hasOwnSender) {
        prepareSender(population, plan.sender, visit);
      }
      walkVisit(shop, visit, acts);
      applyMishaps(shop, visit, acts, plan.dirt);
      if (hasOwnSender) {
        applyLogin(shop, plan.sender, plan.days * VISIT_NUMBERS_PER_DAY, visit, acts);
      }
      tally.addVisit(visit, acts);
      desk.deliver(visit, acts);
      for (const refund of refundsOf(shop, visit, acts)) {
        tally.addRefund(refund);
        desk.deliver(refund.visit, refund.acts);
      }
    }
    const daysDone = day + (dayMs + stretchMs) / DAY_MS;
    yield { fromMs: plan.startMs + day * DAY_MS + dayMs, daysDone };
  }
}

async function writeRates(plan: SimulationPlan, shop: Shop): Promise<void> {
  const text = renderRates(shop.currencies, plan.startMs, plan.endMs);
  if (text !== undefined) {
    const sink = openFileSink(plan.out, RATES_FILE, false);
    await sink.write(Buffer.from(text));
    await sink.close();
  }
}

function countLines({ counts }: DeliveryDesk, files: readonly string[]): Truth['lines'] {
  const byReason = [...counts.quarantined].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    files: [...files],
    received: counts.lines,
    duplicates: counts.duplicates,
    quarantined: Object.fromEntries(byReason),
  };
}

function describeSimulation(plan: SimulationPlan): Truth['simulation'] {
  const date = (ms: number) => new Date(ms).toISOString().slice(0, 10);
  const { seed, dirt, startMs, endMs } = plan;
  return { seed, start: date(startMs), end: date(endMs - 1), dirt, settings: lakeSettings(plan) };
}

/** What the truth depends on: without user agents, for one, nobody can tell bots. */
function lakeSettings({ sender, timeZone, profile }: SimulationPlan): Record<string, string> {
  const { currency, countries } = profile;
  const isOneCurrency = countries.every((country) => (country.currency ?? currency) === currency);
  return {
    'funnel.skip_checkout': 'false',
    'sessions.derive': 'missing',
    ...(sender.sendsSessions ? {} : { 'sessions.timeout_minutes': '30' }),
    'reporting.time_zone': timeZone ?? 'UTC',
    ...(sender.sendsUserAgents ? { bots: 'exclude' } : {}),
    ...(isOneCurrency ? {} : { 'money.currency': currency }),
  };
}

/** Into how many stretches a day is divided, so that each is small enough to be sorted in memory. */
function countStretches(plan: SimulationPlan, population: Population): number {
  const visitsADay = population.visitCount / plan.days;
  return [1, 2, 4, 8, 24, 48, 96, 288].find((count) => visitsADay / count < 15_000) ?? 1_440;
}

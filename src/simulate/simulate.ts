/**
 * Simulates a shop: newline-delimited JSON in a landing folder, and beside it what is true of it.
 *
 * Visits are made in the order in which they begin. Each is counted for the truth, then sent on its
 * way; what arrives in a stretch of time is sorted, written and forgotten. Memory holds a few bytes
 * per visitor, the visits of one day, the lines under way and the counters of three days.
 */
import { join } from 'node:path';
import { openDeliveryDesk } from './deliveries.ts';
import { deriveKey, draw } from './hash.ts';
import { type Acts, applyMishaps, createActs, type Visit, walkVisit } from './journey.ts';
import {
  type FilePeriods,
  openLandingFolder,
  planFiles,
  prepareFolder,
  TRUTH_FILE,
} from './landing.ts';
import { choose } from './numeric.ts';
import { DAY_MS, planSimulation, type SimulateOptions, type SimulationPlan } from './options.ts';
import { type Arrivals, allocateRecords, gatherRecords } from './records.ts';
import { openShop, type Shop } from './shop.ts';
import type { Truth } from './truth.ts';
import { openTruthFile } from './truth-file.ts';
import { createTruthTally } from './truth-tally.ts';
import {
  chooseDevice,
  createPopulation,
  type DayVisits,
  describeVisitor,
  type Population,
  planDay,
  type Traits,
  weighDays,
} from './visitors.ts';
import { type Compartments, createCompartments, orderByArrival } from './waiting-room.ts';
import { openWriterPool, type WriterPool } from './writer-pool.ts';

export interface SimulateProgress {
  daysDone: number;
  daysTotal: number;
  linesWritten: number;
}

export interface SimulateReport {
  out: string;
  truthPath: string;
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

/** The way to the clock; only `planSimulation` and the report look at it. */
export interface SimulateDoors {
  /** Milliseconds since the epoch. */
  nowMs(): number;
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
  doors: SimulateDoors = { nowMs: Date.now },
): Promise<SimulateReport> {
  const startedMs = doors.nowMs();
  const plan = planSimulation(options, startedMs);
  const shop = openShop(plan.profile, plan.seed);
  prepareFolder(plan.out, plan.overwrite);
  const settings = { profile: plan.profile, seed: plan.seed, rates: plan.dirt };
  const pool = openWriterPool(shop, settings, plan.threads);
  try {
    const { truth, sizeBytes } = await runSimulation(plan, shop, pool, onProgress);
    const durationMs = doors.nowMs() - startedMs;
    return {
      out: plan.out,
      truthPath: join(plan.out, TRUTH_FILE),
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

async function runSimulation(
  plan: SimulationPlan,
  shop: Shop,
  pool: WriterPool,
  onProgress: (progress: SimulateProgress) => void,
): Promise<{ truth: Omit<Truth, 'days' | 'format' | 'simulation'>; sizeBytes: number }> {
  const periods = planFiles(plan);
  const landing = openLandingFolder(plan.out, periods, plan.isGzip);
  const truthFile = await openTruthFile(plan.out, describeSimulation(plan));
  const firstDate = plan.startMs / DAY_MS;
  const population = createPopulation(shop, plan, estimateVisitEvents(shop));
  const tally = createTruthTally(shop, population.visitorCount, firstDate);
  const stretchMs = DAY_MS / countStretches(plan, population);
  const room = createCompartments(plan.startMs, stretchMs);
  const desk = openDeliveryDesk(room, plan.dirt, plan.endMs);
  const lines = queueLines(pool, periods, landing.append);
  const acts = createActs();
  const weights = weighDays(plan, shop);
  let weightLeft = weights.reduce((sum, weight) => sum + weight, 0);
  let linesWritten = 0;
  try {
    for (let day = 0; day < plan.days; day++) {
      const isLast = day === plan.days - 1;
      const visits = planDay(population, plan, day, isLast ? 1 : weights[day]! / weightLeft);
      weightLeft -= weights[day]!;
      const makeVisit = visitMaker(population, plan, day, visits);
      let next = 0;
      for (let dayMs = 0; dayMs < DAY_MS; dayMs += stretchMs) {
        for (; next < visits.count && visits.startMs[next]! < dayMs + stretchMs; next++) {
          const visit = makeVisit(next);
          walkVisit(shop, visit, acts);
          applyMishaps(shop, visit, acts, plan.dirt);
          tally.addVisit(visit, acts);
          desk.deliver(visit, acts);
        }
        const fromMs = plan.startMs + day * DAY_MS + dayMs;
        linesWritten += await lines.add(takeStretch(room, plan, fromMs, stretchMs), fromMs);
        onProgress({ daysDone: day + dayMs / DAY_MS, daysTotal: plan.days, linesWritten });
      }
      // A clock half a day behind can still put a visit of tomorrow on today's date.
      await truthFile.addDays(tally.closeDaysBefore(firstDate + day));
    }
    await lines.finish();
    await landing.close();
    await truthFile.addDays(tally.closeDaysBefore(Number.POSITIVE_INFINITY));
    const { counts } = desk;
    const rest = {
      ...tally.totals(),
      lines: {
        files: [...landing.names],
        received: counts.lines,
        duplicates: counts.duplicates,
        quarantined: Object.fromEntries(
          [...counts.quarantined].sort(([a], [b]) => (a < b ? -1 : 1)),
        ),
      },
    };
    await truthFile.close(rest);
    onProgress({ daysDone: plan.days, daysTotal: plan.days, linesWritten });
    return { truth: rest, sizeBytes: landing.sizeBytes };
  } catch (error) {
    landing.abandon();
    truthFile.abandon();
    throw error;
  }
}

function describeSimulation(plan: SimulationPlan): Truth['simulation'] {
  const date = (ms: number) => new Date(ms).toISOString().slice(0, 10);
  return { seed: plan.seed, start: date(plan.startMs), end: date(plan.endMs - 1), dirt: plan.dirt };
}

function takeStretch(
  room: Compartments,
  plan: SimulationPlan,
  fromMs: number,
  stretchMs: number,
): Arrivals {
  return room.take(Math.round((fromMs - plan.startMs) / stretchMs));
}

/** Fills in one visit after the other, always the same object. */
function visitMaker(
  population: Population,
  plan: SimulationPlan,
  day: number,
  visits: DayVisits,
): (index: number) => Visit {
  const { shop } = population;
  const traits: Traits = {
    country: 0,
    mainDevice: 0,
    skewMs: 0,
    countsMicroseconds: false,
    isRobot: false,
  };
  const visit: Visit = { ...createVisit(), endMs: plan.endMs };
  return (index) => {
    const visitor = visits.visitor[index]!;
    describeVisitor(population, visitor, plan.dirt.clockSkew, traits);
    const number = day * 64 + visits.nth[index]!;
    visit.visitor = visitor;
    visit.number = number;
    visit.keyA = deriveKey(deriveKey(shop.keyA, visitor), number + 0x10000000);
    visit.keyB = deriveKey(deriveKey(shop.keyB, visitor), number + 0x20000000);
    visit.startMs = plan.startMs + day * DAY_MS + visits.startMs[index]!;
    visit.skewMs = traits.skewMs;
    visit.countsMicroseconds = traits.countsMicroseconds;
    visit.device = chooseDevice(shop, traits, deriveKey(visit.keyA, 3), deriveKey(visit.keyB, 3));
    visit.country = traits.country;
    visit.isRobot = traits.isRobot;
    return visit;
  };
}

function createVisit(): Visit {
  return {
    visitor: 0,
    number: 0,
    keyA: 0,
    keyB: 0,
    startMs: 0,
    endMs: Number.POSITIVE_INFINITY,
    skewMs: 0,
    countsMicroseconds: false,
    device: 0,
    country: 0,
    isRobot: false,
  };
}

const SAMPLE_VISITS = 30_000;

/** How many events a visit has on average: asked of some visits that do not take place. */
export function estimateVisitEvents(shop: Shop): number {
  const acts: Acts = createActs();
  const visit = createVisit();
  let events = 0;
  for (let sample = 0; sample < SAMPLE_VISITS; sample++) {
    visit.keyA = deriveKey(shop.keyB, sample);
    visit.keyB = deriveKey(shop.keyA, sample);
    const random = (purpose: number) => draw(visit.keyB, visit.keyA, purpose);
    visit.device = choose(shop.deviceChoice, random(0), random(1));
    visit.country = choose(shop.countryChoice, random(2), random(3));
    walkVisit(shop, visit, acts);
    events += acts.count;
  }
  return events / SAMPLE_VISITS;
}

/** Into how many stretches a day is divided, so that each is small enough to be sorted in memory. */
function countStretches(plan: SimulationPlan, population: Population): number {
  const visitsADay = population.visitCount / plan.days;
  return [1, 2, 4, 8, 24, 48, 96, 288].find((count) => visitsADay / count < 15_000) ?? 1_440;
}

/** Sorts, cuts by file, has written and appends what arrives, stretch after stretch. */
function queueLines(
  pool: WriterPool,
  periods: FilePeriods,
  append: (file: number, lines: Uint8Array) => Promise<void>,
): { add(arrivals: Arrivals, fromMs: number): Promise<number>; finish(): Promise<void> } {
  const underWay: { file: number; written: ReturnType<WriterPool['write']> }[] = [];
  const appendFirst = async (): Promise<void> => {
    const { file, written } = underWay.shift()!;
    const { lines, done } = await written;
    await append(file, lines);
    done();
  };
  return {
    async add(arrivals, fromMs) {
      const order = orderByArrival(arrivals, fromMs);
      const fileOf = (position: number) => periods.indexAt(arrivals.arrivalMs[order[position]!]!);
      for (let from = 0; from < order.length; ) {
        const file = fileOf(from);
        let to = Math.min(from + pool.batchRecords, order.length);
        if (fileOf(to - 1) !== file) {
          to = from + 1;
          while (fileOf(to) === file) {
            to++;
          }
        }
        const records = allocateRecords(to - from);
        gatherRecords(arrivals, order, from, to - from, records);
        underWay.push({ file, written: pool.write(records) });
        from = to;
        while (underWay.length > pool.batchesUnderWay) {
          await appendFirst();
        }
      }
      return order.length;
    },
    async finish() {
      while (underWay.length > 0) {
        await appendFirst();
      }
    },
  };
}

/** Who visits the shop, and on which day and at what time each visit begins. */
import { deriveKey, draw, pick, threshold } from './hash.ts';
import { choose, logNormalTable, sampleQuantile } from './numeric.ts';
import { DAY_MS, HOUR_MS, type SimulationPlan } from './options.ts';
import type { Shop } from './shop.ts';

/**
 * Visits per visitor: log-normal, rounded. With the length of the visits it makes the events per
 * visitor near log-normal with mu 1.79 and sigma 1.435 (docs/simulator.md).
 */
const VISITS_MEDIAN = 1.33;
const VISITS_SIGMA = 1.45;
/** More visits than this in a day are left for another day. */
const MAX_VISITS_A_DAY = 12;
const MIN_PAUSE_MS = 30 * 60_000;
/** A robot's visits are of this many events on average (see `journey.ts`). */
export const ROBOT_VISIT_EVENTS = 150;
/** The clocks that are wrong: mostly by minutes, at most by half a day. */
const SKEW_MEDIAN_MS = 4 * 60_000;
const MAX_SKEW_MS = 12 * HOUR_MS;
/** One client in so many counts microseconds. */
const MICROSECOND_CLIENTS = 0.1;
/** Part of the visits a visitor makes on the device used first. */
const HABIT = 0.85;

const PURPOSE = {
  country: 0,
  device: 2,
  unknown: 4,
  skew: 5,
  clock: 7,
  visits: 8,
  dayCount: 16,
  dayStart: 32,
} as const;

export interface Population {
  readonly shop: Shop;
  /** Visitors are numbered from 0; the robots come last. */
  readonly visitorCount: number;
  readonly humanCount: number;
  readonly visitCount: number;
  /** Visits each visitor has still to make. */
  readonly visitsLeft: Uint16Array;
}

/** What stays the same over all visits of one visitor. */
export interface Traits {
  country: number;
  mainDevice: number;
  /** What the visitor's clock shows minus the true time. */
  skewMs: number;
  countsMicroseconds: boolean;
  isRobot: boolean;
}

/** The visits that begin on one day, in the order in which they begin. */
export interface DayVisits {
  count: number;
  visitor: Uint32Array;
  /** Since midnight UTC. */
  startMs: Uint32Array;
  /** The visitor's how-manieth of the day, from 0. */
  nth: Uint8Array;
}

/** Finds as many visitors as the plan asks for, or as make about so many events. */
export function createPopulation(
  shop: Shop,
  plan: SimulationPlan,
  meanVisitEvents: number,
): Population {
  const robotVisits = countRobotVisits(plan, meanVisitEvents);
  const table = logNormalTable(VISITS_MEDIAN, VISITS_SIGMA, 50_000);
  const mostVisits = Math.min(MAX_VISITS_A_DAY * plan.days, 50_000);
  const wantedEvents =
    plan.size.by === 'events' ? plan.size.events - robotVisits * ROBOT_VISIT_EVENTS : 0;
  const wantedVisits = Math.max(wantedEvents / meanVisitEvents, 1);
  let visitsLeft = new Uint16Array(plan.size.by === 'users' ? plan.size.users : 1_024);
  let humanCount = 0;
  let visitCount = 0;
  while (plan.size.by === 'users' ? humanCount < plan.size.users : visitCount < wantedVisits) {
    if (humanCount === visitsLeft.length) {
      visitsLeft = grow(visitsLeft, humanCount * 2);
    }
    const random = visitorDraw(shop, humanCount, PURPOSE.visits);
    const visits = Math.min(Math.max(Math.round(sampleQuantile(table, random)), 1), mostVisits);
    visitsLeft[humanCount++] = visits;
    visitCount += visits;
  }
  const robotCount = Math.ceil(robotVisits / plan.days);
  visitsLeft = grow(visitsLeft, humanCount + robotCount);
  for (let robot = 0; robot < robotCount; robot++) {
    visitsLeft[humanCount + robot] = Math.floor((robotVisits + robot) / robotCount);
  }
  return {
    shop,
    visitorCount: humanCount + robotCount,
    humanCount,
    visitCount: visitCount + robotVisits,
    visitsLeft,
  };
}

function countRobotVisits(plan: SimulationPlan, meanVisitEvents: number): number {
  const events =
    plan.size.by === 'events' ? plan.size.events : plan.size.users * meanVisitEvents * 3;
  return Math.round((events * plan.dirt.bots) / ROBOT_VISIT_EVENTS);
}

function grow(values: Uint16Array<ArrayBuffer>, length: number): Uint16Array<ArrayBuffer> {
  const grown = new Uint16Array(length);
  grown.set(values.subarray(0, Math.min(values.length, length)));
  return grown;
}

/** A random number of a visitor's own. */
function visitorDraw(shop: Shop, visitor: number, purpose: number): number {
  return draw(deriveKey(shop.keyA, visitor), deriveKey(shop.keyB, visitor), purpose);
}

/** Fills in what the visitor is like. */
export function describeVisitor(
  population: Population,
  visitor: number,
  clockSkewRate: number,
  traits: Traits,
): void {
  const { shop, humanCount } = population;
  const { profile } = shop;
  const keyA = deriveKey(shop.keyA, visitor);
  const keyB = deriveKey(shop.keyB, visitor);
  const isUnknown = draw(keyA, keyB, PURPOSE.unknown) < threshold(profile.unknown_country_share);
  traits.country = isUnknown
    ? shop.countryCount
    : choose(
        shop.countryChoice,
        draw(keyA, keyB, PURPOSE.country),
        draw(keyA, keyB, PURPOSE.country + 1),
      );
  traits.mainDevice = choose(
    shop.deviceChoice,
    draw(keyA, keyB, PURPOSE.device),
    draw(keyA, keyB, PURPOSE.device + 1),
  );
  traits.isRobot = visitor >= humanCount;
  traits.countsMicroseconds = draw(keyA, keyB, PURPOSE.clock) < threshold(MICROSECOND_CLIENTS);
  traits.skewMs =
    clockSkewRate > 0 && draw(keyA, keyB, PURPOSE.skew) < threshold(clockSkewRate)
      ? drawSkew(draw(keyA, keyB, PURPOSE.skew + 1))
      : 0;
}

const SKEWS = logNormalTable(SKEW_MEDIAN_MS, 1.8, MAX_SKEW_MS);

/** Fast and slow clocks alike. */
function drawSkew(random: number): number {
  const size = Math.floor(
    sampleQuantile(SKEWS, random * 2 - (random < 2147483648 ? 0 : 4294967296)),
  );
  return random < 2147483648 ? size : -size;
}

/** The device of one visit: mostly the visitor's usual one. */
export function chooseDevice(shop: Shop, traits: Traits, keyA: number, keyB: number): number {
  const random = draw(keyA, keyB, 0);
  if (random >= 4294967296 - threshold(shop.profile.unknown_device_share)) {
    return shop.deviceCount;
  }
  if (traits.isRobot || random < threshold(HABIT)) {
    return traits.mainDevice;
  }
  return choose(shop.deviceChoice, draw(keyA, keyB, 1), draw(keyA, keyB, 2));
}

/** How the visits spread over the days: the weekly rhythm, and no two weeks quite alike. */
export function weighDays(plan: SimulationPlan, shop: Shop): Float64Array {
  const weights = new Float64Array(plan.days);
  for (let day = 0; day < plan.days; day++) {
    const weekday = (new Date(plan.startMs + day * DAY_MS).getUTCDay() + 6) % 7;
    const mood = 0.93 + 0.14 * (draw(shop.keyB, shop.keyA, day) / 4294967296);
    weights[day] = shop.profile.weekdays[weekday]! * mood;
  }
  return weights;
}

/**
 * Draws the visits that begin on a day, taking them off `visitsLeft`. Days must be asked for in
 * order, `chance` being the day's weight among the days from it on. A visitor whose clock would show
 * a time outside the simulated days stays away.
 */
export function planDay(
  population: Population,
  plan: SimulationPlan,
  day: number,
  chance: number,
): DayVisits {
  const { shop, visitsLeft } = population;
  const found = new FoundVisits();
  const traits: Traits = {
    country: 0,
    mainDevice: 0,
    skewMs: 0,
    countsMicroseconds: false,
    isRobot: false,
  };
  const starts = new Float64Array(MAX_VISITS_A_DAY);
  for (let visitor = 0; visitor < population.visitorCount; visitor++) {
    const left = visitsLeft[visitor]!;
    if (left === 0) {
      continue;
    }
    const keyA = deriveKey(deriveKey(shop.keyA, visitor), day);
    const keyB = deriveKey(deriveKey(shop.keyB, visitor), day);
    const random = draw(keyA, keyB, PURPOSE.dayCount);
    const count = Math.min(drawBinomial(left, chance, random), MAX_VISITS_A_DAY);
    if (count === 0) {
      continue;
    }
    visitsLeft[visitor] = left - count;
    describeVisitor(population, visitor, plan.dirt.clockSkew, traits);
    for (let nth = 0; nth < count; nth++) {
      starts[nth] = drawStart(shop, traits, draw(keyA, keyB, PURPOSE.dayStart + nth));
    }
    keepApart(starts.subarray(0, count).sort());
    for (let nth = 0; nth < count; nth++) {
      if (starts[nth]! < DAY_MS && showsSimulatedTime(plan, day, starts[nth]!, traits.skewMs)) {
        found.add(visitor, starts[nth]!, nth);
      }
    }
  }
  return found.inOrder();
}

function drawStart(shop: Shop, traits: Traits, random: number): number {
  if (traits.isRobot) {
    return pick(random, DAY_MS);
  }
  const local = Math.floor(sampleQuantile(shop.timeOfDay, random));
  return (local - shop.utcOffsetMs[traits.country]! + 2 * DAY_MS) % DAY_MS;
}

/** A visitor's visits do not begin at once; one pushed past midnight does not take place. */
function keepApart(starts: Float64Array): void {
  for (let nth = 1; nth < starts.length; nth++) {
    starts[nth] = Math.max(starts[nth]!, starts[nth - 1]! + MIN_PAUSE_MS);
  }
}

function showsSimulatedTime(
  plan: SimulationPlan,
  day: number,
  startMs: number,
  skewMs: number,
): boolean {
  const shownMs = plan.startMs + day * DAY_MS + startMs + skewMs;
  return skewMs === 0 || (shownMs >= plan.startMs && shownMs < plan.endMs);
}

/** How many of `count` happen today when each does with probability `chance`. */
export function drawBinomial(count: number, chance: number, random: number): number {
  if (chance >= 1) {
    return count;
  }
  const p = random / 4294967296;
  let term = power(1 - chance, count);
  let sum = term;
  let result = 0;
  while (sum <= p && result < count) {
    result++;
    term *= ((count - result + 1) / result) * (chance / (1 - chance));
    sum += term;
  }
  return result;
}

function power(base: number, exponent: number): number {
  let result = 1;
  let square = base;
  for (let rest = exponent; rest > 0; rest >>= 1) {
    if (rest & 1) {
      result *= square;
    }
    square *= square;
  }
  return result;
}

/** Collects visits in any order of time. */
class FoundVisits {
  private count = 0;
  private visitor = new Uint32Array(1_024);
  private startMs = new Uint32Array(1_024);
  private nth = new Uint8Array(1_024);

  add(visitor: number, startMs: number, nth: number): void {
    if (this.count === this.visitor.length) {
      const length = this.count * 2;
      this.visitor = enlarge(this.visitor, new Uint32Array(length));
      this.startMs = enlarge(this.startMs, new Uint32Array(length));
      this.nth = enlarge(this.nth, new Uint8Array(length));
    }
    this.visitor[this.count] = visitor;
    this.startMs[this.count] = startMs;
    this.nth[this.count++] = nth;
  }

  inOrder(): DayVisits {
    const order = new Float64Array(this.count);
    for (let i = 0; i < this.count; i++) {
      order[i] = this.startMs[i]! * 2 ** 26 + i;
    }
    order.sort();
    const indexes = Uint32Array.from(order, (key) => key % 2 ** 26);
    return {
      count: this.count,
      visitor: indexes.map((i) => this.visitor[i]!),
      startMs: indexes.map((i) => this.startMs[i]!),
      nth: Uint8Array.from(indexes, (i) => this.nth[i]!),
    };
  }
}

function enlarge<T extends Uint32Array | Uint8Array>(from: T, to: T): T {
  to.set(from);
  return to;
}

/** On which day and at what time each visit begins, and on which device. */

import { timeZone } from '../contract/time-zone.ts';
import type { Visit } from './acts.ts';
import { deriveKey, draw, pick, threshold } from './hash.ts';
import { choose, sampleQuantile } from './numeric.ts';
import { DAY_MS, type SimulationPlan } from './options.ts';
import { orderOf } from './order.ts';
import type { Shop } from './shop.ts';
import {
  createTraits,
  describeVisitor,
  MAX_VISITS_A_DAY,
  type Population,
  type Traits,
} from './visitors.ts';

/** Part of the visits a visitor makes on the device used first. */
const HABIT = 0.85;
const MIN_PAUSE_MS = 30 * 60_000;
/** Visits of one visitor are numbered from this times the day on. */
export const VISIT_NUMBERS_PER_DAY = 64;
const FOR_COUNT = 16;
const FOR_START = 32;

/** The visits that begin on one day, in the order in which they begin. */
export interface DayVisits {
  count: number;
  visitor: Uint32Array;
  /** Since midnight UTC. */
  startMs: Uint32Array;
  /** The visitor's how-manieth of the day, from 0. */
  nth: Uint8Array;
}

/** The device of one visit: mostly the visitor's usual one. */
function chooseDevice(shop: Shop, traits: Traits, keyA: number, keyB: number): number {
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
  const found = createVisitList();
  const traits = createTraits();
  const starts = new Float64Array(MAX_VISITS_A_DAY);
  const shopOffsetMs = offsetOn(plan, day);
  for (let visitor = 0; visitor < population.visitorCount; visitor++) {
    const left = visitsLeft[visitor]!;
    if (left === 0) {
      continue;
    }
    const keyA = deriveKey(deriveKey(shop.keyA, visitor), day);
    const keyB = deriveKey(deriveKey(shop.keyB, visitor), day);
    const random = draw(keyA, keyB, FOR_COUNT);
    const count = Math.min(drawBinomial(left, chance, random), MAX_VISITS_A_DAY);
    if (count === 0) {
      continue;
    }
    visitsLeft[visitor] = left - count;
    describeVisitor(population, visitor, plan.dirt.clockSkew, traits);
    for (let nth = 0; nth < count; nth++) {
      const offsetMs = shopOffsetMs ?? shop.utcOffsetMs[traits.country]!;
      starts[nth] = drawStart(shop, traits.isRobot, offsetMs, draw(keyA, keyB, FOR_START + nth));
    }
    if (count > 1) {
      keepApart(starts.subarray(0, count).sort());
    }
    for (let nth = 0; nth < count; nth++) {
      if (starts[nth]! < DAY_MS && showsSimulatedTime(plan, day, starts[nth]!, traits.skewMs)) {
        addVisit(found, visitor, starts[nth]!, nth);
      }
    }
  }
  return orderByStart(found);
}

/** How far the clocks of the plan's time zone are ahead of UTC; undefined: each country has its own. */
function offsetOn(plan: SimulationPlan, day: number): number | undefined {
  if (plan.timeZone === undefined) {
    return undefined;
  }
  const { changes, firstOffset } = timeZone(plan.timeZone);
  const midnight = (plan.startMs + day * DAY_MS) / 1_000;
  return (changes.findLast(({ at }) => at <= midnight)?.offset ?? firstOffset) * 1_000;
}

function drawStart(shop: Shop, isRobot: boolean, offsetMs: number, random: number): number {
  if (isRobot) {
    return pick(random, DAY_MS);
  }
  const local = Math.floor(sampleQuantile(shop.timeOfDay, random));
  return (local - offsetMs + 2 * DAY_MS) % DAY_MS;
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

/** The day's visits made ready one after the other; always the same object. */
export function visitMaker(
  population: Population,
  plan: SimulationPlan,
  day: number,
  visits: DayVisits,
): (index: number) => Visit {
  const traits = createTraits();
  const visit: Visit = { ...createVisit(), endMs: plan.endMs };
  return (index) => {
    const visitor = visits.visitor[index]!;
    describeVisitor(population, visitor, plan.dirt.clockSkew, traits);
    const startMs = plan.startMs + day * DAY_MS + visits.startMs[index]!;
    prepareVisit(
      population.shop,
      traits,
      visitor,
      day * VISIT_NUMBERS_PER_DAY + visits.nth[index]!,
      startMs,
      visit,
    );
    return visit;
  };
}

/** `number` must be the visitor's own for this visit. */
export function prepareVisit(
  shop: Shop,
  traits: Traits,
  visitor: number,
  number: number,
  startMs: number,
  visit: Visit,
): void {
  visit.visitor = visitor;
  visit.number = number;
  visit.keyA = deriveKey(deriveKey(shop.keyA, visitor), number + 0x10000000);
  visit.keyB = deriveKey(deriveKey(shop.keyB, visitor), number + 0x20000000);
  visit.startMs = startMs;
  visit.skewMs = traits.skewMs;
  visit.countsMicroseconds = traits.countsMicroseconds;
  visit.device = chooseDevice(shop, traits, deriveKey(visit.keyA, 3), deriveKey(visit.keyB, 3));
  visit.country = traits.country;
  visit.isRobot = traits.isRobot;
}

/** A visit with nothing special about it. */
export function createVisit(): Visit {
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
    sender: 0,
    firstUserStep: 0,
  };
}

function createVisitList(capacity = 1_024): DayVisits {
  return {
    count: 0,
    visitor: new Uint32Array(capacity),
    startMs: new Uint32Array(capacity),
    nth: new Uint8Array(capacity),
  };
}

function addVisit(list: DayVisits, visitor: number, startMs: number, nth: number): void {
  const at = list.count++;
  if (at === list.visitor.length) {
    const larger = createVisitList(at * 2);
    larger.visitor.set(list.visitor);
    larger.startMs.set(list.startMs);
    larger.nth.set(list.nth);
    Object.assign(list, larger, { count: at + 1 });
  }
  list.visitor[at] = visitor;
  list.startMs[at] = startMs;
  list.nth[at] = nth;
}

function orderByStart(list: DayVisits): DayVisits {
  const ordered = createVisitList(list.count);
  ordered.count = list.count;
  const order = orderOf(list.startMs.subarray(0, list.count));
  for (let to = 0; to < order.length; to++) {
    const from = order[to]!;
    ordered.visitor[to] = list.visitor[from]!;
    ordered.startMs[to] = list.startMs[from]!;
    ordered.nth[to] = list.nth[from]!;
  }
  return ordered;
}

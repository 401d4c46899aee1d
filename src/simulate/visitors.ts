/** Who visits the shop, how often, and what each visitor is like. */
import { deriveKey, draw, threshold } from './hash.ts';
import { choose, logNormalTable, sampleQuantile } from './numeric.ts';
import { HOUR_MS, type SimulationPlan } from './options.ts';
import type { Shop } from './shop.ts';

/**
 * Visits per visitor: log-normal, rounded. With the length of the visits it makes the events per
 * visitor near log-normal with mu 1.79 and sigma 1.435 (docs/simulator.md).
 */
const VISITS_MEDIAN = 1.33;
const VISITS_SIGMA = 1.45;
/** What these come to on average, roughly. */
const MEAN_VISITS = 4;
/** More visits than this do not begin in a day. */
export const MAX_VISITS_A_DAY = 12;
/** A robot's visits are of this many events on average (see `robot.ts`). */
export const ROBOT_VISIT_EVENTS = 150;
/** The clocks that are wrong: mostly by minutes, at most by half a day. */
const SKEW_MEDIAN_MS = 4 * 60_000;
const MAX_SKEW_MS = 12 * HOUR_MS;
/** One client in so many counts microseconds. */
const MICROSECOND_CLIENTS = 0.1;

const PURPOSE = {
  country: 0,
  device: 2,
  unknown: 4,
  skew: 5,
  clock: 7,
  visits: 8,
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
    plan.size.by === 'events' ? plan.size.events : plan.size.users * MEAN_VISITS * meanVisitEvents;
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

export function createTraits(): Traits {
  return { country: 0, mainDevice: 0, skewMs: 0, countsMicroseconds: false, isRobot: false };
}

/** Fills in what the visitor is like. */
export function describeVisitor(
  population: Pick<Population, 'shop' | 'humanCount'>,
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

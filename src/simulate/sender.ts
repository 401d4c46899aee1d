/**
 * What an event says about its sender: as a rule the user and the session. On request the browser's or device's
 * id, with a user only from the login on; no session; the user agent.
 */
import { type Acts, FOR_VISIT, type Visit } from './acts.ts';
import { NO_ORDER } from './events.ts';
import { deriveKey, draw, pick, threshold } from './hash.ts';
import { DEVICE_SHIFT, SENDER, type SenderRules } from './sender-rules.ts';
import { createTraits, describeVisitor, type Population } from './visitors.ts';

const PURPOSE = { neverLogsIn: 0, firstLogin: 1, later: 2, borrows: 3 } as const;
const BORROWERS = threshold(0.03);
const BORROWED_VISITS = threshold(0.5);
const NEVER_LOGS_IN = threshold(0.4);
/** Among visitors who log in at all, those who do so on their first visit. */
const LOGS_IN_AT_ONCE = threshold(0.5);
/** What happens in the visits of those who have an account: logged in all along, on the way, or not at all. */
const STILL_LOGGED_IN = threshold(0.45);
const LOGS_IN_ON_THE_WAY = threshold(0.85);

/** Says which device the visit is made on. Before the visit is walked: a borrowed device has its own country. */
export function prepareSender(
  population: Pick<Population, 'shop' | 'humanCount'>,
  rules: SenderRules,
  visit: Visit,
): void {
  const { shop, humanCount } = population;
  visit.sender =
    (rules.sendsSessions ? 0 : SENDER.hasNoSession) |
    (rules.sendsUserAgents ? SENDER.hasUserAgent : 0) |
    (visit.isRobot ? SENDER.isRobot : 0);
  visit.firstUserStep = 0;
  if (rules.identity === 'users') {
    return;
  }
  const neighbor = visit.visitor ^ 1;
  const random = visitorDraw(shop, visit.visitor, PURPOSE.borrows);
  const isBorrowed =
    !visit.isRobot &&
    neighbor < humanCount &&
    random < BORROWERS &&
    draw(visit.keyA, visit.keyB, FOR_VISIT + 8) < BORROWED_VISITS;
  if (isBorrowed) {
    const owner = createTraits();
    describeVisitor(population, neighbor, 0, owner);
    visit.country = owner.country;
    visit.device = owner.mainDevice;
    visit.sender |= SENDER.isBorrowed;
  }
  visit.sender |= SENDER.hasDevice | ((visit.device % shop.deviceCount) << DEVICE_SHIFT);
}

/**
 * Says from which of its acts on the visit has a user. `visitNumbers`: visitors who do not log in on their first
 * visit do so from one of these numbers of visits on.
 */
export function applyLogin(
  shop: Population['shop'],
  rules: SenderRules,
  visitNumbers: number,
  visit: Visit,
  acts: Acts,
): void {
  keepOrdersWhole(rules, acts);
  if (rules.identity === 'users') {
    return;
  }
  visit.firstUserStep = acts.count;
  const ofVisitor = (purpose: number) => visitorDraw(shop, visit.visitor, purpose);
  if (visit.isRobot || ofVisitor(PURPOSE.neverLogsIn) < NEVER_LOGS_IN) {
    return;
  }
  const isAtOnce = ofVisitor(PURPOSE.firstLogin) < LOGS_IN_AT_ONCE;
  if (!isAtOnce && visit.number < pick(ofVisitor(PURPOSE.later), visitNumbers)) {
    return;
  }
  const random = draw(visit.keyA, visit.keyB, FOR_VISIT + 9);
  if (random < STILL_LOGGED_IN) {
    visit.firstUserStep = 0;
  } else if (random < LOGS_IN_ON_THE_WAY) {
    const step = pick(draw(visit.keyA, visit.keyB, FOR_VISIT + 10), acts.count);
    visit.firstUserStep = firstOfOrder(acts, step);
  }
}

/** Another account buys all of an order or nothing: else what tells of it would be in two derived sessions. */
function keepOrdersWhole(rules: SenderRules, acts: Acts): void {
  const step = acts.isOtherAccount.indexOf(1);
  if (!rules.sendsSessions && step >= 0 && step < acts.count) {
    acts.isOtherAccount.fill(1, firstOfOrder(acts, step), step);
  }
}

function firstOfOrder(acts: Acts, step: number): number {
  return acts.orderStep[step] === NO_ORDER || step >= acts.count ? step : acts.orderStep[step]!;
}

function visitorDraw(shop: Population['shop'], visitor: number, purpose: number): number {
  const keyA = deriveKey(deriveKey(shop.keyA, visitor), 11);
  return draw(keyA, deriveKey(deriveKey(shop.keyB, visitor), 11), purpose);
}

/**
 * The way from the visitor to the landing folder: when each act arrives, and what else arrives.
 *
 * Each act arrives once as it is. In addition some arrive again, some lines are for quarantine. When
 * something arrives and what becomes of it is a hash of the act, so it depends on nothing else.
 */

import type { Acts, Visit } from './acts.ts';
import { DEFECTS } from './defects.ts';
import { deriveKey, draw, pick, threshold } from './hash.ts';
import { logNormalTable, sampleQuantile } from './numeric.ts';
import { DAY_MS, type DirtRates, HOUR_MS } from './options.ts';
import { type Arrivals, addRecord, KIND } from './records.ts';

/** What has been sent so far, by expected outcome. */
export interface DeliveryCounts {
  lines: number;
  events: number;
  duplicates: number;
  quarantined: Map<string, number>;
}

/** Where records wait for the time they arrive. */
export interface WaitingRoom {
  /** The records that arrive in the same period as the given time. */
  at(arrivalMs: number): Arrivals;
}

export interface DeliveryDesk {
  readonly counts: DeliveryCounts;
  /** Sends all acts of a visit on their way. */
  deliver(visit: Visit, acts: Acts): void;
}

const MAX_DELAY_MS = 28 * DAY_MS;
/** The usual delay of a line, which keeps the order. */
const LATENCY_MS = 400;
const OVERTAKEN = logNormalTable(15_000, 1.3, 20 * 60_000);
/** Late by minutes to weeks: half of them more than two hours, one in seventy more than a week. */
const LATENESS = logNormalTable(2 * HOUR_MS, 2, MAX_DELAY_MS);
/** Deliveries are repeated within the minute mostly, days later sometimes. */
const REPETITION = logNormalTable(20_000, 2.6, MAX_DELAY_MS);
/** A conflicting line is this much later, by its own time, at least and at most. */
const CONFLICT_SHIFT_MS = { least: 1_000, span: 600_000 };

const FOR_VISIT = 100_000;
const DRAWS_PER_STEP = 8;

/** `endMs`: what would arrive at or after this arrives just before it. */
export function openDeliveryDesk(room: WaitingRoom, dirt: DirtRates, endMs: number): DeliveryDesk {
  const counts: DeliveryCounts = { lines: 0, events: 0, duplicates: 0, quarantined: new Map() };
  const isInOrder = dirt.late === 0 && dirt.outOfOrder === 0;
  const isDelivered = dirt.duplicates + dirt.malformed + dirt.conflicts > 0;
  const latency = isInOrder && !isDelivered ? 0 : LATENCY_MS;
  const limits = {
    late: threshold(dirt.late / 2),
    overtaken: threshold(dirt.outOfOrder),
    duplicate: threshold(dirt.duplicates),
    malformed: threshold(dirt.malformed),
    conflict: threshold(dirt.conflicts),
    // One copy in three is not made of the same bytes, where spellings vary at all.
    respelled: dirt.spellings > 0 ? threshold(1 / 3) : 0,
  };

  const send = (arrivalMs: number, kind: number, visit: Visit, acts: Acts, step: number): void => {
    const cappedMs = Math.min(arrivalMs, endMs - 1);
    addRecord(room.at(cappedMs), cappedMs, kind, visit, acts, step);
    counts.lines++;
  };

  /** A line with the act's id and another time, received later than the act however files are cut. */
  const sendConflict = (
    arrivalMs: number,
    random: number,
    visit: Visit,
    acts: Acts,
    step: number,
  ): void => {
    const shownUs = acts.shownUs[step]!;
    const shiftMs = CONFLICT_SHIFT_MS.least + pick(random, CONFLICT_SHIFT_MS.span);
    const otherUs = shownUs + shiftMs * 1_000;
    if (Math.floor(otherUs / (DAY_MS * 1_000)) === Math.floor(shownUs / (DAY_MS * 1_000))) {
      acts.shownUs[step] = otherUs;
      send(arrivalMs + shiftMs, KIND.plain, visit, acts, step);
      acts.shownUs[step] = shownUs;
      count(counts.quarantined, 'conflicting_event_id');
    }
  };

  /** What arrives besides the act itself; one number decides, so at most one thing does. */
  const sendMore = (
    arrivalMs: number,
    keyA: number,
    keyB: number,
    visit: Visit,
    acts: Acts,
    step: number,
  ): void => {
    const base = step * DRAWS_PER_STEP;
    const random = (purpose: number) => draw(keyA, keyB, base + purpose);
    const what = random(2);
    if (what < limits.duplicate) {
      const againMs = arrivalMs + 1 + Math.floor(sampleQuantile(REPETITION, random(3)));
      const kind = random(4) < limits.respelled ? KIND.respelled : KIND.plain;
      send(againMs, kind, visit, acts, step);
      counts.duplicates++;
    } else if (what < limits.duplicate + limits.malformed) {
      const defect = pick(random(3), DEFECTS.length);
      send(arrivalMs, KIND.defective + defect, visit, acts, step);
      count(counts.quarantined, DEFECTS[defect]!.reason);
    } else if (what < limits.duplicate + limits.malformed + limits.conflict) {
      sendConflict(arrivalMs, random(3), visit, acts, step);
    }
  };

  return {
    counts,
    deliver(visit, acts) {
      counts.events += acts.count;
      if (isInOrder && !isDelivered) {
        for (let step = 0; step < acts.count; step++) {
          send(acts.trueMs[step]!, KIND.plain, visit, acts, step);
        }
        return;
      }
      const keyA = deriveKey(visit.keyA, 7);
      const keyB = deriveKey(visit.keyB, 7);
      const visitDelayMs =
        draw(keyA, keyB, FOR_VISIT) < limits.late ? lateness(draw(keyA, keyB, FOR_VISIT + 1)) : 0;
      for (let step = 0; step < acts.count; step++) {
        const base = step * DRAWS_PER_STEP;
        const random = draw(keyA, keyB, base);
        let arrivalMs = acts.trueMs[step]! + latency + visitDelayMs;
        // One number decides: the late ones come first, the overtaken ones after them.
        if (random < limits.late) {
          arrivalMs += lateness(draw(keyA, keyB, base + 1));
        } else if (random < limits.late + limits.overtaken) {
          arrivalMs += Math.floor(sampleQuantile(OVERTAKEN, draw(keyA, keyB, base + 1)));
        }
        send(arrivalMs, KIND.plain, visit, acts, step);
        if (isDelivered) {
          sendMore(arrivalMs, keyA, keyB, visit, acts, step);
        }
      }
    },
  };
}

function lateness(random: number): number {
  return 60_000 + Math.floor(sampleQuantile(LATENESS, random));
}

function count(counts: Map<string, number>, reason: string): void {
  counts.set(reason, (counts.get(reason) ?? 0) + 1);
}

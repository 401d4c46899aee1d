/**
 * Records waiting for the time they arrive, in compartments of equal duration.
 *
 * A compartment is emptied when its time has come, so memory holds what is under way and no more:
 * the events of one compartment and the late ones of the next weeks.
 */

import type { WaitingRoom } from './deliveries.ts';
import { orderOf } from './order.ts';
import { type Arrivals, appendArrivals, copyRecord, createArrivals } from './records.ts';

export interface Compartments extends WaitingRoom {
  /** Takes the compartment that begins at `fromMs`; empty if nothing arrives in it. */
  take(fromMs: number): Arrivals;
  /** Takes all compartments from the one `fromMs` lies in to the last that is over by `toMs`. */
  takeUntil(fromMs: number, toMs: number): Arrivals;
  /** Drops all compartments that are over by `toMs`. */
  forgetUntil(toMs: number): void;
}

export function createCompartments(startMs: number, durationMs: number): Compartments {
  const waiting = new Map<number, Arrivals>();
  let lastIndex = Number.NaN;
  let last: Arrivals | undefined;
  const takeIndex = (index: number): Arrivals => {
    const arrivals = waiting.get(index) ?? createArrivals(1);
    waiting.delete(index);
    last = undefined;
    return arrivals;
  };
  return {
    at(arrivalMs) {
      const index = Math.floor((arrivalMs - startMs) / durationMs);
      if (index === lastIndex && last !== undefined) {
        return last;
      }
      let arrivals = waiting.get(index);
      if (arrivals === undefined) {
        arrivals = createArrivals();
        waiting.set(index, arrivals);
      }
      lastIndex = index;
      last = arrivals;
      return arrivals;
    },
    take: (fromMs) => takeIndex(Math.round((fromMs - startMs) / durationMs)),
    takeUntil(fromMs, toMs) {
      const taken = createArrivals();
      const end = Math.floor((toMs - startMs) / durationMs);
      for (let index = Math.floor((fromMs - startMs) / durationMs); index < end; index++) {
        appendArrivals(taken, takeIndex(index));
      }
      return taken;
    },
    forgetUntil(toMs) {
      const end = Math.floor((toMs - startMs) / durationMs);
      for (const index of waiting.keys()) {
        if (index < end) {
          waiting.delete(index);
        }
      }
      last = undefined;
    },
  };
}

/**
 * Compartments of `durationMs` for what arrives soon, and of `farMs`, a multiple of it, for what arrives later:
 * over weeks there would be millions of short ones, most of them with a single record.
 */
export function createLongCompartments(
  startMs: number,
  durationMs: number,
  farMs: number,
): Pick<Compartments, 'at' | 'takeUntil' | 'forgetUntil'> {
  const near = createCompartments(startMs, durationMs);
  const far = createCompartments(startMs, farMs);
  let nearUntilMs = startMs + farMs;
  const bringNear = (toMs: number): void => {
    for (; nearUntilMs < toMs; nearUntilMs += farMs) {
      const arrivals = far.take(nearUntilMs);
      for (let index = 0; index < arrivals.count; index++) {
        copyRecord(near.at(arrivals.arrivalMs[index]!), arrivals, index);
      }
    }
  };
  return {
    at: (arrivalMs) => (arrivalMs < nearUntilMs ? near.at(arrivalMs) : far.at(arrivalMs)),
    takeUntil(fromMs, toMs) {
      bringNear(toMs);
      return near.takeUntil(fromMs, toMs);
    },
    forgetUntil(toMs) {
      bringNear(toMs);
      near.forgetUntil(toMs);
    },
  };
}

/**
 * The indexes of the records in the order of their arrival, and of their addition where two arrive
 * in the same millisecond. All must arrive within 2^28 milliseconds of `fromMs`.
 */
export function orderByArrival(arrivals: Arrivals, fromMs: number): Uint32Array {
  const sinceFrom = new Uint32Array(arrivals.count);
  for (let i = 0; i < sinceFrom.length; i++) {
    sinceFrom[i] = arrivals.arrivalMs[i]! - fromMs;
  }
  return orderOf(sinceFrom);
}

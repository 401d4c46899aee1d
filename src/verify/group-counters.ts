/**
 * Sums by group for tables whose rows add up from parts. Groups that do not fit in memory are put
 * aside, part by part, and added up at the end.
 */
import type { Cell } from './canonical-row.ts';
import { addCells, takeCells } from './cell-record.ts';
import { newRecordStore, type RecordStore } from './record-store.ts';
import { hashKey } from './row-hash.ts';

const PARTITION_COUNT = 64;

export interface Group {
  cells: readonly Cell[];
  counts: number[];
  /** Hundredths of money. */
  amount: bigint;
  /** Whatever was counted last, so that a session or user counts once: a number of the caller's. */
  mark: number;
}

export interface GroupCounters {
  /** The group with these cells, the first of them a date; new with zeroes if need be. Only valid until `relieve`. */
  group(cells: readonly Cell[]): Group;
  /** Puts groups aside when there are too many for memory. */
  relieve(): void;
  /** Every group once, whole; the counters are empty afterwards. */
  takeGroups(): Iterable<Group>;
}

export function newGroupCounters(
  folder: string,
  name: string,
  width: number,
  maxGroups: number,
): GroupCounters {
  /** By the first cell, a date, and then by the others. */
  let dates = new Map<Cell, Map<Cell, Group>>();
  let groupCount = 0;
  let store: RecordStore | undefined;
  const groupOf = (cells: readonly Cell[]): Group => {
    const date = cells[0]!;
    let groups = dates.get(date);
    if (groups === undefined) {
      groups = new Map();
      dates.set(date, groups);
    }
    const key = restKey(cells);
    let group = groups.get(key);
    if (group === undefined) {
      group = { cells: [...cells], counts: new Array(width).fill(0), amount: 0n, mark: -1 };
      groups.set(key, group);
      groupCount += 1;
    }
    return group;
  };
  const takeFromMemory = function* (): Iterable<Group> {
    const taken = dates;
    dates = new Map();
    groupCount = 0;
    for (const groups of taken.values()) yield* groups.values();
  };
  const putAside = (): void => {
    store ??= newRecordStore(folder, name, PARTITION_COUNT, 0);
    for (const { cells, counts, amount } of takeFromMemory()) {
      const partition = hashKey(`${cells[0]}${restKey(cells)}`) % PARTITION_COUNT;
      addCells(store, partition, [...cells, ...counts, amount]);
    }
  };
  return {
    group: groupOf,
    relieve() {
      if (groupCount > maxGroups) putAside();
    },
    *takeGroups() {
      if (store !== undefined) putAside();
      for (let partition = 0; store !== undefined && partition < PARTITION_COUNT; partition += 1) {
        for (const record of takeCells(store, partition)) {
          const group = groupOf(record.slice(0, -width - 1));
          for (let index = 0; index < width; index += 1) {
            group.counts[index]! += record.at(index - width - 1) as number;
          }
          group.amount += record.at(-1) as bigint;
        }
        yield* takeFromMemory();
      }
      yield* takeFromMemory();
    },
  };
}

/** One value per combination of cells after the first. */
function restKey(cells: readonly Cell[]): Cell {
  if (cells.length <= 2) return cells[1] ?? null;
  let key = '';
  for (let index = 1; index < cells.length; index += 1) {
    const cell = cells[index]!;
    key += cell === null ? '-' : `${String(cell).length}:${cell}`;
  }
  return key;
}

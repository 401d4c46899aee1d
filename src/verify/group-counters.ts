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
  /** The group with these cells, new with zeroes if need be. Only valid until `relieve`. */
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
  let groups = new Map<string, Group>();
  let store: RecordStore | undefined;
  const groupOf = (cells: readonly Cell[]): Group => {
    const key = groupKey(cells);
    let group = groups.get(key);
    if (group === undefined) {
      group = { cells: [...cells], counts: new Array(width).fill(0), amount: 0n, mark: -1 };
      groups.set(key, group);
    }
    return group;
  };
  const putAside = (): void => {
    store ??= newRecordStore(folder, name, PARTITION_COUNT, 0);
    for (const [key, { cells, counts, amount }] of groups) {
      addCells(store, hashKey(key) % PARTITION_COUNT, [...cells, ...counts, amount]);
    }
    groups = new Map();
  };
  return {
    group: groupOf,
    relieve() {
      if (groups.size > maxGroups) putAside();
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
        yield* groups.values();
        groups = new Map();
      }
      yield* groups.values();
      groups = new Map();
    },
  };
}

/** One text per combination of cells. */
function groupKey(cells: readonly Cell[]): string {
  let key = '';
  for (const cell of cells) {
    key += cell === null ? '-' : typeof cell === 'string' ? `${cell.length}:${cell}` : `${cell};`;
  }
  return key;
}

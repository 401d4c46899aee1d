/**
 * Sums by group for tables whose rows add up from parts. Groups that do not fit in memory are put
 * aside, part by part, and added up at the end.
 */
import type { Cell } from './canonical-row.ts';
import { addCells, takeCells } from './cell-record.ts';
import { newRecordStore, type RecordStore } from './record-store.ts';
import { hashKey } from './row-hash.ts';
import type { TextPool } from './text-pool.ts';

const PARTITION_COUNT = 64;
const NONE_POOLED: ReadonlySet<number> = new Set();

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
  pool: TextPool,
): GroupCounters {
  let root: GroupTree = new Map();
  let groups: Group[] = [];
  let store: RecordStore | undefined;
  const groupOf = (cells: readonly Cell[]): Group => {
    const leaves = leavesOf(root, cells);
    const last = cells.at(-1)!;
    let group = leaves.get(last) as Group | undefined;
    if (group === undefined) {
      group = { cells: [...cells], counts: new Array(width).fill(0), amount: 0n, mark: -1 };
      leaves.set(last, group);
      groups.push(group);
    }
    return group;
  };
  const takeFromMemory = (): Group[] => {
    const taken = groups;
    groups = [];
    root = new Map();
    return taken;
  };
  const putAside = (): void => {
    store ??= newRecordStore(folder, name, PARTITION_COUNT, 0);
    for (const { cells, counts, amount } of takeFromMemory()) {
      const partition = hashKey(cells.join()) % PARTITION_COUNT;
      addCells(store, partition, [...cells, ...counts, amount], pool, NONE_POOLED);
    }
  };
  return {
    group: groupOf,
    relieve() {
      if (groups.length > maxGroups) putAside();
    },
    *takeGroups() {
      if (store !== undefined) putAside();
      for (let partition = 0; store !== undefined && partition < PARTITION_COUNT; partition += 1) {
        for (const record of takeCells(store, partition, pool)) {
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

/** A map per cell: quicker than one map by a text made of all cells. */
type GroupTree = Map<Cell, GroupTree | Group>;

/** The map of the groups that share all cells but the last. */
function leavesOf(root: GroupTree, cells: readonly Cell[]): GroupTree {
  let tree = root;
  for (let index = 0; index < cells.length - 1; index += 1) {
    const cell = cells[index]!;
    let next = tree.get(cell) as GroupTree | undefined;
    if (next === undefined) {
      next = new Map();
      tree.set(cell, next);
    }
    tree = next;
  }
  return tree;
}

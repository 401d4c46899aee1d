/**
 * Brings a table into the shape that a write needs, by a commit of our own before Spark's, so that
 * Spark finds the columns, the partitions and the protocol that every engine gives a table.
 *
 * A property tells how the rows were made and must not be believed before they are written: it is
 * marked until then. A process killed in between leaves the mark, and the work is done again.
 */
import { type Change, commitChange } from '../../delta/commit.ts';
import type { DeltaContext } from '../../delta/context.ts';
import type { Snapshot } from '../../delta/snapshot.ts';
import type { TableDefinition } from '../table.ts';
import { neededMetadata } from '../table-metadata.ts';
import type { TransactionMark } from '../writer.ts';

export type PreparedTable =
  | {
      kind: 'prepared';
      base: Snapshot;
      /** To be committed when the rows are written; undefined: nothing. */
      finalMetadata: Change['metadata'];
    }
  | { kind: 'conflict'; reason: string };

/** `isWhole`: the write replaces all rows, so that a new table's properties wait for it too. */
export async function prepareTable(
  delta: DeltaContext,
  table: TableDefinition,
  base: Snapshot | undefined,
  txn: TransactionMark | undefined,
  isWhole: boolean,
): Promise<PreparedTable> {
  const wanted = neededMetadata(table, base);
  if (wanted === undefined && base !== undefined) {
    return { kind: 'prepared', base, finalMetadata: undefined };
  }
  if (wanted === undefined) {
    throw new Error('a missing table needs metadata');
  }
  const mustWait = base !== undefined || isWhole;
  const change: Change = {
    operation: base === undefined ? 'CREATE TABLE' : 'SET TBLPROPERTIES',
    metadata: mustWait ? { ...wanted, configuration: marked(wanted.configuration, base) } : wanted,
    adds: [],
    removes: [],
    reads: { kind: 'all' },
  };
  const result = await commitChange(delta, table.root, base, change);
  if (result.kind !== 'committed') {
    return { kind: 'conflict', reason: 'the table was changed' };
  }
  const { snapshot } = result;
  if (base === undefined && (snapshot.files.length > 0 || isAhead(snapshot, txn))) {
    return { kind: 'conflict', reason: 'another writer created the table' };
  }
  return { kind: 'prepared', base: snapshot, finalMetadata: mustWait ? wanted : undefined };
}

function isAhead(snapshot: Snapshot, txn: TransactionMark | undefined): boolean {
  return txn !== undefined && snapshot.txns.get(txn.appId) !== txn.expectedVersion;
}

/** Properties whose value changes, with a value that nobody takes for a real one. */
function marked(
  wanted: Readonly<Record<string, string>>,
  base: Snapshot | undefined,
): Record<string, string> {
  const before = base?.metadata.configuration ?? {};
  return Object.fromEntries(
    Object.entries(wanted).flatMap(([key, value]) => {
      if (before[key] === value) {
        return [[key, value]];
      }
      return base === undefined ? [] : [[key, `${value} (being written)`]];
    }),
  );
}

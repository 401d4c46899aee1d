/** Finds a lake whose purchases probably have an event type that is not known. */
import { parseStatistics } from '../delta/statistics.ts';
import { type LakeContext, loadTable } from './context.ts';
import type { RunReport } from './reports.ts';

/**
 * Whether a run, after its Gold, has valid events and records of unknown types, but the lake has no
 * order.
 */
export async function lacksPurchases(
  context: LakeContext,
  { valid, quarantined }: Pick<RunReport, 'valid' | 'quarantined'>,
): Promise<boolean> {
  if (valid === 0 || (quarantined.unknown_event_type ?? 0) === 0) {
    return false;
  }
  const orders = await loadTable(context, context.tables.orders);
  return (
    orders?.files.every(
      ({ stats }) => parseStatistics(stats, orders.metadata.schema)?.rowCount === 0,
    ) === true
  );
}

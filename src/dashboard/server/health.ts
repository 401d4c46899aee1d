/** The health of the lake, as the page shows it. */
import type { PurchaseFacts } from '../../pipeline/purchase-facts.ts';
import type { StatusReport } from '../../pipeline/reports.ts';
import type { Health } from '../view.ts';

export function readHealth(
  status: StatusReport,
  purchases: PurchaseFacts,
  lastEventAt: string | null,
): Health {
  const { outcomes } = status;
  return {
    lastEventAt,
    lastRunAt: lastChangeOfGold(status),
    isGoldCurrent: status.isGoldCurrent,
    waitingFiles: status.pending.files,
    lines: outcomes.lines,
    valid: outcomes.valid,
    duplicates: outcomes.duplicates,
    quarantined: Object.entries(outcomes.quarantined)
      .map(([reason, lines]) => ({ reason, lines }))
      .sort((a, b) => b.lines - a.lines),
    purchases,
  };
}

function lastChangeOfGold({ tables }: StatusReport): string | null {
  const times = tables.flatMap(({ table, lastModifiedAt }) =>
    table.startsWith('gold_') && lastModifiedAt !== null ? [lastModifiedAt] : [],
  );
  return times.sort().at(-1) ?? null;
}

/** The health of the lake, as the page shows it. */
import type { Lake } from '../../lake/open-lake.ts';
import type { StatusReport } from '../../pipeline/reports.ts';
import type { Health } from '../view.ts';

/** What is asked of the lake. */
export type AskedForHealth = Pick<
  Lake,
  'status' | 'purchaseFacts' | 'query' | 'listBatches' | 'checkOwnTables'
>;

const MAX_REASONS = 100;
const MAX_DAYS = 60;

/** Files whose records count; those of landing containers that repeat another one do not. */
const FILES = `files AS (
  SELECT path, source, line_count, received_at FROM bronze_files WHERE repeats IS NULL
)`;
const QUARANTINED = `quarantined AS (
  SELECT bronze_path AS path, count(*) AS quarantined FROM silver_quarantine GROUP BY 1
)`;

export async function readHealth(
  lake: AskedForHealth,
  lastEventAt: string | null,
): Promise<Health> {
  const status = await lake.status();
  const { outcomes } = status;
  return {
    lastEventAt,
    lastRunAt: lastChangeOfGold(status),
    isGoldCurrent: status.isGoldCurrent,
    waitingFiles: status.pending.files,
    lines: outcomes.lines,
    valid: outcomes.valid,
    duplicates: outcomes.duplicates,
    ignored: outcomes.ignored,
    quarantined: Object.entries(outcomes.quarantined)
      .map(([reason, lines]) => ({ reason, lines }))
      .sort((a, b) => b.lines - a.lines),
    purchases: await lake.purchaseFacts(),
    sources: await querySources(lake),
    reasons: await queryReasons(lake),
    arrivals: await queryArrivals(lake),
    batches: await lake.listBatches(),
    checks: await lake.checkOwnTables(),
    tables: status.tables,
  };
}

async function querySources(lake: AskedForHealth): Promise<Health['sources']> {
  const { rows } = await lake.query(
    `WITH ${FILES}, ${QUARANTINED}
     SELECT source, count(*) AS files, sum(line_count) AS lines,
       COALESCE(sum(quarantined), 0) AS quarantined, max(received_at) AS last_received_at
     FROM files LEFT JOIN quarantined USING (path) GROUP BY source ORDER BY lines DESC, source`,
  );
  return rows.map((row) => ({
    source: String(row.source),
    files: Number(row.files),
    lines: Number(row.lines),
    quarantined: Number(row.quarantined),
    lastReceivedAt: String(row.last_received_at),
  }));
}

async function queryReasons(lake: AskedForHealth): Promise<Health['reasons']> {
  const { rows } = await lake.query(
    `WITH ${FILES}
     SELECT reason, COALESCE(source, '') AS source, count(*) AS lines, max(q.received_at) AS last_received_at
     FROM silver_quarantine AS q LEFT JOIN files ON path = bronze_path
     GROUP BY 1, 2 ORDER BY lines DESC, 1, 2 LIMIT ${MAX_REASONS}`,
  );
  return rows.map((row) => ({
    reason: String(row.reason),
    source: String(row.source),
    lines: Number(row.lines),
    lastReceivedAt: String(row.last_received_at),
  }));
}

async function queryArrivals(lake: AskedForHealth): Promise<Health['arrivals']> {
  const { rows } = await lake.query(
    `WITH ${FILES}, ${QUARANTINED}
     SELECT CAST(CAST(received_at AS DATE) AS VARCHAR) AS date, count(*) AS files,
       sum(line_count) AS lines, COALESCE(sum(quarantined), 0) AS quarantined
     FROM files LEFT JOIN quarantined USING (path) GROUP BY 1 ORDER BY 1 DESC LIMIT ${MAX_DAYS}`,
  );
  return rows.map((row) => ({
    date: String(row.date),
    files: Number(row.files),
    lines: Number(row.lines),
    quarantined: Number(row.quarantined),
  }));
}

function lastChangeOfGold({ tables }: StatusReport): string | null {
  const times = tables.flatMap(({ table, lastModifiedAt }) =>
    table.startsWith('gold_') && lastModifiedAt !== null ? [lastModifiedAt] : [],
  );
  return times.sort().at(-1) ?? null;
}

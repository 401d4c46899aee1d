/** Finds sources without any event. Most likely their fields have other names. */
import { fileMayContain } from '../delta/pruning.ts';
import { sourceOfBronzePath } from './bronze-paths.ts';
import { type LakeContext, loadTable } from './context.ts';
import type { ReceivedFile } from './ledger.ts';
import type { SourceWithoutEvents } from './reports.ts';
import { textLiteral } from './sql-literal.ts';

/**
 * The outcome of the lines of one source. `rejected` is empty if at least one line was an event.
 */
export interface SourceOutcome {
  source: string;
  hasEvents: boolean;
  lines: number;
  rejected: { reason: string; lines: number; line: string }[];
}

const SAMPLE_CHARACTERS = 200;

/**
 * Summarizes the rejected lines of a batch while the session still has them. `withEvents`: numbers
 * of the files with at least one event. Duplicates count as events.
 */
export async function readSourceOutcomes(
  { engine }: LakeContext,
  files: readonly ReceivedFile[],
  withEvents: ReadonlySet<number>,
): Promise<SourceOutcome[]> {
  const outcomes: SourceOutcome[] = [];
  for (const [source, ofSource] of groupBySource(files)) {
    const hasEvents = ofSource.some(({ fileNumber }) => withEvents.has(fileNumber));
    const lines = ofSource.reduce((sum, { lineCount }) => sum + lineCount, 0);
    if (lines === 0) {
      continue;
    }
    const rejected = hasEvents
      ? []
      : await engine.session.query(
          `SELECT reason, CAST(count(*) AS BIGINT) AS line_count,
             substr(min(COALESCE(raw_text, raw_base64)), 1, ${SAMPLE_CHARACTERS})
           FROM rejected_lines
           WHERE file_number IN (${ofSource.map(({ fileNumber }) => fileNumber).join(', ')})
           GROUP BY reason`,
        );
    outcomes.push({
      source,
      hasEvents,
      lines,
      rejected: rejected.map(([reason, count, line]) => ({
        reason: String(reason),
        lines: Number(count),
        line: String(line),
      })),
    });
  }
  return outcomes;
}

/** The sources that have no event in this run and none in Silver from before. */
export async function findSourcesWithoutEvents(
  context: LakeContext,
  outcomes: readonly SourceOutcome[],
): Promise<SourceWithoutEvents[]> {
  const withEvents = new Set(outcomes.filter((each) => each.hasEvents).map((each) => each.source));
  const found: SourceWithoutEvents[] = [];
  for (const source of new Set(outcomes.map((each) => each.source))) {
    if (withEvents.has(source) || (await isInSilver(context, source))) {
      continue;
    }
    found.push(
      sumUp(
        source,
        outcomes.filter((each) => each.source === source),
      ),
    );
  }
  return found;
}

function groupBySource(files: readonly ReceivedFile[]): Map<string, ReceivedFile[]> {
  const groups = new Map<string, ReceivedFile[]>();
  for (const file of files) {
    const source = sourceOfBronzePath(file.path) ?? '';
    groups.set(source, [...(groups.get(source) ?? []), file]);
  }
  return groups;
}

function sumUp(source: string, outcomes: readonly SourceOutcome[]): SourceWithoutEvents {
  const byReason = new Map<string, { lines: number; line: string }>();
  for (const { reason, lines, line } of outcomes.flatMap(({ rejected }) => rejected)) {
    const known = byReason.get(reason);
    byReason.set(reason, { lines: lines + (known?.lines ?? 0), line: known?.line ?? line });
  }
  const [first] = [...byReason].sort(
    ([a, { lines: linesA }], [b, { lines: linesB }]) => linesB - linesA || (a < b ? -1 : 1),
  );
  const [reason, { lines: linesWithReason, line }] = first ?? ['', { lines: 0, line: '' }];
  const lines = outcomes.reduce((sum, each) => sum + each.lines, 0);
  const hasObjects = hasJsonObjects([...byReason.keys()]);
  return { source, lines, reason, linesWithReason, line, hasObjects };
}

/** Whether any record is a JSON object, by the reasons for which records are rejected. */
export function hasJsonObjects(reasons: readonly string[]): boolean {
  return reasons.some((reason) => !/^not_/.test(reason));
}

/** Whether Silver has events of a source. File statistics of their paths limit what is read. */
export async function isInSilver(context: LakeContext, source: string): Promise<boolean> {
  const { engine, tables } = context;
  const snapshot = await loadTable(context, tables.events);
  if (snapshot === undefined) {
    return false;
  }
  // `0` is the character after `/`, so the range covers all paths in the folder.
  const range = { column: 'bronze_path', from: `bronze/${source}/`, to: `bronze/${source}0` };
  const files = snapshot.files.filter((file) => fileMayContain(file, snapshot.metadata, range));
  if (files.length === 0) {
    return false;
  }
  await engine.session.showTable(tables.events, snapshot, { kind: 'files', files });
  const rows = await engine.session.query(
    `SELECT 1 FROM ${tables.events.name}
     WHERE bronze_path >= ${textLiteral(range.from)} AND bronze_path < ${textLiteral(range.to)} LIMIT 1`,
  );
  return rows.length > 0;
}

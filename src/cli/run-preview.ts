import type { RunPreview } from '../pipeline/reports.ts';
import { formatCount, formatDuration, formatQuantity } from './format.ts';
import { renderLeftOut } from './left-out-folders.ts';
import type { Output } from './output.ts';
import { pathAndReason } from './path-and-reason.ts';
import { renderEngine } from './render-engine.ts';
import { renderShortList } from './short-list.ts';
import { renderTable } from './table.ts';

/** Renders what a run would read and write, and why. */
export function renderRunPreview(preview: RunPreview, output: Output): string[] {
  const { batches, discovered, unreadable, damaged, writes } = preview;
  const amiss = [
    ...renderLeftOut(preview),
    ...renderList('unreadable, left out', unreadable.map(pathAndReason), output),
    ...renderList('changed since ingest, left out', damaged.map(pathAndReason), output),
  ];
  if (batches.length === 0 && writes.length === 0) {
    return [...amiss, 'nothing new: a run would write nothing'];
  }
  return [
    ...renderBatches(preview, output),
    ...renderList('found in bronze/, to be registered', discovered, output),
    ...amiss,
    ...renderReads(preview, output),
    ...renderWrites(preview, output),
    `nothing was written (${formatDuration(preview.durationMs)}, ${renderEngine(preview)})`,
  ];
}

function renderBatches({ batches, fullRefresh }: RunPreview, output: Output): string[] {
  if (batches.length === 0) {
    return ['no new lines'];
  }
  const why = fullRefresh ? 'full refresh: all files of Bronze' : 'new since the last run';
  const lines = batches.reduce((sum, batch) => sum + batch.lines, 0);
  return [
    output.style.bold(
      `${formatQuantity(lines, 'line')} in ${formatQuantity(batches.length, 'batch', 'batches')} (${why})`,
    ),
    ...renderTable(
      [
        { title: 'batch', align: 'right' },
        { title: 'files', align: 'right' },
        { title: 'lines', align: 'right' },
        { title: 'new events', align: 'right' },
        { title: 'first file' },
      ],
      batches.map((batch, index) => [
        formatCount(index + 1),
        formatCount(batch.files),
        formatCount(batch.lines),
        formatCount(batch.valid),
        batch.firstFile,
      ]),
      { paintTitle: output.style.bold },
    ),
  ];
}

function renderReads({ reads }: RunPreview, output: Output): string[] {
  if (reads.length === 0) {
    return [];
  }
  return renderTable(
    [{ title: 'table read' }, { title: 'files', align: 'right' }, { title: 'as' }],
    reads.map(({ table, files, ofFiles, as }) => [
      table,
      `${formatCount(files)} of ${formatCount(ofFiles)}`,
      as,
    ]),
    { paintTitle: output.style.bold },
  );
}

function renderWrites({ writes }: RunPreview, output: Output): string[] {
  return renderTable(
    [
      { title: 'table written' },
      { title: 'rows', align: 'right' },
      { title: 'has now', align: 'right' },
      { title: 'how' },
      { title: 'why' },
    ],
    writes.map(({ table, rows, of, how, dates, why }) => [
      table,
      rows === null ? 'unknown' : formatCount(rows),
      of === null ? '' : formatCount(of),
      dates.length === 0 ? how : `${how} (${showDates(dates)})`,
      why,
    ]),
    { paintTitle: output.style.bold },
  );
}

function showDates(dates: readonly string[]): string {
  const [first = '', last = first] = [dates[0], dates.at(-1)];
  return first === last ? first : `${formatCount(dates.length)} from ${first} to ${last}`;
}

function renderList(title: string, lines: readonly string[], output: Output): string[] {
  return renderShortList(
    title,
    [{ title: '' }],
    lines.map((line) => [line]),
    output,
  );
}

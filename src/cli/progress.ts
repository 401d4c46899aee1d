/** Shows the pipeline's progress on standard error. */
import type { Progress, ProgressListener } from '../pipeline/reports.ts';
import { formatBytes, formatCount, formatDuration, formatQuantity } from './format.ts';
import type { Io } from './io.ts';
import { cutText } from './table.ts';

/** The line is rewritten at most this often. */
const REWRITE_EVERY_MS = 100;

export interface ProgressDisplay {
  listener: ProgressListener;
  /**
   * Shows a custom line. `describe` is called only when the line is rewritten; it receives the
   * milliseconds since the stage began.
   */
  show(stage: string, describe: (stageMs: number) => string): void;
  /** Clears the line before other output. */
  clear(): void;
}

/** Used with `--json`, and without a terminal. */
export const NO_PROGRESS: ProgressDisplay = {
  listener: () => {},
  show: () => {},
  clear: () => {},
};

/**
 * On a terminal, one line that is rewritten; otherwise nothing, because it would mix with other
 * output.
 */
export function createProgressDisplay(io: Io): ProgressDisplay {
  if (!io.stderr.isTty) {
    return NO_PROGRESS;
  }
  let lastShownMs = Number.NEGATIVE_INFINITY;
  let stage: string | undefined;
  let stageStartMs = io.nowMs();
  let isLineShown = false;
  /** The last line shown, and the transfers in progress to or from a remote lake. */
  let lastLine = '';
  const transfers = new Map<string, string>();
  // Progress is optional: if standard error is closed, the work must continue.
  const send = (text: string) => void io.stderr.write(text).catch(() => {});
  const show: ProgressDisplay['show'] = (nextStage, describe) => {
    const nowMs = io.nowMs();
    if (nextStage !== stage) {
      stage = nextStage;
      stageStartMs = nowMs;
    }
    if (nowMs - lastShownMs < REWRITE_EVERY_MS) {
      return;
    }
    lastLine = describe(nowMs - stageStartMs);
    showLine(nowMs);
  };
  const showLine = (nowMs: number): void => {
    lastShownMs = nowMs;
    const line = join(lastLine, ...transfers.values());
    isLineShown = true;
    send(`\r\x1b[K${cutText(line, Math.max(20, (io.stderr.columns() ?? 80) - 1))}`);
  };
  return {
    listener(progress) {
      if (progress.stage !== 'transfer') {
        show(progress.stage, (ms) => describeProgress(progress, ms));
        return;
      }
      const { direction, bytesDone, bytesTotal } = progress;
      if (bytesDone >= bytesTotal) {
        transfers.delete(direction);
        return;
      }
      const bytes = `${formatBytes(bytesDone)} of ${formatBytes(bytesTotal)}`;
      transfers.set(direction, `${direction === 'download' ? 'fetching' : 'sending'} ${bytes}`);
      const nowMs = io.nowMs();
      if (nowMs - lastShownMs >= REWRITE_EVERY_MS) {
        showLine(nowMs);
      }
    },
    show,
    clear() {
      if (isLineShown) {
        isLineShown = false;
        send('\r\x1b[K');
      }
    },
  };
}

/** One line: stage, progress, rate, time left. */
function describeProgress(
  progress: Exclude<Progress, { stage: 'transfer' }>,
  stageMs: number,
): string {
  switch (progress.stage) {
    case 'ingest': {
      const files = `${formatCount(progress.filesDone)} of ${formatQuantity(progress.filesTotal, 'file')}`;
      const bytes = `${formatBytes(progress.bytesDone)} of ${formatBytes(progress.bytesTotal)}`;
      return join(
        'ingest',
        files,
        bytes,
        timeLeft(progress.bytesDone, progress.bytesTotal, stageMs),
      );
    }
    case 'discover':
      return join('looking for new files', `${formatQuantity(progress.filesFound, 'file')} found`);
    case 'silver': {
      const batch = Math.min(progress.batchesDone + 1, progress.batchesTotal);
      const rate = stageMs > 0 ? Math.round((progress.linesDone / stageMs) * 1000) : 0;
      return join(
        `silver: batch ${formatCount(batch)} of ${formatCount(progress.batchesTotal)}`,
        `${formatCount(progress.linesDone)} of ${formatQuantity(progress.linesTotal, 'line')}`,
        rate > 0 ? `${formatQuantity(rate, 'line')}/s` : '',
        timeLeft(progress.bytesDone, progress.bytesTotal, stageMs),
      );
    }
    case 'gold':
      return join(
        `gold: table ${formatCount(Math.min(progress.tablesDone + 1, progress.tablesTotal))} of ${formatCount(progress.tablesTotal)}`,
        progress.table,
      );
    case 'verify':
      return join(
        'verify',
        `${formatCount(progress.linesDone)} of ${formatQuantity(progress.linesTotal, 'line')}`,
        timeLeft(progress.linesDone, progress.linesTotal, stageMs),
      );
    case 'hash':
      return join(`hash: ${progress.table}`, formatQuantity(progress.rowsDone, 'row'));
    case 'maintain':
      return join('maintain', progress.table);
  }
}

function timeLeft(done: number, total: number, elapsedMs: number): string {
  // An early estimate would be misleading.
  if (done <= 0 || total <= done || elapsedMs < 1_000) {
    return '';
  }
  return `${formatDuration((elapsedMs / done) * (total - done))} left`;
}

function join(...parts: string[]): string {
  return parts.filter((part) => part !== '').join(', ');
}

/** Judges every line of the Bronze files and writes the verdicts to a file of columns. */
import { isUtf8 } from 'node:buffer';
import type { ColumnFile } from './duckdb-contract.ts';
import { type EventRules, type Line, LineJudge, type Verdict } from './line-judge.ts';
import { VerdictColumns } from './verdict-columns.ts';

/** A Bronze file as the ledger describes it. */
export interface BronzeFile {
  fileNumber: number;
  /** Relative to the lake. */
  path: string;
  receivedAtMicros: bigint;
  /** Number of lines that are not blank. */
  lineCount: number;
  blankLineCount: number;
}

export interface LineCounts {
  /** Number of lines that are not blank. */
  lines: number;
  blankLines: number;
  /** Number of lines with events that are ignored. */
  ignored: number;
}

/** The reason that marks an ignored event. It is not a reason for quarantine. */
const IGNORED = 'ignored';

const LF = 0x0a;
const FIRST_ROOM_BYTES = 1024 * 1024;

/**
 * Returns the line counts of each file, in the given order. `onBlock` is called between two blocks
 * of lines.
 */
export async function judgeFiles(
  files: readonly BronzeFile[],
  openFile: (file: BronzeFile) => AsyncIterable<Buffer>,
  rulesOf: (file: BronzeFile) => EventRules,
  target: ColumnFile,
  onBlock: (linesDone: number) => void,
): Promise<LineCounts[]> {
  const columns = new VerdictColumns();
  const counts: LineCounts[] = [];
  let linesBefore = 0;
  const judges = new Map<EventRules, LineJudge>();
  const judgeOf = (rules: EventRules): LineJudge => {
    const judge = judges.get(rules) ?? new LineJudge(rules);
    judges.set(rules, judge);
    return judge;
  };
  const flush = (): void => {
    if (columns.rowCount > 0) {
      target.writeGroup(columns.rowCount, columns.parts());
    }
    columns.clear();
  };
  for (const file of files) {
    const judge = judgeOf(rulesOf(file));
    const ofFile = { lines: 0, blankLines: 0, ignored: 0 };
    const { receivedAtMicros } = file;
    for await (const block of lineBlocks(openFile(file))) {
      forEachLine(block, (start, end, isText) => {
        const lineNumber = ofFile.lines + ofFile.blankLines + 1;
        const isFirstOfFile = lineNumber === 1;
        const line: Line = { bytes: block, start, end, isText, isFirstOfFile, receivedAtMicros };
        const verdict = judge.judge(line);
        if (verdict.kind === 'blank') {
          ofFile.blankLines += 1;
          return;
        }
        ofFile.lines += 1;
        ofFile.ignored += verdict.kind === 'ignored' ? 1 : 0;
        const reason = reasonOf(verdict);
        columns.add(file.fileNumber, lineNumber, line, reason, judge);
        if (columns.isFull()) {
          flush();
        }
      });
      onBlock(linesBefore + ofFile.lines);
    }
    linesBefore += ofFile.lines;
    counts.push(ofFile);
  }
  flush();
  return counts;
}

/** The reason as in the verdicts; undefined: the line is an event. */
function reasonOf(verdict: Verdict): string | undefined {
  if (verdict.kind === 'quarantined') {
    return verdict.reason;
  }
  return verdict.kind === 'ignored' ? IGNORED : undefined;
}

/**
 * Blocks of complete lines, each ending with an LF; one is added to a last line without LF. A block
 * is valid until the next is requested.
 */
async function* lineBlocks(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let room = Buffer.alloc(FIRST_ROOM_BYTES);
  let filled = 0;
  for await (const chunk of chunks) {
    if (filled + chunk.length >= room.length) {
      const larger = Buffer.alloc(Math.max(room.length * 2, filled + chunk.length + 1));
      room.copy(larger, 0, 0, filled);
      room = larger;
    }
    chunk.copy(room, filled);
    const lastLf = chunk.lastIndexOf(LF);
    const end = filled + lastLf + 1;
    filled += chunk.length;
    if (lastLf === -1) {
      continue;
    }
    yield room.subarray(0, end);
    room.copyWithin(0, end, filled);
    filled -= end;
  }
  if (filled === 0) {
    return;
  }
  room[filled] = LF;
  yield room.subarray(0, filled + 1);
}

/** If a block is UTF-8, so are all its lines, so the check is made once. */
function forEachLine(
  block: Buffer,
  onLine: (start: number, end: number, isText: boolean) => void,
): void {
  const isTextBlock = isUtf8(block);
  let start = 0;
  for (let end = block.indexOf(LF); end !== -1; end = block.indexOf(LF, start)) {
    onLine(start, end, isTextBlock || isUtf8(block.subarray(start, end)));
    start = end + 1;
  }
}

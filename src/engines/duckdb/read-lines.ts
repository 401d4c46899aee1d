/**
 * Reads Bronze files line by line into files of lines: ordinary lines by the quick reader, all others by
 * the strict one. Runs in the threads of line-readers.ts.
 */
import { isUtf8 } from 'node:buffer';
import { closeSync, createReadStream, openSync, readSync } from 'node:fs';
import { decompress } from '../../bronze/decompress.ts';
import { addField, addFields, type FieldCounts, noFields } from '../../bronze/field-counts.ts';
import { type FileLayout, isPlainLines } from '../../bronze/formats/record-format.ts';
import { recordLines } from '../../bronze/formats/record-lines.ts';
import { createLineColumns, type LineColumns } from '../../bronze/line-columns.ts';
import { isBlank } from '../../bronze/lines.ts';
import { startsWithByteOrderMark } from '../../bronze/scan-text.ts';
import {
  CONTRACT_FIELDS,
  type FieldKind,
  type FieldName,
  NUMBER_FIELDS,
} from '../../contract/fields.ts';
import { fileError } from '../../storage/file-errors.ts';
import { readExactly } from '../exact-lines.ts';
import { createLinesFile, type FieldColumn, type LinesFile } from './lines-file.ts';

/** A byte range of a file (of its record lines); a line belongs to the range that it begins in. */
export interface ByteRange extends FileLayout {
  fileNumber: number;
  /** When the file was received. */
  receivedAtMicros: bigint;
  /** A local path with the file's bytes as received. */
  localPath: string;
  /** The file's path in the lake, for messages. */
  path: string;
  start: number;
  /** Exclusive; Infinity: to the end. Files that are not plain lines are read whole. */
  end: number;
}

export interface ReadLines {
  /** Lines of each file that are not blank, by file number. */
  lineCounts: Map<number, number>;
  unknownFields: FieldCounts;
  /** The file of the lines. */
  path: string;
}

export interface LineReading {
  read(range: ByteRange): Promise<void>;
  /** Completes the file of lines. */
  finish(): ReadLines;
  /** Gives it up. */
  abandon(): void;
}

/** The columns of fields in a file of lines: the contract's, then the declared ones'. */
function lineFields(declared: readonly string[]): FieldColumn[] {
  return [
    ...CONTRACT_FIELDS.map(({ name, kind }) => contractColumn(name, kind)),
    ...declared.map((name, index) => ({
      ...{ name, column: declaredColumn(index), kind: 'sent' as const },
    })),
  ];
}

function contractColumn(name: FieldName, kind: FieldKind): FieldColumn {
  if (name === 'event_type') {
    return { name, kind, column: 'sent_type' };
  }
  if (name === 'event_timestamp') {
    return { name, kind, column: name, flag: 'is_timestamp_sent' };
  }
  const isNumber = NUMBER_FIELDS.includes(name);
  return { name, kind, column: name, ...(isNumber ? { flag: unreadableFlag(name) } : {}) };
}

/** The column that says of each line that a number was sent for this field that is none. */
export function unreadableFlag(name: FieldName): string {
  return `is_${name}_unreadable`;
}

/** Where a declared field's text is kept; its own name may be a column's already. */
export function declaredColumn(index: number): string {
  return `declared_${index}`;
}

const INPUT_BYTES = 4 * 1024 * 1024;
const LF = 0x0a;

/** `path` is the file of lines to write, `declared` are names of fields that are kept beside the contract's. */
export function openLineReading(path: string, declared: readonly string[]): LineReading {
  const fields = lineFields(declared);
  const target: Target = {
    columns: createLineColumns(fields),
    file: createLinesFile(path, fields),
    declared,
    declaredSet: new Set(declared),
    unknownFields: noFields(),
    receivedAtMicros: new Map(),
  };
  const lineCounts = new Map<number, number>();
  return {
    async read(range) {
      target.receivedAtMicros.set(range.fileNumber, range.receivedAtMicros);
      const splitter = createSplitter(range, target);
      if (isPlainLines(range)) {
        readPlain(range, splitter);
      } else {
        await readConverted(range, splitter);
      }
      const known = lineCounts.get(range.fileNumber) ?? 0;
      lineCounts.set(range.fileNumber, known + splitter.lineCount());
    },
    finish() {
      const { columns, file, unknownFields, receivedAtMicros } = target;
      addFields(unknownFields, columns.takeOtherFields());
      file.writeGroup(columns, receivedAtMicros);
      return { lineCounts, unknownFields, path: file.close() };
    },
    abandon: () => target.file.abandon(),
  };
}

/** Where lines go. */
interface Target {
  columns: LineColumns;
  file: LinesFile;
  declared: readonly string[];
  declaredSet: ReadonlySet<string>;
  /** Of the lines that the strict reader read. */
  unknownFields: FieldCounts;
  /** Of the files so far, by number. */
  receivedAtMicros: Map<number, bigint>;
}

function readPlain({ localPath, start }: ByteRange, splitter: Splitter): void {
  try {
    const file = openSync(localPath, 'r');
    try {
      // From one byte earlier: an LF there says that a line begins at `start`.
      let position = start === 0 ? 0 : start - 1;
      for (;;) {
        const room = splitter.room();
        const count = readSync(file, room, 0, room.length, position);
        if (count === 0) {
          break;
        }
        position += count;
        if (splitter.take(count) === 'enough') {
          return;
        }
      }
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw fileError('read', localPath, error);
  }
  splitter.end();
}

async function readConverted(range: ByteRange, splitter: Splitter): Promise<void> {
  const { localPath, path: name, format, compression } = range;
  const bytes = createReadStream(localPath, { highWaterMark: 1024 * 1024 });
  const text = decompress(bytes, compression, name);
  try {
    const lines = recordLines({ name, format, compression, text, localPath: () => localPath });
    for await (const chunk of lines) {
      for (let at = 0; at < chunk.length; ) {
        const room = splitter.room();
        const count = chunk.copy(room, 0, at, at + room.length);
        at += count;
        splitter.take(count);
      }
    }
  } catch (error) {
    throw fileError('read', localPath, error);
  } finally {
    bytes.destroy();
  }
  splitter.end();
}

interface Splitter {
  /** Where the next bytes go; never empty. */
  room(): Buffer;
  /** Reads the lines that end in the bytes so far, of which `count` are new. */
  take(count: number): 'enough' | 'more';
  /** There are no more bytes: what is left is a line. */
  end(): void;
  lineCount(): number;
}

/** Finds the lines of a range in the input of the columns, which grows with long ones. */
function createSplitter(range: ByteRange, target: Target): Splitter {
  const { columns } = target;
  const { fileNumber, start, end } = range;
  let sizeBytes = INPUT_BYTES;
  let filled = 0;
  /** Of the input's first byte, in the text. */
  let offset = start === 0 ? 0 : start - 1;
  /** The rest of a line that begins before the range is to be passed over. */
  let isInside = start > 0;
  let lineCount = 0;

  const input = (): Buffer => columns.input(sizeBytes);
  const makeRoom = (): void => {
    target.file.writeGroup(columns, target.receivedAtMicros);
    columns.clear();
  };
  const readOdd = (from: number, to: number): void => {
    const line = input().subarray(from, to);
    if (isBlank(line)) {
      return;
    }
    if (columns.isFull()) {
      makeRoom();
    }
    lineCount += 1;
    const hasMark = offset + from === 0 && startsWithByteOrderMark(line);
    const { problem, fields, declared, unknownFields } = readExactly(
      line,
      hasMark,
      target.declaredSet,
    );
    for (const name of unknownFields) {
      addField(target.unknownFields, name, 1);
    }
    const kept: Record<string, string> = declared === null ? {} : JSON.parse(declared);
    columns.addTexts({ fileNumber, offset: offset + from }, problem, [
      ...fields,
      ...target.declared.map((name) => (Object.hasOwn(kept, name) ? (kept[name] ?? null) : null)),
    ]);
  };
  /** Reads the lines of UTF-8 from `from` to `to`, behind an LF. */
  const readText = (from: number, to: number): void => {
    for (let at = from; at < to; ) {
      const result = columns.readLines(at, to, { fileNumber, offset: offset + at });
      at = result.at;
      lineCount += result.lineCount;
      if (result.ended === 'full') {
        makeRoom();
      }
      if (result.ended !== 'given_up') {
        continue;
      }
      const lineEnd = input().indexOf(LF, at);
      readOdd(at, lineEnd);
      at = lineEnd + 1;
    }
  };
  /** The same of any bytes: halves them until it has found the lines that are not UTF-8. */
  const readBytes = (from: number, to: number): void => {
    const bytes = input().subarray(from, to);
    if (isUtf8(bytes)) {
      readText(from, to);
      return;
    }
    const middle = bytes.indexOf(LF, Math.floor(bytes.length / 2)) + 1;
    const cut = middle < bytes.length ? middle : bytes.lastIndexOf(LF, bytes.length - 2) + 1;
    if (cut === 0) {
      readOdd(from, to - 1);
      return;
    }
    readBytes(from, from + cut);
    readBytes(from + cut, to);
  };
  /** Reads the lines that begin in the range, of those from `from` to `to`, behind an LF. */
  const readWhole = (from: number, to: number): void => {
    // Where the first line begins that is another range's.
    const stop =
      offset + to <= end ? to : input().indexOf(LF, Math.max(from, end - offset) - 1) + 1;
    if (from < stop) {
      readBytes(from, stop);
    }
  };
  return {
    room() {
      if (filled === sizeBytes) {
        sizeBytes *= 2;
      }
      return input().subarray(filled, sizeBytes);
    },
    take(count) {
      // What was there before has no LF.
      let from = 0;
      const firstNew = filled;
      filled += count;
      const last = input().subarray(firstNew, filled).lastIndexOf(LF);
      if (last === -1) {
        return 'more';
      }
      const to = firstNew + last + 1;
      if (isInside) {
        from = input().indexOf(LF) + 1;
        isInside = false;
      }
      readWhole(from, to);
      input().copyWithin(0, to, filled);
      filled -= to;
      offset += to;
      return offset < end ? 'more' : 'enough';
    },
    end() {
      if (filled === 0 || isInside) {
        return;
      }
      input()[filled] = LF;
      readWhole(0, filled + 1);
    },
    lineCount: () => lineCount,
  };
}

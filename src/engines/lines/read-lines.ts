/**
 * Reads Bronze files into files of lines: ordinary lines with the fast reader, all others with the
 * strict reader. Runs in the threads of line-readers.ts.
 */
import { isUtf8 } from 'node:buffer';
import { closeSync, createReadStream, openSync, readSync } from 'node:fs';
import { decompress } from '../../bronze/decompress.ts';
import { addField, addFields, type FieldCounts, noFields } from '../../bronze/field-counts.ts';
import { type FileLayout, isPlainLines } from '../../bronze/formats/record-format.ts';
import { recordLines } from '../../bronze/formats/record-lines.ts';
import { createLineColumns, isQuick, type LineColumns } from '../../bronze/line-columns.ts';
import { isBlank } from '../../bronze/lines.ts';
import { startsWithByteOrderMark } from '../../bronze/scan-text.ts';
import { type Mapping, PLAIN_MAPPING } from '../../mapping/mapping.ts';
import {
  type FoundPaths,
  foundPaths,
  layOut,
  type RecordLayout,
} from '../../mapping/record-layout.ts';
import { fileError } from '../../storage/file-errors.ts';
import { readExactly } from '../exact-lines.ts';
import { fieldColumns, lineLayout } from './line-layout.ts';
import { createLinesFile, type FileFacts, type LinesFile } from './lines-file.ts';

/** A byte range of a file (of its record lines). A line belongs to the range in which it begins. */
export interface ByteRange extends FileLayout {
  fileNumber: number;
  /** Time of reception of the file. */
  receivedAtMicros: bigint;
  /** The mapping number of its source. */
  mapping: number;
  /** Local path of the file as received. */
  localPath: string;
  /** Path in the lake, for messages. */
  path: string;
  start: number;
  /** Exclusive; Infinity: to the end. Files other than uncompressed lines are read as a whole. */
  end: number;
}

export interface ReadLines {
  /** Number of lines that are not blank, by file number. */
  lineCounts: Map<number, number>;
  unknownFields: FieldCounts;
  /** By mapping number. */
  foundPaths: Map<number, FoundPaths>;
  /** Path of the file of lines. */
  path: string;
}

export interface LineReading {
  read(range: ByteRange): Promise<void>;
  /** Completes the file of lines. */
  finish(): ReadLines;
  /** Discards the file of lines. */
  abandon(): void;
}

const INPUT_BYTES = 4 * 1024 * 1024;
const LF = 0x0a;

/** How records are read; the same for all files of a batch. */
export interface RecordRules {
  /** Indexed by mapping number. */
  mappings: readonly Mapping[];
  /** Names of the declared fields. */
  declared: readonly string[];
}

/** `path`: the file of lines to write. */
export function openLineReading(path: string, { mappings, declared }: RecordRules): LineReading {
  const fields = fieldColumns(declared);
  const file = createLinesFile(path, fields);
  const files = new Map<number, FileFacts>();
  const unknownFields = noFields();
  const targets = new Map<number, Target>();
  const targetOf = (mapping: number): Target => {
    const known = targets.get(mapping);
    if (known !== undefined) {
      return known;
    }
    const layout = layOut(mappings[mapping] ?? PLAIN_MAPPING, declared);
    const asLines = lineLayout(layout, fields);
    const added: Target = {
      ...{ layout, file, files, unknownFields },
      columns: createLineColumns(asLines),
      isQuick: isQuick(asLines),
      foundPlaces: Buffer.alloc(layout.places.length + (layout.items?.lists.placeCount ?? 0)),
    };
    targets.set(mapping, added);
    return added;
  };
  const lineCounts = new Map<number, number>();
  return {
    async read(range) {
      files.set(range.fileNumber, range);
      const splitter = createSplitter(range, targetOf(range.mapping));
      if (isPlainLines(range)) {
        readPlain(range, splitter);
      } else {
        await readConverted(range, splitter);
      }
      const known = lineCounts.get(range.fileNumber) ?? 0;
      lineCounts.set(range.fileNumber, known + splitter.lineCount());
    },
    finish() {
      const found = new Map<number, FoundPaths>();
      for (const [mapping, { columns, layout, foundPlaces }] of targets) {
        addFields(unknownFields, columns.takeOtherFields());
        const quick = columns.foundPlaces();
        found.set(
          mapping,
          foundPaths(
            layout,
            foundPlaces.map((byte, place) => byte | (quick[place] ?? 0)),
          ),
        );
        file.writeGroup(columns, files);
      }
      return { lineCounts, unknownFields, foundPaths: found, path: file.close() };
    },
    abandon: () => file.abandon(),
  };
}

/** Receives the lines of one mapping. */
interface Target {
  layout: RecordLayout;
  columns: LineColumns;
  /** Whether the fast reader supports the mapping. */
  isQuick: boolean;
  file: LinesFile;
  /** Counted in lines that the strict reader read. */
  unknownFields: FieldCounts;
  /** For these lines: one byte per place, set if a line has a value there. */
  foundPlaces: Buffer;
  /** The files read so far, by number. */
  files: Map<number, FileFacts>;
}

function readPlain({ localPath, start }: ByteRange, splitter: Splitter): void {
  try {
    const file = openSync(localPath, 'r');
    try {
      // Starts one byte earlier: an LF there means that a line begins at `start`.
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
  /** The buffer for the next bytes; never empty. */
  room(): Buffer;
  /** Reads the complete lines in the buffer after `count` new bytes. */
  take(count: number): 'enough' | 'more';
  /** Called at the end of the input: the remaining bytes are the last line. */
  end(): void;
  lineCount(): number;
}

/**
 * Splits the text of a range into lines, within the input buffer of the columns. The buffer grows
 * for long lines.
 */
function createSplitter(range: ByteRange, target: Target): Splitter {
  const { columns, layout, isQuick } = target;
  const { fileNumber, start, end } = range;
  let sizeBytes = INPUT_BYTES;
  let filled = 0;
  /** Offset of the buffer's first byte in the text. */
  let offset = start === 0 ? 0 : start - 1;
  /** True while skipping a line that begins before the range. */
  let isInside = start > 0;
  let lineCount = 0;

  const input = (): Buffer => columns.input(sizeBytes);
  const makeRoom = (): void => {
    target.file.writeGroup(columns, target.files);
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
    const exact = readExactly(line, hasMark, layout, (place) => {
      target.foundPlaces[place] = 1;
    });
    for (const name of exact.unknownFields) {
      addField(target.unknownFields, name, 1);
    }
    const { problem, items } = exact;
    const fields = [...exact.fields, ...exact.declared];
    columns.addTexts({ fileNumber, offset: offset + from }, { problem, fields, items });
  };
  /** Reads lines that are valid UTF-8, from `from` to `to`, which ends after an LF. */
  const readText = (from: number, to: number): void => {
    for (let at = from; at < to; ) {
      if (!isQuick) {
        const lineEnd = input().indexOf(LF, at);
        readOdd(at, lineEnd);
        at = lineEnd + 1;
        continue;
      }
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
  /** The same for any bytes. It halves the range until it finds the lines that are not UTF-8. */
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
  /** Reads those lines from `from` to `to` that begin in the range. `to` ends after an LF. */
  const readWhole = (from: number, to: number): void => {
    // Stop at the first line that begins in the next range.
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
      // Only the new bytes can contain an LF.
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

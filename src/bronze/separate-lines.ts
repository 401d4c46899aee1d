/** Splits a text that the plain text reader cannot take into lines that it can and lines that it cannot. */

import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { fileError } from '../storage/file-errors.ts';
import { forEachLine, isBlank } from './lines.ts';
import { isQuickLine, startsWithByteOrderMark } from './scan-text.ts';

export interface SeparatedLines {
  /** Local text file with the ordinary lines that ended with LF; undefined: there is none. */
  lfPath: string | undefined;
  /** The same for lines that ended with CR LF, without the CR. */
  crlfPath: string | undefined;
}

/**
 * Writes the ordinary lines into files in `folder` and hands the odd ones to `onOddLine`, with the
 * file's byte-order mark told. Blank lines are dropped. The order of lines does not matter to anyone.
 */
export async function separateLines(
  text: AsyncIterable<Buffer>,
  name: string,
  folder: string,
  onOddLine: (line: Buffer, hasByteOrderMark: boolean) => void,
): Promise<SeparatedLines> {
  const lf = lazyTextFile(join(folder, 'lf.ndjson'));
  const crlf = lazyTextFile(join(folder, 'crlf.ndjson'));
  let isFirst = true;
  const sort = (line: Buffer): void => {
    const hasByteOrderMark = isFirst && startsWithByteOrderMark(line);
    isFirst = false;
    if (isBlank(line)) return;
    if (hasByteOrderMark) onOddLine(Buffer.from(line), true);
    else if (isQuickLine(line)) lf.add(line);
    else if (line.at(-1) === 0x0d && isQuickLine(line.subarray(0, -1)))
      crlf.add(line.subarray(0, -1));
    else onOddLine(Buffer.from(line), false);
  };
  const paced = async function* (): AsyncGenerator<Buffer> {
    for await (const chunk of text) {
      yield chunk;
      await lf.flush();
      await crlf.flush();
    }
  };
  await forEachLine(paced(), name, sort);
  return { lfPath: await lf.close(), crlfPath: await crlf.close() };
}

/** A text file that comes into being with its first line. */
function lazyTextFile(path: string) {
  let lines: Buffer[] = [];
  let file: FileHandle | undefined;
  const flush = async (): Promise<void> => {
    if (lines.length === 0) return;
    const bytes = Buffer.concat(lines);
    lines = [];
    try {
      file ??= await open(path, 'w');
      await file.writeFile(bytes);
    } catch (error) {
      await file?.close().catch(() => {});
      throw fileError('write', path, error);
    }
  };
  return {
    add(line: Buffer): void {
      // Copied: the caller's buffer is only valid during the call.
      lines.push(Buffer.concat([line, LINE_FEED]));
    },
    flush,
    async close(): Promise<string | undefined> {
      await flush();
      await file?.close();
      return file && path;
    },
  };
}

const LINE_FEED = Buffer.from([0x0a]);

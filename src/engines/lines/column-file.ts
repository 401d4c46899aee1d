/** Writes a local Parquet file of columns, page by page, for DuckDB to read as a table. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { fileError } from '../../storage/file-errors.ts';
import {
  fileFooter,
  MAGIC,
  type PageColumn,
  pageHeader,
  type RowGroup,
  type WrittenPage,
} from './parquet-pages.ts';

export interface ColumnFile {
  /** Writes a row group: for each column, in order, the bytes of its page. */
  writeGroup(rowCount: number, pages: readonly (readonly Uint8Array[])[]): void;
  /** Completes the file, which may be empty. */
  close(): void;
  /** Discards the file. */
  abandon(): void;
}

/**
 * Creates a Parquet file at `path` on the first write. Throws errors of the file system as
 * `ClicklakeError`.
 */
export function createColumnFile(path: string, columns: readonly PageColumn[]): ColumnFile {
  const groups: RowGroup[] = [];
  let file: number | undefined;
  let fileBytes = 0;

  const write = (bytes: Uint8Array): void => {
    try {
      file ??= openSync(path, 'w');
      for (let at = 0; at < bytes.length; ) {
        at += writeSync(file, bytes, at);
      }
    } catch (error) {
      throw fileError('write', path, error);
    }
    fileBytes += bytes.length;
  };
  const begin = (): void => {
    if (file === undefined) {
      write(MAGIC);
    }
  };
  const writePage = (rowCount: number, parts: readonly Uint8Array[]): WrittenPage => {
    const offset = fileBytes;
    const bodyBytes = parts.reduce((sum, part) => sum + part.length, 0);
    write(pageHeader(rowCount, bodyBytes));
    for (const part of parts) {
      write(part);
    }
    return { offset, sizeBytes: fileBytes - offset };
  };
  const abandon = (): void => {
    if (file !== undefined) {
      closeSync(file);
    }
    file = undefined;
  };
  return {
    writeGroup(rowCount, pages) {
      begin();
      groups.push({ rowCount, pages: pages.map((parts) => writePage(rowCount, parts)) });
    },
    close() {
      begin();
      write(fileFooter(columns, groups));
      abandon();
    },
    abandon,
  };
}

/**
 * Assigns row ids in tables with row tracking (PROTOCOL.md, "Row Tracking"). Every new file gets
 * unused row ids; the highest id is kept in the log. Rows that are copied to another file get new
 * ids, and the commit records that.
 */
import { ClicklakeError } from '../errors.ts';
import type { AddFile, DomainMetadata, Protocol, TableMetadata } from './actions.ts';
import { corrupt } from './corrupt.ts';
import { hasWriterFeature } from './protocol.ts';
import type { Snapshot } from './snapshot.ts';
import { parseStatistics } from './statistics.ts';
import { isRowTrackingSuspended } from './table-properties.ts';

const DOMAIN = 'delta.rowTracking';

/** Whether files of the table need row ids. */
export function tracksRows(protocol: Protocol, metadata: TableMetadata): boolean {
  return hasWriterFeature(protocol, 'rowTracking') && !isRowTrackingSuspended(metadata);
}

/**
 * The files with row ids, and the domain metadata with the new highest id. Without row tracking the
 * files are unchanged.
 */
export function numberRows(
  current: Snapshot,
  files: readonly AddFile[],
  commitVersion: number,
): { adds: AddFile[]; domains: DomainMetadata[] } {
  let baseRowId = highWaterMark(current) + 1;
  const adds = files.map((file) => {
    const rowCount = parseStatistics(file.stats, current.metadata.schema)?.rowCount;
    if (rowCount === undefined) {
      throw new ClicklakeError(
        'unexpected',
        `file ${file.path} does not say how many rows it has, which row tracking needs`,
      );
    }
    const rowTracking = { baseRowId, commitVersion };
    baseRowId += rowCount;
    return { ...file, rowTracking };
  });
  if (adds.length === 0) {
    return { adds, domains: [] };
  }
  const configuration = JSON.stringify({ rowIdHighWaterMark: baseRowId - 1 });
  return { adds, domains: [{ domain: DOMAIN, configuration, removed: false }] };
}

function highWaterMark({ domains, root }: Snapshot): number {
  const text = domains.get(DOMAIN)?.configuration;
  if (text === undefined) {
    return -1;
  }
  const mark = (JSON.parse(text) as { rowIdHighWaterMark?: unknown }).rowIdHighWaterMark;
  if (Number.isSafeInteger(mark)) {
    return Number(mark);
  }
  throw corrupt(root, `the highest row id is not a number: ${text}`);
}

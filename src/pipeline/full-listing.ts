/**
 * Decides whether a run lists all of `bronze/`. While a lake has few files every run does. Later a
 * full listing is due once a day, and the runs in between leave out old date folders.
 */
import type { Snapshot } from '../delta/snapshot.ts';
import { ClicklakeError } from '../errors.ts';
import type { PathRange } from '../storage/path-ranges.ts';
import { BRONZE_ROOT } from './bronze-paths.ts';
import { type LakeContext, loadTable } from './context.ts';
import { countListedFiles, datedFolders } from './ledger.ts';
import { oldFolders } from './old-folders.ts';

/** Less than a day: a daily run that starts a second earlier than yesterday's lists everything too. */
const DUE_AFTER_MS = 23 * 60 * 60 * 1_000;
/** Begins with `_`, so it is never taken for a file of events. */
const RECORD = `${BRONZE_ROOT}_full_listing.json`;

export interface ListingChoice {
  /** Ranges of paths to leave out; none: list everything. */
  leftOut: readonly PathRange[];
  /** The ISO time of the last full listing. Set if any range is left out. */
  lastFullListing?: string;
  /** Whether a full listing is to be recorded. */
  isRecorded: boolean;
}

/** `listsAll`: list everything, whether it is due or not. */
export async function chooseListing(
  context: LakeContext,
  ledger: Snapshot | undefined,
  listsAll: boolean,
): Promise<ListingChoice> {
  if (ledger === undefined || countListedFiles(ledger) < context.manyFiles) {
    return { leftOut: [], isRecorded: false };
  }
  const last = listsAll ? undefined : await lastFullListing(context);
  // A ledger that is older than the record was restored from a backup.
  const isKnown = last !== undefined && last.ledgerVersion <= ledger.version;
  const now = context.now();
  if (!isKnown || now < last.atMs || now >= last.atMs + DUE_AFTER_MS) {
    return { leftOut: [], isRecorded: true };
  }
  const leftOut = oldFolders(await datedFolders(context, ledger), now);
  return leftOut.length === 0
    ? { leftOut, isRecorded: true }
    : { leftOut, lastFullListing: new Date(last.atMs).toISOString(), isRecorded: false };
}

/** Called once everything that a full listing found is in the ledger, and none of it is wrong. */
export async function recordFullListing(context: LakeContext, startedAtMs: number): Promise<void> {
  const ledger = await loadTable(context, context.tables.ledger);
  const at = new Date(startedAtMs).toISOString();
  const record = { at, ledgerVersion: ledger?.version ?? 0 };
  await context.storage.write(RECORD, Buffer.from(`${JSON.stringify(record)}\n`));
}

/** The next run lists everything. */
export async function forgetFullListing({ storage }: LakeContext): Promise<void> {
  await storage.delete(RECORD);
}

/** Undefined if there was none, or if its record cannot be read. */
async function lastFullListing({
  storage,
}: LakeContext): Promise<{ atMs: number; ledgerVersion: number } | undefined> {
  const text = await storage.read(RECORD).catch((error: unknown) => {
    if (error instanceof ClicklakeError && error.code === 'not_found') {
      return undefined;
    }
    throw error;
  });
  try {
    const { at, ledgerVersion } = JSON.parse(String(text));
    const atMs = Date.parse(at);
    return Number.isNaN(atMs) || !Number.isInteger(ledgerVersion)
      ? undefined
      : { atMs, ledgerVersion };
  } catch {
    return undefined;
  }
}

/** Names inside `_delta_log` (PROTOCOL.md, "Delta Log Entries" and "Checkpoint Naming Scheme"). */

export type LogFileName =
  | { kind: 'commit'; version: number }
  /** A single-file checkpoint: classic, or V2 named with a UUID. */
  | { kind: 'checkpoint'; version: number }
  | { kind: 'checkpoint part'; version: number; part: number; partCount: number }
  /** Optional files: checksums and compacted commits. */
  | { kind: 'auxiliary'; version: number };

const NAME = /^(\d{20})\.(.+)$/;
const WHOLE_CHECKPOINT = /^checkpoint(?:\.[^.]+\.(?:json|parquet)|\.parquet)$/;
const CHECKPOINT_PART = /^checkpoint\.(\d{10})\.(\d{10})\.parquet$/;

/** Joins a table's root with a path inside the table. The root can be '' (the lake's own root). */
export function inTable(root: string, path: string): string {
  return root === '' ? path : `${root}/${path}`;
}

export function logFolder(root: string): string {
  return inTable(root, '_delta_log/');
}

export function commitPath(root: string, version: number): string {
  return `${logFolder(root)}${padVersion(version)}.json`;
}

export function checksumPath(root: string, version: number): string {
  return `${logFolder(root)}${padVersion(version)}.crc`;
}

export function classicCheckpointPath(root: string, version: number): string {
  return `${logFolder(root)}${padVersion(version)}.checkpoint.parquet`;
}

export function sidecarPath(root: string, name: string): string {
  return `${logFolder(root)}_sidecars/${name}`;
}

export function lastCheckpointPath(root: string): string {
  return `${logFolder(root)}_last_checkpoint`;
}

export function padVersion(version: number): string {
  return String(version).padStart(20, '0');
}

/** Classifies a file in `_delta_log` by its name; undefined for other files. */
export function parseLogFileName(name: string): LogFileName | undefined {
  const match = NAME.exec(name);
  if (!match?.[1] || !match[2]) {
    return undefined;
  }
  const version = Number(match[1]);
  if (!Number.isSafeInteger(version)) {
    return undefined;
  }
  const kind = match[2];
  if (kind === 'json') {
    return { kind: 'commit', version };
  }
  const part = CHECKPOINT_PART.exec(kind);
  if (part) {
    return { kind: 'checkpoint part', version, part: Number(part[1]), partCount: Number(part[2]) };
  }
  if (WHOLE_CHECKPOINT.test(kind)) {
    return { kind: 'checkpoint', version };
  }
  return { kind: 'auxiliary', version };
}

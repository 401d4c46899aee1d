/** A file under `bronze/` that cannot be read, with the reason, which may name the file already. */
export function describeUnreadable({ path, reason }: { path: string; reason: string }): string {
  return reason.startsWith(path) ? reason : `${path}: ${reason}`;
}

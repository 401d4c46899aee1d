/** Does not repeat the path if the reason begins with it. */
export function pathAndReason({ path, reason }: { path: string; reason: string }): string {
  return reason.startsWith(path) ? reason : `${path}: ${reason}`;
}

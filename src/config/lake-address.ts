/** Whether the lake is at a storage address such as `abfss://…`, not in a local folder. */
export function isRemoteAddress(lake: string): boolean {
  // Programs that normalize an address as a path reduce `//` to `/`: still an address.
  return /^(?:[a-z][a-z0-9+.-]+:\/\/|abfss?:)/i.test(lake);
}

/** Whether files there are taken from a landing container. */
export function isContainerAddress(address: string): boolean {
  return /^abfss?:\/\//i.test(address);
}

/** The address for messages, without its query, which may contain a signature. */
export function withoutQuery(address: string): string {
  return address.replace(/[?#].*$/s, '?…');
}

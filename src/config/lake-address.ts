/** Whether the lake is at a storage address such as `abfss://…`, rather than in a local folder. */
export function isRemoteAddress(lake: string): boolean {
  // Some programs normalize an address like a path and reduce `//` to `/`. It is still an address.
  return /^(?:[a-z][a-z0-9+.-]+:\/\/|abfss?:)/i.test(lake);
}

/** Whether the address is that of a landing container. */
export function isContainerAddress(address: string): boolean {
  return /^abfss?:\/\//i.test(address);
}

/** The address without its query, for messages: the query may contain a signature. */
export function withoutQuery(address: string): string {
  return address.replace(/[?#].*$/s, '?…');
}

/** Whether a lake lies at an address such as `abfss://…`, and not in a local folder. */
export function isRemoteAddress(lake: string): boolean {
  // Programs that take an address for a path leave it one slash: that is no folder either.
  return /^(?:[a-z][a-z0-9+.-]+:\/\/|abfss?:)/i.test(lake);
}

/** The address for a message: what follows a question mark may be a signature, and is left out. */
export function withoutQuery(address: string): string {
  return address.replace(/[?#].*$/s, '?…');
}

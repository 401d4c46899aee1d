/** Whether a lake lies at an address such as `abfss://…`, and not in a local folder. */
export function isRemoteAddress(lake: string): boolean {
  return /^[a-z][a-z0-9+.-]+:\/\//i.test(lake);
}

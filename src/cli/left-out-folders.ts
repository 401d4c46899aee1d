/** The line of a run or its preview that left out folders of `bronze/`; none if it listed all. */
export function renderLeftOut({ lastFullListing }: { lastFullListing?: string }): string[] {
  if (lastFullListing === undefined) {
    return [];
  }
  const minute = lastFullListing.slice(0, 16).replace('T', ' ');
  return [`old date folders of bronze/ were last listed at ${minute} UTC; --scan lists them now`];
}

/** Landing pages that are counted as one group. */

export interface LandingPageGroup {
  group: string;
  /**
   * Paths without a query. `*` stands for any number of any characters, including slashes.
   * Everything else is literal and case-sensitive.
   */
  paths: readonly string[];
}

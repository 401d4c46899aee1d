/** Landing pages that are counted together. */

export interface LandingPageGroup {
  group: string;
  /**
   * Paths without a query, in which `*` stands for any characters, slashes and none among them. All else stands for
   * itself; upper and lower case differ.
   */
  paths: readonly string[];
}

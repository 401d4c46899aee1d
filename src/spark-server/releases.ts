/** Releases of Spark that can be started, newest first, each with the list of its archives. */
export const ARCHIVE_LISTS = {
  '4.2': 'pom.xml',
  '4.1': 'pom-4.1.xml',
  '4.0': 'pom-4.0.xml',
} as const;

export type SparkRelease = keyof typeof ARCHIVE_LISTS;

export const NEWEST_RELEASE: SparkRelease = '4.2';

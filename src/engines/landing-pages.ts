/** Groups landing pages, in SQL that both engines understand. */
import type { LandingPageGroup } from '../contract/landing-pages.ts';

/** SQL for the first group that matches `path`, else the path itself; null for null. */
export function landingPageOf(
  groups: readonly LandingPageGroup[],
  literal: (text: string) => string,
): string {
  if (groups.length === 0) {
    return 'path';
  }
  const cases = groups.map(({ group, paths }) => {
    const fits = paths.map((path) => `path LIKE ${literal(likePattern(path))} ESCAPE '|'`);
    return `WHEN ${fits.join(' OR ')} THEN ${literal(group)}`;
  });
  return `CASE ${cases.join(' ')} ELSE path END`;
}

function likePattern(path: string): string {
  return path.replace(/[%_|]/g, '|$&').replaceAll('*', '%');
}

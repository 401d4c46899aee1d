import type { LakeContext } from './context.ts';

/** The dates that a query gives as text, in its only column. */
export async function queryDates(context: LakeContext, sql: string): Promise<Set<string>> {
  return new Set((await context.engine.query(sql)).map(([date]) => String(date)));
}

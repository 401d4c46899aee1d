import type { LakeContext } from './context.ts';
import type { VerifyReport } from './reports.ts';
export async function verify(_context: LakeContext): Promise<VerifyReport> {
  return { lines: 0, checks: [], durationMs: 0 };
}

/** Checks in their order. One that builds on another is skipped where that one has no good end. */
import { ClicklakeError } from '../errors.ts';

export interface Finding {
  check: string;
  outcome: 'ok' | 'failed' | 'skipped';
  /** What was found, or why the check failed or was skipped. */
  detail: string;
  /** What to do where it failed. */
  hint?: string;
  durationMs: number;
}

/** A finding of its own name, for a check that looks at several things. */
export type Found = Omit<Finding, 'durationMs' | 'check'> & { check?: string };

export interface Check<State> {
  name: string;
  /** Names of checks that must have been ok. */
  needs: readonly string[];
  /** Returns what was found. A failure that is thrown is a finding too. */
  run(state: State): Promise<Found | readonly Found[]>;
}

/** `onStart` is told the name of each check before it runs. Throws only if `signal` is aborted. */
export async function runChecks<State>(
  checks: readonly Check<State>[],
  state: State,
  { onStart, signal }: { onStart: (name: string) => void; signal: AbortSignal | undefined },
): Promise<Finding[]> {
  const findings: Finding[] = [];
  const isOk = new Map<string, boolean>();
  for (const { name, needs, run } of checks) {
    signal?.throwIfAborted();
    const missing = needs.find((need) => isOk.get(need) !== true);
    if (missing !== undefined) {
      isOk.set(name, false);
      findings.push({
        check: name,
        outcome: 'skipped',
        detail: `needs: ${missing}`,
        durationMs: 0,
      });
      continue;
    }
    onStart(name);
    const startedAt = performance.now();
    const found = [await run(state).catch((error: unknown) => failureOf(error, signal))].flat();
    const durationMs = performance.now() - startedAt;
    findings.push(...found.map((each) => ({ check: name, ...each, durationMs })));
    const outcomes = new Set(found.map(({ outcome }) => outcome));
    isOk.set(name, outcomes.has('ok') && !outcomes.has('failed'));
  }
  return findings;
}

export function ok(detail: string): Found {
  return { outcome: 'ok', detail };
}

export function failed(detail: string, hint?: string): Found {
  return { outcome: 'failed', detail, ...(hint === undefined ? {} : { hint }) };
}

export function skipped(detail: string): Found {
  return { outcome: 'skipped', detail };
}

/** A report that ends early would tell less than one with an unforeseen failure in it. */
function failureOf(error: unknown, signal: AbortSignal | undefined): Found {
  signal?.throwIfAborted();
  if (error instanceof ClicklakeError) {
    return failed(error.message, error.hint);
  }
  return failed(error instanceof Error ? error.message : String(error));
}

/** Tries again what can be tried again, with growing random pauses. */
import { setTimeout as pause } from 'node:timers/promises';
import { Code, ConnectError } from '@connectrpc/connect';
import { readErrorClass, readErrorInfo } from './spark-error.ts';

export interface RetryPolicy {
  maxAttempts: number;
  firstPauseMs: number;
  maxPauseMs: number;
  /** From 0 up to 1, for the length of a pause. */
  random(): number;
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
  /** In milliseconds. Default: the real clock. */
  now?(): number;
}

export const DEFAULT_RETRY_POLICY: RetryPolicy = {
  maxAttempts: 8,
  firstPauseMs: 50,
  maxPauseMs: 10_000,
  random: Math.random,
  sleep: async (milliseconds, signal) => {
    await pause(milliseconds, undefined, signal === undefined ? {} : { signal });
  },
};

/** Length of the pause after the given failed attempt, from 1: between half and all of the step. */
export function pauseAfter(attempt: number, policy: RetryPolicy): number {
  const step = Math.min(policy.firstPauseMs * 4 ** (attempt - 1), policy.maxPauseMs);
  return step * (0.5 + policy.random() / 2);
}

/**
 * The connection failed, not the work: nothing says whether the call arrived. An error that carries
 * Spark's own details is an answer and never transient, but for a cursor that lost its client.
 */
function isTransient(error: unknown): boolean {
  if (!(error instanceof ConnectError)) {
    return false;
  }
  const errorClass = readErrorClass(error);
  if (errorClass !== undefined) {
    return errorClass === 'INVALID_CURSOR.DISCONNECTED';
  }
  return error.code === Code.Unavailable || error.code === Code.Aborted;
}

/** The same for a stream that was being read: it may also break off in the middle of a message. */
export function isBrokenStream(error: unknown): boolean {
  if (isTransient(error)) {
    return true;
  }
  return (
    error instanceof ConnectError &&
    readErrorInfo(error) === undefined &&
    readErrorClass(error) === undefined &&
    [Code.Internal, Code.Canceled, Code.DataLoss, Code.InvalidArgument].includes(error.code) &&
    /stream|trailer|premature|http\/2|envelope|socket/i.test(error.rawMessage)
  );
}

/** For calls that do no harm twice. */
export async function retryCall<T>(
  call: () => Promise<T>,
  policy: RetryPolicy,
  signal?: AbortSignal,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await call();
    } catch (error) {
      if (!isTransient(error) || attempt >= policy.maxAttempts || signal?.aborted) {
        throw error;
      }
      await policy.sleep(pauseAfter(attempt, policy), signal);
    }
  }
}

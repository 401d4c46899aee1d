/** Requests that fail now and then: sent again with growing pauses, never waited for without end. */
import { setTimeout as sleep } from 'node:timers/promises';
import { ClicklakeError } from '../../errors.ts';
import type { AzureAddress } from './address.ts';
import { azureError, isCertificateFailure, nameOfFailure, statusOf } from './azure-errors.ts';

export interface RequestOptions {
  /** How often a request is sent before it counts as failed. */
  maxTries: number;
  /** The pause before the second try; it doubles from try to try, up to 30 times this. */
  retryDelayMs: number;
  /** A try in which no byte moves for so long has failed. */
  timeoutMs: number;
}

/** One try of a request. */
export interface Try {
  /** To be given to the SDK; fires when the service is silent, or when nobody waits any more. */
  readonly signal: AbortSignal;
  /** The service has given a sign of life: the time-out begins anew. */
  alive(): void;
}

export interface Requests {
  /**
   * Does `send` until it succeeds, fails for good, or has failed too often. Throws a ClicklakeError
   * that names the action and the path. `send` may be called again after any of its steps.
   */
  run<T>(action: string, path: string, send: (attempt: Try) => Promise<T>): Promise<T>;
  /** Ends what is going on; whoever waits for it gets an error. */
  stop(): void;
}

const MAX_DELAY_FACTOR = 30;
/** What the service answers when the same request may succeed a little later. */
const PASSING_STATUS: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504]);

export function openRequests(address: AzureAddress, options: RequestOptions): Requests {
  const stopped = new AbortController();
  const running = new Set<AbortController>();
  let hasAnswered = false;

  async function tryOnce<T>(send: (attempt: Try) => Promise<T>): Promise<T> {
    const controller = new AbortController();
    const giveUp = () => controller.abort();
    running.add(controller);
    let timer = setTimeout(giveUp, options.timeoutMs);
    if (stopped.signal.aborted) giveUp();
    try {
      return await send({
        signal: controller.signal,
        alive() {
          clearTimeout(timer);
          timer = setTimeout(giveUp, options.timeoutMs);
        },
      });
    } catch (error) {
      if (controller.signal.aborted && !(error instanceof ClicklakeError)) throw silence(options);
      throw error;
    } finally {
      clearTimeout(timer);
      running.delete(controller);
    }
  }

  return {
    async run(action, path, send) {
      for (let tryCount = 1; ; tryCount += 1) {
        try {
          const result = await tryOnce(send);
          hasAnswered = true;
          return result;
        } catch (error) {
          hasAnswered ||= statusOf(error) !== undefined;
          const isLast = tryCount >= options.maxTries || stopped.signal.aborted;
          if (isLast || !mayPass(error, hasAnswered)) {
            throw azureError(action, path, address, error, tryCount);
          }
          const pause = sleep(delayMs(options, tryCount, error), null, { signal: stopped.signal });
          await pause.catch(() => null);
        }
      }
    },
    stop() {
      stopped.abort();
      for (const controller of running) controller.abort();
    },
  };
}

function silence({ timeoutMs }: RequestOptions): Error {
  return Object.assign(new Error('no answer'), {
    code: `no answer within ${timeoutMs >= 1_000 ? `${timeoutMs / 1_000} s` : `${timeoutMs} ms`}`,
  });
}

function mayPass(error: unknown, hasAnswered: boolean): boolean {
  if (error instanceof ClicklakeError) return false;
  const status = statusOf(error);
  if (status !== undefined) return PASSING_STATUS.has(status);
  const name = nameOfFailure(error);
  // Before the first answer an unknown name is most likely a wrong one.
  if (name === 'ENOTFOUND') return hasAnswered;
  return !isCertificateFailure(name) && !/Credential|Authentication/.test(name);
}

/** With some chance in it, so that many clients do not all come back at once. */
function delayMs({ retryDelayMs }: RequestOptions, tryCount: number, error: unknown): number {
  const longestMs = retryDelayMs * MAX_DELAY_FACTOR;
  const doubledMs = retryDelayMs * 2 ** (tryCount - 1) * (0.8 + 0.4 * Math.random());
  return Math.min(longestMs, Math.max(doubledMs, wantedDelayMs(error)));
}

/** What the service asks for in `Retry-After`, which is in seconds. */
function wantedDelayMs(error: unknown): number {
  const { response } = error as { response?: { headers?: { get(name: string): unknown } } };
  const seconds = Number(response?.headers?.get('retry-after'));
  return Number.isFinite(seconds) ? seconds * 1_000 : 0;
}

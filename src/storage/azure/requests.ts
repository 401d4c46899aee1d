/** Requests that fail now and then: sent again with growing pauses, never waited for without end. */
import { setMaxListeners } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { ClicklakeError } from '../../errors.ts';
import type { AzureAddress } from './address.ts';
import { azureError, isCertificateFailure, nameOfFailure, statusOf } from './azure-errors.ts';

export interface RequestOptions {
  /** How often a request is sent before it counts as failed. */
  maxTries: number;
  /**
   * The pause before the second try; it doubles from try to try, up to 30 times this. Where the service
   * asks for a longer one, that counts, up to two minutes.
   */
  retryDelayMs: number;
  /** A try in which no byte moves for so long has failed. */
  timeoutMs: number;
  /** Aborting ends the transfers that go on, and nothing is sent again; single requests still are sent. */
  signal?: AbortSignal | undefined;
}

/** What pauses between tries are made of. */
export interface RequestEffects {
  nowMs(): number;
  /** At least 0, below 1. */
  random(): number;
  /** Resolves after so long, or rejects when the signal fires. */
  sleep(durationMs: number, signal: AbortSignal): Promise<unknown>;
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
  /** The same for a part of a file's bytes, which nobody misses who has asked for an end. */
  transfer<T>(action: string, path: string, send: (attempt: Try) => Promise<T>): Promise<T>;
  /** Ends what is going on; whoever waits for it gets an error. */
  stop(): void;
}

const REAL_EFFECTS: RequestEffects = {
  nowMs: Date.now,
  random: Math.random,
  sleep: (durationMs, signal) => pause(durationMs, undefined, { signal }),
};

const MAX_DELAY_FACTOR = 30;
/** The service is waited for at most so long when it says itself when to come back. */
const MAX_WANTED_DELAY_MS = 120_000;
/** What the service answers when the same request may succeed a little later. */
const PASSING_STATUS: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504]);

export function openRequests(
  address: AzureAddress,
  options: RequestOptions,
  effects = REAL_EFFECTS,
): Requests {
  /** Ends everything; and: ends transfers and pauses. */
  const [stopped, interrupted] = [new AbortController(), new AbortController()];
  /** Of each try that goes on, whether it is of a transfer. */
  const running = new Map<AbortController, { isTransfer: boolean }>();
  let hasAnswered = false;
  // Every request that waits for its next try listens, and many wait at once.
  setMaxListeners(0, interrupted.signal);
  const interrupt = (): void => {
    interrupted.abort();
    for (const [controller, { isTransfer }] of running) {
      if (isTransfer) {
        controller.abort();
      }
    }
  };
  options.signal?.addEventListener('abort', interrupt);
  if (options.signal?.aborted) {
    interrupt();
  }

  async function tryOnce<T>(isTransfer: boolean, send: (attempt: Try) => Promise<T>): Promise<T> {
    const controller = new AbortController();
    const giveUp = () => controller.abort();
    running.set(controller, { isTransfer });
    let timer = setTimeout(giveUp, options.timeoutMs);
    if (stopped.signal.aborted || (isTransfer && interrupted.signal.aborted)) {
      giveUp();
    }
    try {
      return await send({
        signal: controller.signal,
        alive() {
          clearTimeout(timer);
          timer = setTimeout(giveUp, options.timeoutMs);
        },
      });
    } catch (error) {
      if (controller.signal.aborted && !(error instanceof ClicklakeError)) {
        throw silence(options);
      }
      throw error;
    } finally {
      clearTimeout(timer);
      running.delete(controller);
    }
  }

  const trying =
    (isTransfer: boolean): Requests['run'] =>
    async (action, path, send) => {
      for (let tryCount = 1; ; tryCount += 1) {
        try {
          const result = await tryOnce(isTransfer, send);
          hasAnswered = true;
          return result;
        } catch (error) {
          hasAnswered ||= statusOf(error) !== undefined;
          const { signal } = interrupted;
          if (tryCount < options.maxTries && mayPass(error, hasAnswered) && !signal.aborted) {
            await effects
              .sleep(delayMs(options, tryCount, error, effects), signal)
              .catch(() => null);
            if (!signal.aborted) {
              continue;
            }
          }
          throw azureError(action, path, address, error, tryCount);
        }
      }
    };

  return {
    run: trying(false),
    transfer: trying(true),
    stop() {
      options.signal?.removeEventListener('abort', interrupt);
      stopped.abort();
      interrupted.abort();
      for (const controller of running.keys()) {
        controller.abort();
      }
    },
  };
}

function silence({ timeoutMs }: RequestOptions): Error {
  return Object.assign(new Error('no answer'), {
    code: `no answer within ${timeoutMs >= 1_000 ? `${timeoutMs / 1_000} s` : `${timeoutMs} ms`}`,
  });
}

function mayPass(error: unknown, hasAnswered: boolean): boolean {
  if (error instanceof ClicklakeError) {
    return false;
  }
  const status = statusOf(error);
  // A success that is a failure was cut on its way, or came from somebody in between.
  if (status !== undefined) {
    return status < 300 || PASSING_STATUS.has(status);
  }
  const name = nameOfFailure(error);
  // Before the first answer an unknown name is most likely a wrong one.
  if (name === 'ENOTFOUND') {
    return hasAnswered;
  }
  return !isCertificateFailure(name) && !/Credential|Authentication/.test(name);
}

/** With some chance in it, so that many clients do not all come back at once. */
function delayMs(
  { retryDelayMs }: RequestOptions,
  tryCount: number,
  error: unknown,
  { nowMs, random }: RequestEffects,
): number {
  const doubledMs = retryDelayMs * 2 ** (tryCount - 1) * (0.8 + 0.4 * random());
  const ownMs = Math.min(retryDelayMs * MAX_DELAY_FACTOR, doubledMs);
  return Math.max(ownMs, Math.min(MAX_WANTED_DELAY_MS, wantedDelayMs(error, nowMs())));
}

/** What the service asks for in `Retry-After`: seconds, or a date (RFC 9110, 10.2.3). */
function wantedDelayMs(error: unknown, nowMs: number): number {
  const { response } = error as { response?: { headers?: { get(name: string): unknown } } };
  const wanted = String(response?.headers?.get('retry-after') ?? '').trim();
  const delayMs = /^\d+$/.test(wanted) ? Number(wanted) * 1_000 : Date.parse(wanted) - nowMs;
  return delayMs > 0 ? delayMs : 0;
}

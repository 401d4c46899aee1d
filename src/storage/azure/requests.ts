/** Retries failed requests with increasing delays, and limits how long they wait. */
import { setMaxListeners } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { ClicklakeError } from '../../errors.ts';
import type { AzureAddress } from './address.ts';
import { azureError, isCertificateFailure, nameOfFailure, statusOf } from './azure-errors.ts';

export interface RequestOptions {
  /** How many times a request is tried before it fails. */
  maxTries: number;
  /**
   * Delay before the first retry, in milliseconds. It doubles with each retry, up to 30 times this.
   * If the service requests a longer delay, that is used, up to two minutes.
   */
  retryDelayMs: number;
  /** A try fails if no byte is transferred for this many milliseconds. */
  timeoutMs: number;
  /** Aborting ends active transfers, and stops all retries. Single requests are still sent. */
  signal?: AbortSignal | undefined;
}

/** The effects used between tries. */
export interface RequestEffects {
  nowMs(): number;
  /** At least 0, less than 1. */
  random(): number;
  /** Resolves after this time. Rejects when the signal fires. */
  sleep(durationMs: number, signal: AbortSignal): Promise<unknown>;
}

/** One try of a request. */
export interface Try {
  /**
   * Pass this to the SDK. It fires if the service does not respond, or if the result is no longer
   * needed.
   */
  readonly signal: AbortSignal;
  /** Restarts the timeout. Called whenever data is transferred. */
  alive(): void;
}

export interface Requests {
  /**
   * Calls `send` until it succeeds, fails permanently, or the tries are used up. Throws a
   * ClicklakeError that names the action and the path. `send` may be repeated after any of its
   * steps.
   */
  run<T>(action: string, path: string, send: (attempt: Try) => Promise<T>): Promise<T>;
  /** The same for the transfer of a file's bytes, which is also ended by an abort. */
  transfer<T>(action: string, path: string, send: (attempt: Try) => Promise<T>): Promise<T>;
  /** Ends all active requests. Their callers get an error. */
  stop(): void;
}

const REAL_EFFECTS: RequestEffects = {
  nowMs: Date.now,
  random: Math.random,
  sleep: (durationMs, signal) => pause(durationMs, undefined, { signal }),
};

const MAX_DELAY_FACTOR = 30;
/** The longest delay that the service may request. */
const MAX_WANTED_DELAY_MS = 120_000;
/** Statuses of temporary failures. */
const PASSING_STATUS: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504]);

export function openRequests(
  address: AzureAddress,
  options: RequestOptions,
  effects = REAL_EFFECTS,
): Requests {
  /** The first ends everything; the second ends transfers and delays. */
  const [stopped, interrupted] = [new AbortController(), new AbortController()];
  /** For each active try: whether it is a transfer. */
  const running = new Map<AbortController, { isTransfer: boolean }>();
  let hasAnswered = false;
  // Every request that waits for a retry adds a listener, and there can be many.
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
  // A success status with an error means that the response was cut off, or came from a proxy.
  if (status !== undefined) {
    return status < 300 || PASSING_STATUS.has(status);
  }
  const name = nameOfFailure(error);
  // Before the first response, an unknown host name is probably misspelled.
  if (name === 'ENOTFOUND') {
    return hasAnswered;
  }
  return !isCertificateFailure(name) && !/Credential|Authentication/.test(name);
}

/** With random variation, so that many clients do not retry at the same time. */
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

/** The delay in `Retry-After`: seconds, or a date (RFC 9110, 10.2.3). */
function wantedDelayMs(error: unknown, nowMs: number): number {
  const { response } = error as { response?: { headers?: { get(name: string): unknown } } };
  const wanted = String(response?.headers?.get('retry-after') ?? '').trim();
  const delayMs = /^\d+$/.test(wanted) ? Number(wanted) * 1_000 : Date.parse(wanted) - nowMs;
  return delayMs > 0 ? delayMs : 0;
}

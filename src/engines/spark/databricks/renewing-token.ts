/** A token that is asked for again and again, fetched seldom. */

export interface IssuedToken {
  token: string;
  /** Milliseconds since the epoch. */
  expiresAtMs: number;
}

/** A token is renewed this long before it ends, or in the middle of its life if that is shorter. */
const RENEWED_BEFORE_MS = 5 * 60_000;
/** While the old one is still good, a renewal that failed is tried again after so long. */
const TRIED_AGAIN_AFTER_MS = 30_000;

/**
 * Calls at the same time share one fetch. A renewal that fails throws only when the old token has
 * ended: until then that one is given out.
 */
export function renewingToken(
  fetchToken: () => Promise<IssuedToken>,
  now: () => number = Date.now,
): () => Promise<string> {
  let current: IssuedToken | undefined;
  let renewFromMs = 0;
  let renewal: Promise<string> | undefined;

  async function renew(): Promise<string> {
    const startedAtMs = now();
    try {
      current = await fetchToken();
      const life = current.expiresAtMs - startedAtMs;
      renewFromMs = current.expiresAtMs - Math.min(RENEWED_BEFORE_MS, life / 2);
    } catch (error) {
      if (current === undefined || now() >= current.expiresAtMs) {
        throw error;
      }
      renewFromMs = now() + TRIED_AGAIN_AFTER_MS;
    }
    return current.token;
  }

  return async () => {
    if (current !== undefined && now() < renewFromMs && now() < current.expiresAtMs) {
      return current.token;
    }
    renewal ??= renew().finally(() => {
      renewal = undefined;
    });
    return await renewal;
  };
}

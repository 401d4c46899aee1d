/** The server's answers. Throws an error whose text can be shown. */
import type { Definition, Health, Options, OwnView, SessionView, View } from '../view.ts';

export const LOST = 'The dashboard does not answer. Is clicklake dashboard still running?';

async function ask<Result>(path: string, signal?: AbortSignal): Promise<Result> {
  const response = await fetch(path, signal === undefined ? {} : { signal }).catch(
    (error: unknown) => {
      if (signal?.aborted) {
        throw error;
      }
      throw new Error(LOST);
    },
  );
  if (response.ok) {
    return (await response.json()) as Result;
  }
  const isJson = response.headers.get('content-type')?.startsWith('application/json');
  const told = isJson
    ? ((await response.json()) as { error: string; hint: string | null })
    : { error: await response.text(), hint: null };
  throw new Error([told.error, told.hint].filter(Boolean).join(': '));
}

/** `known`: the version that is shown. The answer may wait for a newer one. */
export const askOptions = (known: string | undefined): Promise<Options> =>
  ask(`/api/options${known === undefined ? '' : `?known=${encodeURIComponent(known)}`}`);
export const askHealth = (signal: AbortSignal): Promise<Health> => ask('/api/health', signal);
export const askDefinitions = (): Promise<Definition[]> => ask('/api/definitions');
export const askView = (query: string, signal: AbortSignal): Promise<View> =>
  ask(`/api/view${query}`, signal);
export const askSession = (id: string, signal: AbortSignal): Promise<SessionView> =>
  ask(`/api/session?id=${encodeURIComponent(id)}`, signal);
export const askOwnTable = (query: string, signal: AbortSignal): Promise<OwnView> =>
  ask(`/api/own-table${query}`, signal);

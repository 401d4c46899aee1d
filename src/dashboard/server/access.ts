/** Who may ask: only pages of this server, and beyond this machine only who has the token. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

export interface Access {
  /** Where the server listens. */
  host: string;
  /** Needed with every request when set. */
  token?: string;
}

const COOKIE = 'clicklake_token';
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\]|::1)$/i;

/** Only programs of this machine reach such an address. */
export function isLoopback(host: string): boolean {
  return LOOPBACK.test(host);
}

/** Why a request is not answered; undefined: it is. */
export function refusalOf(
  access: Access,
  request: Pick<IncomingMessage, 'headers'>,
  url: URL,
): { status: number; message: string } | undefined {
  const asked = (request.headers.host ?? '').replace(/:\d+$/, '');
  // Another site's name that was made to point here (DNS rebinding) is not ours.
  if (isLoopback(access.host) ? !isLoopback(asked) : asked === '') {
    return { status: 421, message: `this server does not answer for ${JSON.stringify(asked)}` };
  }
  const site = request.headers['sec-fetch-site'];
  // A link to the page, filters and all, may stand anywhere; its numbers are for the page alone.
  if (site !== undefined && site !== 'same-origin' && site !== 'none' && url.pathname !== '/') {
    return { status: 403, message: 'this server only answers its own page' };
  }
  if (
    access.token !== undefined &&
    !sentTokens(request, url).some((sent) => isSame(sent, access.token))
  ) {
    return {
      status: 401,
      message: 'open the address that clicklake dashboard has printed: it holds the token',
    };
  }
  return undefined;
}

/** The path and filters asked for; undefined for what is no path. */
export function urlOf(request: IncomingMessage): URL | undefined {
  const path = request.url ?? '';
  return path.startsWith('/') ? new URL(`http://dashboard${path}`) : undefined;
}

/** Lax, not Strict: a link in a mail or a chat must open the page for those who have the token. */
export function tokenCookie(token: string): string {
  return `${COOKIE}=${encodeURIComponent(token)}; HttpOnly; SameSite=Lax; Path=/`;
}

function sentTokens(request: Pick<IncomingMessage, 'headers'>, url: URL): string[] {
  const [, bearer] = /^Bearer (.+)$/.exec(request.headers.authorization ?? '') ?? [];
  const cookies = (request.headers.cookie ?? '').split(/;\s*/);
  const cookie = cookies.find((each) => each.startsWith(`${COOKIE}=`))?.slice(COOKIE.length + 1);
  return [url.searchParams.get('token'), bearer, cookie && decode(cookie)].filter(
    (sent): sent is string => typeof sent === 'string',
  );
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Takes as long for a wrong token as for a nearly right one. */
function isSame(sent: string, token: string | undefined): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(sent), digest(token ?? ''));
}

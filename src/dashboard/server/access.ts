/** Access control: only pages of this server, and from other machines only with the token. */
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

/** Loopback: only programs on this machine can connect. */
export function isLoopback(host: string): boolean {
  return LOOPBACK.test(host);
}

/** The reason to refuse a request; undefined: allowed. */
export function refusalOf(
  access: Access,
  request: Pick<IncomingMessage, 'headers'>,
  url: URL,
): { status: number; message: string } | undefined {
  const asked = (request.headers.host ?? '').replace(/:\d+$/, '');
  // Refuse host names of other sites that resolve to this machine (DNS rebinding).
  if (isLoopback(access.host) ? !isLoopback(asked) : asked === '') {
    return { status: 421, message: `this server does not answer for ${JSON.stringify(asked)}` };
  }
  const site = request.headers['sec-fetch-site'];
  // Any site may link to the page, but only the page may request its numbers.
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

/** The requested path and filters; undefined if malformed. */
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

/** Compares in constant time. */
function isSame(sent: string, token: string | undefined): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(sent), digest(token ?? ''));
}

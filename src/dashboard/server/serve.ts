/**
 * The dashboard's web server: the page, and the answers it asks for. It reads only, takes no SQL, and
 * answers nobody but the page it has served itself.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { ClicklakeError } from '../../errors.ts';
import { type Access, refusalOf, tokenCookie, urlOf } from './access.ts';
import type { LakePages } from './lake-pages.ts';

const WEB = new URL('../web/', import.meta.url);
/** Written by scripts/build.mjs. */
const FILES: Readonly<Record<string, { name: string; type: string }>> = {
  '/': { name: 'index.html', type: 'text/html; charset=utf-8' },
  '/app.js': { name: 'app.js', type: 'text/javascript; charset=utf-8' },
  '/app.css': { name: 'app.css', type: 'text/css; charset=utf-8' },
  '/icon.svg': { name: 'icon.svg', type: 'image/svg+xml' },
};

const SECURITY_HEADERS = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), geolocation=(), microphone=()',
};

interface Answer {
  status: number;
  type: string;
  body: string | Buffer;
  headers?: Record<string, string>;
}

export interface Dashboard {
  /** What to open in a browser; with the token, if one is needed. */
  address: string;
  close(): Promise<void>;
}

/** Starts to listen. Port 0 takes a free one. Throws `usage` when the port is taken. */
export async function serveDashboard(
  pages: LakePages,
  access: Access,
  options: { port: number; onError: (error: unknown) => void },
): Promise<Dashboard> {
  const server = createServer((request, response) => {
    answer(pages, access, request)
      .catch((error: unknown) => failure(error, options.onError))
      .then((result) => send(request, response, result));
  });
  const port = await listen(server, access.host, options.port);
  const host = access.host.includes(':') ? `[${access.host}]` : access.host;
  const token = access.token === undefined ? '' : `?token=${encodeURIComponent(access.token)}`;
  return {
    address: `http://${host}:${port}/${token}`,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

async function answer(pages: LakePages, access: Access, request: IncomingMessage): Promise<Answer> {
  const url = urlOf(request);
  if (url === undefined) return text(400, 'this is no path of this server');
  const refusal = refusalOf(access, request, url);
  if (refusal !== undefined) return text(refusal.status, refusal.message);
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return { ...text(405, 'this server only answers GET'), headers: { Allow: 'GET, HEAD' } };
  }
  const file = FILES[url.pathname];
  if (file !== undefined) return page(url, access, file);
  switch (url.pathname) {
    case '/api/options':
      return json(await pages.options());
    case '/api/view':
      return json(await pages.view(url.searchParams));
    case '/api/health':
      return json(await pages.health());
    case '/api/definitions':
      return json(pages.definitions());
    default:
      return text(404, `there is nothing at ${url.pathname}`);
  }
}

/** The token comes once in the address; from then on in a cookie that scripts cannot read. */
function page(url: URL, access: Access, file: { name: string; type: string }): Answer {
  if (url.searchParams.has('token') && access.token !== undefined) {
    url.searchParams.delete('token');
    return {
      ...text(303, ''),
      headers: {
        Location: `${url.pathname}${url.search}`,
        'Set-Cookie': tokenCookie(access.token),
      },
    };
  }
  return { status: 200, type: file.type, body: readFileSync(new URL(file.name, WEB)) };
}

function json(value: unknown): Answer {
  return { status: 200, type: 'application/json; charset=utf-8', body: JSON.stringify(value) };
}

function text(status: number, body: string): Answer {
  return { status, type: 'text/plain; charset=utf-8', body };
}

/** What the user can mend is told; anything else is a defect, told to the one who runs the server. */
function failure(error: unknown, onError: (error: unknown) => void): Answer {
  if (!(error instanceof ClicklakeError)) onError(error);
  const known = error instanceof ClicklakeError ? error : undefined;
  const body = {
    error: known?.message ?? 'the server has failed; its terminal says more',
    hint: known?.hint ?? null,
  };
  return { ...json(body), status: known?.code === 'usage' ? 400 : 500 };
}

function send(request: IncomingMessage, response: ServerResponse, result: Answer): void {
  const plain = Buffer.from(result.body);
  const etag = `"${createHash('sha256').update(plain).digest('base64url').slice(0, 22)}"`;
  const isCurrent = result.status === 200 && request.headers['if-none-match'] === etag;
  const canGzip = plain.length > 1000 && /\bgzip\b/.test(request.headers['accept-encoding'] ?? '');
  const body = isCurrent ? Buffer.alloc(0) : canGzip ? gzipSync(plain, { level: 5 }) : plain;
  response.writeHead(isCurrent ? 304 : result.status, {
    ...SECURITY_HEADERS,
    'Cache-Control': 'no-cache',
    ETag: etag,
    ...(isCurrent
      ? {}
      : {
          'Content-Type': result.type,
          'Content-Length': String(body.length),
          ...(canGzip ? { 'Content-Encoding': 'gzip' } : {}),
        }),
    ...result.headers,
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((done, fail) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const isTaken = error.code === 'EADDRINUSE';
      fail(
        new ClicklakeError(
          'usage',
          isTaken ? `port ${port} is taken` : `cannot listen on ${host}: ${error.message}`,
          {
            hint: isTaken
              ? 'name another with --port, or 0 for a free one'
              : 'name an address of this machine with --host',
            cause: error,
          },
        ),
      );
    });
    server.listen(port, host, () => {
      const address = server.address();
      done(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

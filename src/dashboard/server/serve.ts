/**
 * The dashboard's web server: the page, and the answers it asks for. It reads only, takes no SQL, and
 * answers nobody but the page it has served itself.
 */
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { ClicklakeError } from '../../errors.ts';
import { type Access, refusalOf, tokenCookie, urlOf } from './access.ts';
import { connectionSignal } from './connection-signal.ts';
import type { LakePages } from './lake-pages.ts';
import { type Answer, json, send, text } from './response.ts';

const WEB = new URL('../web/', import.meta.url);
/** Written by scripts/build.mjs. */
const FILES: Readonly<Record<string, { name: string; type: string }>> = {
  '/': { name: 'index.html', type: 'text/html; charset=utf-8' },
  '/app.js': { name: 'app.js', type: 'text/javascript; charset=utf-8' },
  '/app.css': { name: 'app.css', type: 'text/css; charset=utf-8' },
  '/icon.svg': { name: 'icon.svg', type: 'image/svg+xml' },
};

const QUESTIONS: Readonly<
  Record<string, (pages: LakePages, url: URL, asker: AbortSignal) => unknown>
> = {
  '/api/options': (pages, url, asker) => pages.options(url.searchParams, asker),
  '/api/view': (pages, url, asker) => pages.view(url.searchParams, asker),
  '/api/own-table': (pages, url, asker) => pages.ownTable(url.searchParams, asker),
  '/api/health': (pages, _url, asker) => pages.health(asker),
  '/api/session': (pages, url, asker) => pages.session(url.searchParams, asker),
  '/api/definitions': (pages) => pages.definitions(),
};

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
  const { onError } = options;
  const server = createServer((request, response) => {
    const asker = connectionSignal(request.socket);
    answer(pages, access, request, asker)
      .catch((error: unknown) => failure(error, asker, onError))
      .then((result) => send(request, response, result))
      .catch(onError);
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

async function answer(
  pages: LakePages,
  access: Access,
  request: IncomingMessage,
  asker: AbortSignal,
): Promise<Answer> {
  const url = urlOf(request);
  if (url === undefined) {
    return text(400, 'malformed request path');
  }
  const refusal = refusalOf(access, request, url);
  if (refusal !== undefined) {
    return text(refusal.status, refusal.message);
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return { ...text(405, 'this server only answers GET'), headers: { Allow: 'GET, HEAD' } };
  }
  const file = FILES[url.pathname];
  if (file !== undefined) {
    return page(url, access, file);
  }
  const question = QUESTIONS[url.pathname];
  if (question === undefined) {
    return text(404, `there is nothing at ${url.pathname}`);
  }
  return json(await question(pages, url, asker));
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

/** Errors that the user can fix are sent to the page; others are defects, reported on the server's terminal. */
function failure(error: unknown, asker: AbortSignal, onError: (error: unknown) => void): Answer {
  // The client has disconnected.
  if (asker.aborted) {
    return text(503, 'the connection was closed');
  }
  if (!(error instanceof ClicklakeError)) {
    onError(error);
  }
  const known = error instanceof ClicklakeError ? error : undefined;
  const body = {
    error: known?.message ?? 'the server has failed; its terminal says more',
    hint: known?.hint ?? null,
  };
  return { ...json(body), status: known?.code === 'usage' ? 400 : 500 };
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

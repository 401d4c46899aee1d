/** An answer over HTTP: its headers, compressed where the browser can, nothing where it has it. */
import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';

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

export interface Answer {
  status: number;
  type: string;
  body: string | Buffer;
  headers?: Record<string, string>;
}

export function json(value: unknown): Answer {
  return { status: 200, type: 'application/json; charset=utf-8', body: JSON.stringify(value) };
}

export function text(status: number, body: string): Answer {
  return { status, type: 'text/plain; charset=utf-8', body };
}

/** Of no effect when the connection is closed. */
export function send(request: IncomingMessage, response: ServerResponse, result: Answer): void {
  if (response.destroyed) {
    return;
  }
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

/** OAuth for programs: a service principal's secret is exchanged for a token of an hour. */
import { request } from 'node:https';
import { ClicklakeError } from '../../../errors.ts';
import { connectThrough } from '../connect/tunnel.ts';
import type { IssuedToken } from './renewing-token.ts';

export interface ClientCredentials {
  host: string;
  port: number;
  clientId: string;
  clientSecret: string;
  /** In PEM, instead of those that Node trusts. */
  certificateAuthority?: string;
  /** An HTTP proxy to the host. */
  proxy?: URL;
}

const PATH = '/oidc/v1/token';
const TIMEOUT_MS = 30_000;
const MAX_ANSWER_BYTES = 1_000_000;

/** Throws `access_refused` or `server_unavailable`; no message repeats the secret or the answer. */
export async function exchangeClientCredentials(
  credentials: ClientCredentials,
  now: () => number = Date.now,
): Promise<IssuedToken> {
  const { host, port } = credentials;
  const sentAtMs = now();
  const { status, text } = await send(credentials).catch((cause: NodeJS.ErrnoException) => {
    if (cause instanceof ClicklakeError) {
      throw cause;
    }
    throw new ClicklakeError(
      'server_unavailable',
      `https://${host}:${port}${PATH} cannot be asked for a token: ${cause.code ?? cause.name}`,
      { hint: 'check the workspace host, the network and the certificate', cause },
    );
  });
  const answer = parse(text);
  const lifeSeconds = Number(answer.expires_in);
  if (status === 200 && typeof answer.access_token === 'string' && lifeSeconds > 0) {
    return { token: answer.access_token, expiresAtMs: sentAtMs + lifeSeconds * 1_000 };
  }
  const isName = typeof answer.error === 'string' && /^[a-z_]{1,60}$/.test(answer.error);
  const reason = isName ? answer.error : `HTTP ${status}`;
  throw new ClicklakeError(
    'access_refused',
    `${host}:${port} gave no token for the client credentials (${reason})`,
    {
      hint: 'check DATABRICKS_CLIENT_ID and DATABRICKS_CLIENT_SECRET, whether the secret has ended, and that the service principal belongs to the workspace',
    },
  );
}

async function send(credentials: ClientCredentials): Promise<{ status: number; text: string }> {
  const { host, port, clientId, clientSecret, certificateAuthority, proxy } = credentials;
  const trusted = certificateAuthority === undefined ? {} : { ca: certificateAuthority };
  const body = new URLSearchParams({ grant_type: 'client_credentials', scope: 'all-apis' });
  const basic = Buffer.from(`${clientId}:${clientSecret}`).toString('base64');
  return await new Promise((resolve, reject) => {
    const sent = request(
      `https://${host}:${port}${PATH}`,
      {
        method: 'POST',
        headers: {
          authorization: `Basic ${basic}`,
          'content-type': 'application/x-www-form-urlencoded',
          accept: 'application/json',
        },
        // A connection kept from an hour ago may be dead.
        ...(proxy === undefined
          ? { agent: false, ...trusted }
          : { createConnection: () => connectThrough(proxy, { host, port }, trusted) }),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      },
      (response) => {
        const chunks: Buffer[] = [];
        let size = 0;
        response.on('error', reject);
        response.on('data', (chunk: Buffer) => {
          size += chunk.length;
          if (size > MAX_ANSWER_BYTES) {
            response.destroy(new Error('a token is never that long'));
          } else {
            chunks.push(chunk);
          }
        });
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            text: Buffer.concat(chunks).toString('utf8'),
          }),
        );
      },
    );
    sent.on('error', reject);
    sent.end(body.toString());
  });
}

function parse(text: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(text)) as Record<string, unknown>;
  } catch {
    return {};
  }
}

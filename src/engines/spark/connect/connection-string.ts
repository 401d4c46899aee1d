/**
 * Connection strings as Spark documents them:
 * `sc://host[:port][/;key=value[;key=value…]]`, values percent-encoded.
 */
import { ClicklakeError } from '../../../errors.ts';

const DEFAULT_PORT = 15002;
const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

export interface ConnectionTarget {
  host: string;
  port: number;
  useTls: boolean;
  token?: string;
  userId?: string;
  userAgent?: string;
  /** A UUID; joins that session on the server. */
  sessionId?: string;
  /** Every other parameter, sent with each call. */
  headers: Readonly<Record<string, string>>;
}

/** Throws `usage` for a text that is no connection string, or a token that would travel in clear. */
export function parseConnectionString(text: string): ConnectionTarget {
  const { host, port, parameters } = splitAddress(text);
  const settings = readParameters(parameters, refuse);
  const take = (name: string): string | undefined => {
    const value = settings.get(name);
    settings.delete(name);
    return value;
  };
  const token = take('token');
  const useTls = readUseTls(take('use_ssl'), token);
  const sessionId = take('session_id');
  if (sessionId !== undefined && !UUID.test(sessionId)) {
    throw refuse(`session_id is not a UUID: ${sessionId}`);
  }
  const userId = take('user_id');
  const userAgent = take('user_agent');
  // A limit of other clients; this one reads messages of any size.
  take('grpc_max_message_size');
  return {
    host,
    port,
    useTls,
    ...(token === undefined ? {} : { token }),
    ...(userId === undefined ? {} : { userId }),
    ...(userAgent === undefined ? {} : { userAgent }),
    ...(sessionId === undefined ? {} : { sessionId }),
    headers: readHeaders(settings, refuse),
  };
}

function splitAddress(text: string): { host: string; port: number; parameters: string } {
  const match = /^sc:\/\/(\[[0-9a-f:.]+\]|[^\s:/;?#@[\]]+)(?::(\d{1,5}))?(?:\/(?:;(.*))?)?$/i.exec(
    text,
  );
  const port = Number(match?.[2] ?? DEFAULT_PORT);
  if (match === null || port < 1 || port > 65_535) {
    // The text may hold a token: it is not repeated.
    throw refuse('not an address of the form sc://host:port/;key=value');
  }
  return { host: match[1]!, port, parameters: match[3] ?? '' };
}

type Refuse = (what: string, cause?: unknown) => ClicklakeError;

/** What stands behind `/;` in an address, names in lower case. Values are never repeated. */
export function readParameters(text: string, refuse: Refuse): Map<string, string> {
  const settings = new Map<string, string>();
  for (const [index, part] of text.split(';').entries()) {
    if (part === '') {
      continue;
    }
    const equals = part.indexOf('=');
    if (equals < 1 || equals === part.length - 1) {
      // Behind another it may be the rest of a value that holds a semicolon, and secret.
      const which = index === 0 ? 'a parameter' : `parameter ${index + 1}`;
      const name = index === 0 ? `: ${part.split('=')[0]}` : ', with %3B for a semicolon';
      throw refuse(`${which} is not of the form key=value${name}`);
    }
    const name = decode(part.slice(0, equals), refuse).toLowerCase();
    if (settings.has(name)) {
      throw refuse(`the parameter ${name} is given twice`);
    }
    settings.set(name, decode(part.slice(equals + 1), refuse));
  }
  return settings;
}

/** Parameters that are sent with each call. */
export function readHeaders(
  settings: ReadonlyMap<string, string>,
  refuse: Refuse,
): Record<string, string> {
  for (const name of settings.keys()) {
    if (!/^[a-z0-9_.-]+$/.test(name) || name.startsWith('grpc-') || name === 'authorization') {
      throw refuse(`the parameter ${name} cannot be sent as a header`);
    }
  }
  return Object.fromEntries(settings);
}

/** Throws `usage` for what HTTP does not carry; Node's own error would repeat it, secret or not. */
export function requireSendable(what: string, value: string): void {
  if (/^[\t\x20-\x7e]*$/.test(value)) {
    return;
  }
  throw new ClicklakeError('usage', `${what} holds a character that cannot be sent to Spark`, {
    hint: 'give it as it was issued: plain ASCII, in one line',
  });
}

function decode(text: string, refuse: Refuse): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw refuse('a parameter is not percent-encoded', cause);
  }
}

function readUseTls(text: string | undefined, token: string | undefined): boolean {
  if (text !== undefined && text !== 'true' && text !== 'false') {
    throw refuse(`use_ssl is neither true nor false: ${text}`);
  }
  if (token !== undefined && text === 'false') {
    throw refuse('a token is never sent without TLS, but use_ssl is false');
  }
  return token !== undefined || text === 'true';
}

function refuse(what: string, cause?: unknown): ClicklakeError {
  return new ClicklakeError('usage', `the Spark connection string: ${what}`, {
    hint: 'for example sc://localhost:15002 or sc://host:443/;token=…;x-team=shop',
    cause,
  });
}

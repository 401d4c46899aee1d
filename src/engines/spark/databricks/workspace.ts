/**
 * Addresses of Databricks workspaces: `databricks://[host[:port]][/;key=value…]`. What an address
 * leaves out is taken from the environment variables that Databricks' own tools read.
 */
import { randomUUID } from 'node:crypto';
import { ClicklakeError } from '../../../errors.ts';
import {
  type ConnectionTarget,
  readHeaders,
  readParameters,
} from '../connect/connection-string.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

const HTTPS_PORT = 443;
const ADDRESS =
  /^databricks:\/\/(\[[0-9a-f:.]+\]|[^\s:/;?#@[\]]+)?(?::(\d{1,5}))?(?:\/?|\/?;(.*))$/i;

export function isDatabricksAddress(url: string): boolean {
  return /^databricks:/i.test(url);
}

/** Throws `usage` for a text that is not such a URL, or when no compute is named. */
export function readWorkspace(
  url: string,
  env: Environment,
  newSessionId: () => string = randomUUID,
): ConnectionTarget {
  const match = ADDRESS.exec(url);
  // The text may hold a secret: it is not repeated.
  if (match === null) {
    throw refuse('not of the form databricks://host/;cluster_id=…');
  }
  const settings = readParameters(match[3] ?? '', refuseParameter);
  const take = (name: string): string | undefined => {
    const value = settings.get(name);
    settings.delete(name);
    return value;
  };
  if (settings.has('token')) {
    throw refuse('a token in it could be seen by others', 'set DATABRICKS_TOKEN instead');
  }
  const { host, port } = chooseHost(match[1], match[2], env);
  const compute = chooseCompute(take('cluster_id'), take('serverless'), env);
  const userAgent = take('user_agent');
  const unknown = [...settings.keys()].find((name) => !name.startsWith('x-'));
  if (unknown !== undefined) {
    throw refuse(
      `there is no parameter ${unknown}`,
      'there are cluster_id, serverless, user_agent and headers that begin with x-',
    );
  }
  const sessionId = newSessionId();
  return {
    host,
    port,
    useTls: true,
    sessionId,
    ...(userAgent === undefined ? {} : { userAgent }),
    headers: {
      ...readHeaders(settings, refuseParameter),
      // As Databricks Connect sends them: serverless knows its session by the header.
      ...(compute.kind === 'cluster'
        ? { 'x-databricks-cluster-id': compute.clusterId }
        : { 'x-databricks-session-id': sessionId }),
    },
  };
}

/** The credentials of the environment are for DATABRICKS_HOST and must not go anywhere else. */
function chooseHost(
  host: string | undefined,
  port: string | undefined,
  env: Environment,
): { host: string; port: number } {
  const fromEnv = env.DATABRICKS_HOST ? readHost(env.DATABRICKS_HOST) : undefined;
  if (host === undefined) {
    if (fromEnv !== undefined) {
      return fromEnv;
    }
    throw refuse('there is no host', 'write databricks://<workspace host>, or set DATABRICKS_HOST');
  }
  const given = { host: host.toLowerCase(), port: readPort(port) };
  if (fromEnv !== undefined && (fromEnv.host !== given.host || fromEnv.port !== given.port)) {
    throw refuse(
      `it names ${given.host}:${given.port}, but DATABRICKS_HOST is ${fromEnv.host}:${fromEnv.port}`,
      'set DATABRICKS_HOST and the credentials for the workspace of the address, or unset it',
    );
  }
  return given;
}

/** As Databricks' tools take it: with or without https://, a path or a question mark behind. */
function readHost(text: string): { host: string; port: number } {
  const address = /^https?:\/\//i.test(text) ? text : `https://${text}`;
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url?.protocol !== 'https:' || url.username !== '') {
    throw new ClicklakeError('usage', 'DATABRICKS_HOST is not the address of a workspace', {
      hint: 'for example https://adb-1234567890123456.7.azuredatabricks.net',
    });
  }
  return { host: url.hostname, port: readPort(url.port === '' ? undefined : url.port) };
}

function readPort(text: string | undefined): number {
  const port = Number(text ?? HTTPS_PORT);
  if (port >= 1 && port <= 65_535) {
    return port;
  }
  throw refuse(`there is no port ${text}`);
}

type Compute = { kind: 'cluster'; clusterId: string } | { kind: 'serverless' };

/** The address wins; where the environment names both, serverless, as Databricks Connect has it. */
function chooseCompute(
  clusterId: string | undefined,
  serverless: string | undefined,
  env: Environment,
): Compute {
  if (serverless !== undefined && serverless !== 'true' && serverless !== 'false') {
    throw refuse(`serverless is neither true nor false: ${serverless}`);
  }
  if (clusterId !== undefined && serverless === 'true') {
    throw refuse('cluster_id and serverless exclude each other');
  }
  if (serverless === 'true') {
    return { kind: 'serverless' };
  }
  if (clusterId !== undefined) {
    return cluster(clusterId);
  }
  const fromEnv = env.DATABRICKS_SERVERLESS_COMPUTE_ID || undefined;
  if (fromEnv !== undefined && serverless === undefined) {
    if (fromEnv === 'auto') {
      return { kind: 'serverless' };
    }
    throw refuse('DATABRICKS_SERVERLESS_COMPUTE_ID can only be auto');
  }
  if (env.DATABRICKS_CLUSTER_ID) {
    return cluster(env.DATABRICKS_CLUSTER_ID);
  }
  throw refuse(
    'neither a cluster nor serverless is named',
    'write databricks://host/;cluster_id=… or ;serverless=true, or set DATABRICKS_CLUSTER_ID',
  );
}

function cluster(clusterId: string): Compute {
  if (/^[\w-]+$/.test(clusterId)) {
    return { kind: 'cluster', clusterId };
  }
  throw refuse(
    'the cluster_id is not one',
    "it stands in the address of the cluster's page, such as 1123-100000-abcd1234",
  );
}

const EXAMPLE =
  'for example databricks://adb-1234567890123456.7.azuredatabricks.net/;cluster_id=1123-100000-abcd1234';

function refuse(what: string, hint = EXAMPLE, cause?: unknown): ClicklakeError {
  return new ClicklakeError('usage', `the address of the Databricks workspace: ${what}`, {
    hint,
    cause,
  });
}

function refuseParameter(what: string, cause?: unknown): ClicklakeError {
  return refuse(what, EXAMPLE, cause);
}

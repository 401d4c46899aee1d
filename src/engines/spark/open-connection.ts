/** Connects to the server of a URL: any Spark Connect server, or a Databricks workspace. */
import { chooseProxy } from './choose-proxy.ts';
import {
  connectSpark,
  parseConnectionString,
  type SparkConnection,
  type SparkConnectionOptions,
} from './connect/index.ts';
import { type CredentialEffects, chooseCredentials } from './databricks/credentials.ts';
import { type Environment, isDatabricksAddress, readWorkspace } from './databricks/workspace.ts';

/** `env`: where a proxy, and the host, compute and credentials of a workspace are looked for. */
export async function openConnection(
  url: string,
  env: Environment,
  options: SparkConnectionOptions & CredentialEffects = {},
): Promise<SparkConnection> {
  const isDatabricks = isDatabricksAddress(url);
  const target = isDatabricks ? readWorkspace(url, env) : parseConnectionString(url);
  const proxy = target.useTls ? chooseProxy(target, env) : undefined;
  const reached = proxy === undefined ? options : { ...options, proxy };
  const credentials = isDatabricks ? chooseCredentials(target, env, reached) : {};
  return await connectSpark(target, { ...reached, ...credentials });
}

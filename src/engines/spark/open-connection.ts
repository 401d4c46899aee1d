/** Connects to the server of a URL: any Spark Connect server, or a Databricks workspace. */
import {
  connectSpark,
  parseConnectionString,
  type SparkConnection,
  type SparkConnectionOptions,
} from './connect/index.ts';
import { type CredentialEffects, chooseCredentials } from './databricks/credentials.ts';
import { type Environment, isDatabricksAddress, readWorkspace } from './databricks/workspace.ts';

/** `env`: where the host, the compute and the credentials of a workspace are looked for. */
export async function openConnection(
  url: string,
  env: Environment,
  options: SparkConnectionOptions & CredentialEffects = {},
): Promise<SparkConnection> {
  if (!isDatabricksAddress(url)) {
    return await connectSpark(parseConnectionString(url), options);
  }
  const target = readWorkspace(url, env);
  const credentials = chooseCredentials(target, env, options);
  return await connectSpark(target, { ...options, ...credentials });
}

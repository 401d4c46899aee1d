/** Connects to the user's Spark, which is given what it needs to reach the lake. */
import { ClicklakeError } from '../../errors.ts';
import type { Storage } from '../../storage/storage.ts';
import type { SparkConnection } from './connect/index.ts';
import { isDatabricksAddress } from './databricks/workspace.ts';
import { openConnection } from './open-connection.ts';
import {
  explainingRefusals,
  passSettings,
  type StorageAccess,
  settingsToPass,
} from './storage-access.ts';

export interface ConnectOptions {
  /** The URL of the server: `sc://host:port/;key=value`, or `databricks://host/;cluster_id=…`. */
  url: string;
  /** How Spark accesses the lake. */
  access: StorageAccess;
  /** The environment with the credentials of a Databricks workspace. */
  env: Readonly<Record<string, string | undefined>>;
}

/** The caller closes the connection. Throws `usage` for a lake that this Spark cannot reach. */
export async function connectToLake(
  { url, env, access }: ConnectOptions,
  lake: Pick<Storage, 'isRemote' | 'url'>,
): Promise<SparkConnection> {
  if (isDatabricksAddress(url) && !lake.isRemote) {
    throw new ClicklakeError(
      'usage',
      `Databricks cannot reach the lake ${lake.url} on this machine`,
      { hint: 'use a lake in Azure: --lake abfss://container@account.dfs.core.windows.net/path' },
    );
  }
  const passed = settingsToPass(url, access);
  const connection = await openConnection(url, env);
  try {
    await passSettings(connection, passed);
  } catch (error) {
    await connection.close();
    throw error;
  }
  return explainingRefusals(connection, lake.url, Object.keys(passed).length > 0);
}

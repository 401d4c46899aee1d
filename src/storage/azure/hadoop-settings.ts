/**
 * Settings for Hadoop's ABFS driver, which Spark uses for `abfss://` addresses. They give Spark
 * access to the lake with the credentials of this process.
 */
import type { AzureAddress } from './address.ts';
import { type AzureAccess, type Environment, findAccess, isLoopback } from './find-credentials.ts';

const PUBLIC_CLOUD_LOGIN = 'https://login.microsoftonline.com';

/**
 * Hadoop settings by name; some contain secrets. Empty for credentials that cannot be passed on: a
 * managed identity, `az login`, a certificate. Spark then needs its own.
 */
export function hadoopSettings(address: AzureAddress, env: Environment): Record<string, string> {
  const access = findAccess(address, env);
  const host = address.url.replace(/^abfss:\/\/[^@]*@([^/]+).*$/, '$1');
  return { ...credentialSettings(access, host, env), ...emulatorSettings(access.endpoint) };
}

function credentialSettings(
  { credentials }: AzureAccess,
  host: string,
  env: Environment,
): Record<string, string> {
  switch (credentials.kind) {
    case 'key':
      return {
        [`fs.azure.account.auth.type.${host}`]: 'SharedKey',
        [`fs.azure.account.key.${host}`]: credentials.key,
      };
    case 'signature':
      return {
        [`fs.azure.account.auth.type.${host}`]: 'SAS',
        [`fs.azure.sas.fixed.token.${host}`]: credentials.signature,
      };
    case 'identity':
      return servicePrincipalSettings(host, env);
  }
}

function servicePrincipalSettings(host: string, env: Environment): Record<string, string> {
  const { AZURE_TENANT_ID: tenant, AZURE_CLIENT_ID: id, AZURE_CLIENT_SECRET: secret } = env;
  if (!tenant || !id || !secret) {
    return {};
  }
  const login = (env.AZURE_AUTHORITY_HOST || PUBLIC_CLOUD_LOGIN).replace(/\/+$/, '');
  return {
    [`fs.azure.account.auth.type.${host}`]: 'OAuth',
    [`fs.azure.account.oauth.provider.type.${host}`]:
      'org.apache.hadoop.fs.azurebfs.oauth2.ClientCredsTokenProvider',
    [`fs.azure.account.oauth2.client.id.${host}`]: id,
    [`fs.azure.account.oauth2.client.secret.${host}`]: secret,
    [`fs.azure.account.oauth2.client.endpoint.${host}`]: `${login}/${tenant}/oauth2/token`,
  };
}

/** The emulator has only a Blob endpoint, at another address and usually without encryption. */
function emulatorSettings(endpoint: string): Record<string, string> {
  if (!isLoopback(endpoint)) {
    return {};
  }
  const { host, protocol } = new URL(endpoint);
  return {
    'fs.azure.abfs.endpoint': host,
    'fs.azure.account.hns.enabled': 'false',
    'fs.azure.fns.account.service.type': 'BLOB',
    ...(protocol === 'https:' ? {} : PLAIN_HTTP),
  };
}

const PLAIN_HTTP: Readonly<Record<string, string>> = {
  'fs.abfss.impl': 'org.apache.hadoop.fs.azurebfs.AzureBlobFileSystem',
  'fs.azure.always.use.https': 'false',
  // The other networking library requires a certificate.
  'fs.azure.networking.library': 'JDK_HTTP_URL_CONNECTION',
  // Delta's version checksums are written with a Hadoop class that requires HTTPS.
  'spark.databricks.delta.writeChecksumFile.enabled': 'false',
};

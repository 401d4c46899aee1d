/** Which credentials a Databricks workspace is given, and how they become a token. */
import { ClicklakeError } from '../../../errors.ts';
import { exchangeClientCredentials } from './client-credentials.ts';
import { type IssuedToken, renewingToken } from './renewing-token.ts';
import type { Environment } from './workspace.ts';

export interface WorkspaceCredentials {
  /** Asked for before every call; renewed before it ends. */
  getToken(): Promise<string>;
  /** What to check when the workspace refuses the token. */
  refusalHint: string;
}

export interface CredentialEffects {
  /** In PEM, instead of those that Node trusts. */
  certificateAuthority?: string;
  /** An HTTP proxy to the workspace. */
  proxy?: URL;
  now?: () => number;
}

interface Workspace {
  host: string;
  port: number;
}

const AUTH_TYPES = ['pat', 'oauth-m2m', 'azure-cli'] as const;
type AuthType = (typeof AUTH_TYPES)[number];

/** The application that every Azure Databricks workspace is to Entra ID. */
const AZURE_SCOPE = '2ff814a6-3304-4ab8-85cb-cd0e6f879c1d/.default';
const AZURE_HOST = /\.(?:azuredatabricks\.net|databricks\.azure\.(?:us|cn))$/;

/**
 * In this order: a personal token (DATABRICKS_TOKEN); a service principal (DATABRICKS_CLIENT_ID and
 * DATABRICKS_CLIENT_SECRET); on Azure the Azure CLI. DATABRICKS_AUTH_TYPE names one of them instead.
 * They come from the environment only. Throws `config_invalid` when there are none.
 */
export function chooseCredentials(
  workspace: Workspace,
  env: Environment,
  effects: CredentialEffects = {},
): WorkspaceCredentials {
  switch (readAuthType(env) ?? guessAuthType(workspace, env)) {
    case 'pat':
      return personalToken(env);
    case 'oauth-m2m':
      return servicePrincipal(workspace, env, effects);
    case 'azure-cli':
      return azureCli(env, effects);
  }
}

function readAuthType(env: Environment): AuthType | undefined {
  const given = env.DATABRICKS_AUTH_TYPE || undefined;
  const known = AUTH_TYPES.find((type) => type === given);
  if (given === undefined || known !== undefined) {
    return known;
  }
  throw new ClicklakeError(
    'config_invalid',
    `DATABRICKS_AUTH_TYPE is ${given}, which Clicklake does not know`,
    { hint: `it knows ${AUTH_TYPES.join(', ')}` },
  );
}

function guessAuthType({ host }: Workspace, env: Environment): AuthType {
  if (env.DATABRICKS_TOKEN) {
    return 'pat';
  }
  if (env.DATABRICKS_CLIENT_ID || env.DATABRICKS_CLIENT_SECRET) {
    return 'oauth-m2m';
  }
  if (AZURE_HOST.test(host)) {
    return 'azure-cli';
  }
  throw new ClicklakeError('config_invalid', `there are no credentials for ${host}`, {
    hint: 'set DATABRICKS_TOKEN, or DATABRICKS_CLIENT_ID and DATABRICKS_CLIENT_SECRET',
  });
}

function personalToken(env: Environment): WorkspaceCredentials {
  const token = env.DATABRICKS_TOKEN?.trim();
  if (!token) {
    throw missing('DATABRICKS_TOKEN');
  }
  return {
    getToken: async () => token,
    refusalHint:
      'check DATABRICKS_TOKEN: whether it has ended and is of this workspace; and that its owner may attach to the compute',
  };
}

function servicePrincipal(
  { host, port }: Workspace,
  env: Environment,
  { certificateAuthority, proxy, now }: CredentialEffects,
): WorkspaceCredentials {
  const clientId = env.DATABRICKS_CLIENT_ID?.trim();
  if (!clientId) {
    throw missing('DATABRICKS_CLIENT_ID');
  }
  const clientSecret = env.DATABRICKS_CLIENT_SECRET?.trim();
  if (!clientSecret) {
    throw missing('DATABRICKS_CLIENT_SECRET');
  }
  const way = {
    ...(certificateAuthority === undefined ? {} : { certificateAuthority }),
    ...(proxy === undefined ? {} : { proxy }),
  };
  return {
    getToken: renewingToken(
      () => exchangeClientCredentials({ host, port, clientId, clientSecret, ...way }, now),
      now,
    ),
    refusalHint:
      'check that the service principal belongs to the workspace and may attach to the compute',
  };
}

function azureCli(env: Environment, { now }: CredentialEffects): WorkspaceCredentials {
  return {
    getToken: renewingToken(() => askAzureCli(env.ARM_TENANT_ID || undefined), now),
    refusalHint:
      'check that the user of the Azure CLI (az account show) belongs to the workspace and may attach to the compute',
  };
}

async function askAzureCli(tenantId: string | undefined): Promise<IssuedToken> {
  // Loading it takes long: only who needs it pays.
  const { AzureCliCredential } = await import('@azure/identity');
  try {
    const credential = new AzureCliCredential(tenantId === undefined ? {} : { tenantId });
    const { token, expiresOnTimestamp } = await credential.getToken(AZURE_SCOPE);
    return { token, expiresAtMs: expiresOnTimestamp };
  } catch (cause) {
    throw new ClicklakeError(
      'access_refused',
      'the Azure CLI gives no token for the Databricks workspace',
      {
        hint: 'sign in with: az login; or set DATABRICKS_TOKEN, or DATABRICKS_CLIENT_ID and DATABRICKS_CLIENT_SECRET',
        cause,
      },
    );
  }
}

function missing(variable: string): ClicklakeError {
  return new ClicklakeError('config_invalid', `${variable} is not set`, {
    hint: 'set it, or choose other credentials for the workspace with DATABRICKS_AUTH_TYPE',
  });
}

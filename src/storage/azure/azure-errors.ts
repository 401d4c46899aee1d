import { ClicklakeError, type ErrorCode } from '../../errors.ts';
import type { AzureAddress } from './address.ts';

/** The HTTP status of a thrown value, if it has one. */
export function statusOf(error: unknown): number | undefined {
  const status = field(error, 'statusCode');
  return typeof status === 'number' ? status : undefined;
}

/**
 * The name that the service or the system gives the failure, such as `BlobNotFound` or
 * `ECONNRESET`; '' if none.
 */
export function nameOfFailure(error: unknown): string {
  const named = field(field(error, 'details'), 'errorCode') ?? field(error, 'code');
  if (typeof named === 'string') {
    return named;
  }
  const kind = field(error, 'name');
  return typeof kind === 'string' ? kind : '';
}

/** True if the blob is missing, but not if its container is. */
export function isBlobMissing(error: unknown): boolean {
  return statusOf(error) === 404 && nameOfFailure(error) !== 'ContainerNotFound';
}

/**
 * Translates an error of the SDK. `action` and `path` describe what failed. The SDK's own error
 * contains the request with its signature, so neither it nor its text is passed on.
 */
export function azureError(
  action: string,
  path: string,
  address: AzureAddress,
  error: unknown,
  tryCount: number,
): ClicklakeError {
  if (error instanceof ClicklakeError) {
    return error;
  }
  const name = nameOfFailure(error);
  const status = statusOf(error);
  const { code, reason, hint } = explain(name, status, address, tryCount);
  const where = path === '' ? address.url : `${address.url}/${path}`;
  return new ClicklakeError(code, `cannot ${action} ${where}: ${reason}`, {
    hint,
    cause: new Error([status, name].filter((part) => part !== undefined && part !== '').join(' ')),
  });
}

interface Explanation {
  code: ErrorCode;
  reason: string;
  hint: string;
}

/** Refusals caused by the state of a file, by the service's error code. */
const STATES: Readonly<Record<string, { reason: string; hint: string }>> = {
  BlobArchived: {
    reason: 'the file is in the archive tier',
    hint: 'restore it (az storage blob set-tier --tier Hot), which takes hours, and run again; exclude the lake from archiving rules',
  },
  BlobBeingRehydrated: {
    reason: 'the file is being restored from the archive tier',
    hint: 'run again when it is restored: nothing is lost',
  },
  SnapshotsPresent: {
    reason: 'the file has snapshots',
    hint: 'delete the snapshots, which Clicklake never deletes itself, and run again',
  },
  LeaseIdMissing: {
    reason: 'another program holds a lease on the file',
    hint: 'end that program, or break the lease (az storage blob lease break), and run again',
  },
  BlobImmutableDueToPolicy: {
    reason: 'an immutability policy protects the file',
    hint: 'keep the lake in a container without such a policy: maintain deletes old files',
  },
};

function explain(
  name: string,
  status: number | undefined,
  address: AzureAddress,
  tryCount: number,
): Explanation {
  const { account, container } = address;
  if (name === 'ContainerNotFound') {
    return {
      code: 'not_found',
      reason: `there is no container ${container} in the storage account ${account}`,
      hint: `create it (az storage container create --account-name ${account} --name ${container}) or name another lake`,
    };
  }
  if (status === 404) {
    return {
      code: 'not_found',
      reason: 'there is no such file',
      hint: 'check the path; another process may have removed the file',
    };
  }
  if (
    /^(?:AuthorizationPermissionMismatch|AuthorizationServiceMismatch|AuthorizationResourceTypeMismatch|InsufficientAccountPermissions|AuthorizationProtocolMismatch|AuthorizationSourceIPMismatch)$/.test(
      name,
    )
  ) {
    return {
      code: 'permission_denied',
      reason: `these credentials do not permit this in the container ${container}`,
      hint: 'give the identity the role "Storage Blob Data Contributor", or the signature the permissions racwdl; check the firewall of the account',
    };
  }
  if (name === 'AuthorizationFailure') {
    return {
      code: 'permission_denied',
      reason: `the storage account ${account} refuses the credentials: wrong, expired or without permission`,
      hint: 'renew the key or signature (permissions racwdl), or sign in with: az login; check the firewall of the account and the clock of this machine',
    };
  }
  if (status === 401 || status === 403) {
    return {
      code: 'permission_denied',
      reason: `the storage account ${account} does not accept the credentials (wrong or expired)`,
      hint: 'renew AZURE_STORAGE_CONNECTION_STRING, AZURE_STORAGE_ACCOUNT_KEY or AZURE_STORAGE_SAS_TOKEN, or sign in with: az login; also check the clock of this machine',
    };
  }
  if (
    /^(?:CredentialUnavailableError|AggregateAuthenticationError|AuthenticationError|AuthenticationRequiredError)$/.test(
      name,
    )
  ) {
    return {
      code: 'permission_denied',
      reason: `there are no credentials for the storage account ${account}`,
      hint: 'set AZURE_STORAGE_CONNECTION_STRING, AZURE_STORAGE_ACCOUNT_KEY or AZURE_STORAGE_SAS_TOKEN, or sign in with: az login',
    };
  }
  if (name === 'ENOTFOUND' || name === 'EAI_AGAIN') {
    return {
      code: 'storage_failed',
      reason: `the storage account ${account} is not known on this network`,
      hint: 'check the name of the account in the address and the network',
    };
  }
  if (isCertificateFailure(name)) {
    return {
      code: 'storage_failed',
      reason: `the certificate of the storage account ${account} is not trusted (${name})`,
      hint: 'if a proxy of your network stands between, name its certificate in NODE_EXTRA_CA_CERTS',
    };
  }
  const state = STATES[name];
  if (state !== undefined) {
    return { code: 'storage_failed', ...state };
  }
  if (status === 412) {
    return {
      code: 'storage_failed',
      reason: 'the file was replaced while it was read',
      hint: 'run again: nothing is lost',
    };
  }
  const failure = [status, name].filter((part) => part !== undefined && part !== '').join(' ');
  return {
    code: 'storage_failed',
    reason: `the storage did not do it in ${tryCount} ${tryCount === 1 ? 'try' : 'tries'} (${failure || 'no answer'})`,
    hint: 'check the network and the state of the storage account, then run again: nothing is lost',
  };
}

/** Whether a connection failed because the certificate is not trusted. */
export function isCertificateFailure(name: string): boolean {
  return /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ERR_TLS/.test(name);
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? (value as Record<string, unknown>)[name]
    : undefined;
}

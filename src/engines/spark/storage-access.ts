/**
 * Gives Spark what it needs to reach a remote lake, for its session: Hadoop's settings with the
 * credentials of this process. Spark must neither show them nor write them anywhere.
 */
import { ClicklakeError } from '../../errors.ts';
import { parseConnectionString, type SparkConnection, SparkError } from './connect/index.ts';
import { isDatabricksAddress } from './databricks/workspace.ts';

export interface StorageAccess {
  /** Settings of Hadoop by which Spark reaches the lake; some hold secrets. None: Spark has its own. */
  settings: Readonly<Record<string, string>>;
  /** Whether Spark is given them; undefined: unless it is a Databricks, where Unity Catalog decides. */
  isPassed: boolean | undefined;
}

/** Spark shows settings in its pages and its event log, but for those whose name matches this. */
const HIDDEN_SETTINGS = 'spark.sql.redaction.options.regex';
const HIDDEN_BY_DEFAULT = '(?i)url';
const SECRETS = String.raw`fs\.azure\.(?:account\.key|sas\.|account\.oauth2)`;

/** The settings to give to the Spark at `url`. Throws `usage` when they would travel in clear. */
export function settingsToPass(
  url: string,
  { settings, isPassed }: StorageAccess,
): Readonly<Record<string, string>> {
  const isWanted = isPassed ?? !isDatabricksAddress(url);
  if (!isWanted || Object.keys(settings).length === 0) {
    return {};
  }
  if (isDatabricksAddress(url)) {
    return settings;
  }
  const { host, useTls } = parseConnectionString(url);
  if (useTls || /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/i.test(host)) {
    return settings;
  }
  throw new ClicklakeError(
    'usage',
    `the credentials of the lake would be sent to the Spark at ${host} without TLS`,
    {
      hint: 'add ;use_ssl=true to its address; or give Spark credentials of its own and set spark.pass_credentials: false',
    },
  );
}

/** Hides the secrets first, then gives them. */
export async function passSettings(
  connection: SparkConnection,
  settings: Readonly<Record<string, string>>,
): Promise<void> {
  if (Object.keys(settings).length === 0) {
    return;
  }
  const { [HIDDEN_SETTINGS]: hidden = HIDDEN_BY_DEFAULT } = await connection.getConfig([
    HIDDEN_SETTINGS,
  ]);
  await connection.setConfig({ [HIDDEN_SETTINGS]: `(?:${hidden})|${SECRETS}` });
  await connection.setConfig(settings);
}

/** The same connection, whose failures to reach the lake are told in a sentence. */
export function explainingRefusals(
  connection: SparkConnection,
  lake: string,
  isPassed: boolean,
): SparkConnection {
  const explained = async <T>(work: Promise<T>): Promise<T> =>
    await work.catch((error: unknown) => {
      throw explainRefusal(error, lake, isPassed);
    });
  return {
    ...connection,
    run: (sql, options) => explained(connection.run(sql, options)),
    async query(sql, options) {
      const { columns, batches } = await explained(connection.query(sql, options));
      return { columns, batches: mapNext(batches, explained) };
    },
    async select(sql, options) {
      const { columns, batches } = await explained(connection.select(sql, options));
      return { columns, batches: mapNext(batches, explained) };
    },
    reply: (script, options) => explained(connection.reply(script, options)),
    defineFiles: (name, files) => explained(connection.defineFiles(name, files)),
  };
}

/** Not a generator: closing one before its first batch would not reach the server. */
function mapNext<Batch>(
  batches: AsyncIterableIterator<Batch>,
  map: <T>(work: Promise<T>) => Promise<T>,
): AsyncIterableIterator<Batch> {
  const mapped: AsyncIterableIterator<Batch> = {
    ...batches,
    next: () => map(batches.next()),
    [Symbol.asyncIterator]: () => mapped,
  };
  return mapped;
}

const ANY_FAILURE =
  'org.apache.hadoop.fs.azurebfs.contracts.exceptions.AzureBlobFileSystemException';
const ANSWERED = 'org.apache.hadoop.fs.azurebfs.contracts.exceptions.AbfsRestOperationException';
const REFUSED = 'java.nio.file.AccessDeniedException';

/** Told by the Java classes of the failure; any other is returned as it is. */
function explainRefusal(error: unknown, lake: string, isPassed: boolean): unknown {
  if (!(error instanceof SparkError)) {
    return error;
  }
  const { javaClasses } = error;
  if (!javaClasses.has(ANY_FAILURE)) {
    return error;
  }
  if (javaClasses.has(REFUSED)) {
    return new ClicklakeError('permission_denied', `Spark is refused access to ${lake}`, {
      hint: isPassed
        ? 'Spark keeps the credentials that it was given first for a container until it ends: if they have been renewed, restart it'
        : 'give the cluster access to the storage account (docs/azure.md), or set AZURE_STORAGE_ACCOUNT_KEY and the like to pass credentials on',
      cause: error,
    });
  }
  if (javaClasses.has(ANSWERED)) {
    return error;
  }
  return new ClicklakeError('permission_denied', `Spark has no credentials for ${lake}`, {
    hint: 'configure the cluster for the storage account (docs/azure.md), or set AZURE_STORAGE_ACCOUNT_KEY and the like to pass credentials on',
    cause: error,
  });
}

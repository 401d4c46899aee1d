/**
 * Merges the settings of a command from defaults, configuration file, environment and flags. Later
 * sources win, key by key.
 */
import { dirname, join, resolve } from 'node:path';
import { comparableType } from '../contract/event-type.ts';
import { ClicklakeError } from '../errors.ts';
import { userCacheFolder } from './cache-folder.ts';
import { checkSources } from './check-sources.ts';
import { type LoadedConfigFile, loadConfigFile } from './config-file.ts';
import { DEFAULTS, defaultMemoryLimitMb } from './defaults.ts';
import { CONFIG_VARIABLE, type Environment, readEnvironment } from './environment.ts';
import { BUILT_IN_EVENT_TYPE_ALIASES } from './event-types.ts';
import { readExchangeRates } from './exchange-rates.ts';
import { isRemoteAddress, withoutQuery } from './lake-address.ts';
import type { ConfigFile } from './schema.ts';
import type { Settings } from './settings.ts';
import { siteRules } from './sites.ts';

/** Facts about the machine that defaults depend on. */
export interface Machine {
  /**
   * Memory available to this process in bytes: the machine's, or the container's limit if lower.
   */
  memoryBytes: number;
  threads: number;
  homeDir: string;
}

export interface SettingsSources {
  cwd: string;
  env: Environment;
  /**
   * `--config`; undefined: `CLICKLAKE_CONFIG`, else `clicklake.yaml` in the working folder if it
   * exists.
   */
  configPath?: string | undefined;
  /** `--lake`. */
  lake?: string | undefined;
  /** `--engine`, already validated. */
  engine?: Settings['engine'] | undefined;
  /** `--spark-url`. */
  sparkUrl?: string | undefined;
  machine: Machine;
}

/**
 * Loads and merges the settings. Throws `config_invalid`, naming the file and line or the variable.
 * Writes nothing.
 */
export async function loadSettings(sources: SettingsSources): Promise<Settings> {
  const { cwd, env, machine } = sources;
  const file = await loadConfigFile(cwd, sources.configPath ?? (env[CONFIG_VARIABLE] || undefined));
  const fromFile = anchorPaths(file?.values ?? {}, folderOf(file, cwd), machine.homeDir);
  const fromEnv = anchorPaths(readEnvironment(env), cwd, machine.homeDir);
  const fromFlags = anchorPaths(valuesOfFlags(sources), cwd, machine.homeDir);
  const values = [fromFile, fromEnv, fromFlags].reduce(mergeValues);
  const cacheFolder = userCacheFolder(env, machine.homeDir);
  const settings = completeSettings(values, folderOf(file, cwd), machine, cacheFolder);
  // Mappings from the environment replace all those of the file.
  const isFromFile = fromEnv.sources === undefined && file !== undefined;
  checkSources(settings, isFromFile ? file.locate : () => 'CLICKLAKE_SOURCES');
  return settings;
}

function valuesOfFlags({ lake, engine, sparkUrl }: SettingsSources): ConfigFile {
  return {
    ...(lake === undefined ? {} : { lake }),
    ...(engine === undefined ? {} : { engine }),
    ...(sparkUrl === undefined ? {} : { spark: { url: sparkUrl } }),
  };
}

function completeSettings(
  values: ConfigFile,
  baseDir: string,
  machine: Machine,
  cacheFolder: string,
): Settings {
  const eventTypes = values.silver?.event_types ?? DEFAULTS.eventTypes;
  return {
    lake: values.lake ?? join(baseDir, 'lake'),
    engine: values.engine ?? DEFAULTS.engine,
    spark: completeSpark(values.spark ?? {}),
    duckdb: {
      memoryLimitMb: values.memory_limit_mb ?? defaultMemoryLimitMb(machine.memoryBytes),
      threads: values.threads ?? machine.threads,
      tempDir: values.temp_dir,
    },
    silver: {
      eventTypes,
      eventTypeAliases: joinAliases(eventTypes, values.silver?.event_type_aliases ?? {}),
      conflictScope: values.silver?.conflict_scope ?? DEFAULTS.conflictScope,
      extraColumns: Object.entries(values.silver?.extra_columns ?? {}).map(([name, type]) => ({
        name,
        type,
      })),
      maxBatchMb: values.silver?.max_batch_mb,
    },
    ...(values.sources === undefined ? {} : { sources: values.sources }),
    models: values.models,
    funnel: { skipCheckout: values.funnel?.skip_checkout ?? DEFAULTS.skipCheckout },
    sessions: {
      timeoutMinutes: values.sessions?.timeout_minutes ?? DEFAULTS.sessionTimeoutMinutes,
      derive: values.sessions?.derive ?? DEFAULTS.deriveSessions,
    },
    reporting: { timeZone: values.reporting?.time_zone ?? DEFAULTS.timeZone },
    bots: values.bots ?? DEFAULTS.bots,
    orders: { ignoredIds: values.orders?.ignore_ids ?? DEFAULTS.ignoredOrderIds },
    money: completeMoney(values.money ?? {}),
    sites: siteRules({
      channels: values.channels ?? {},
      own: values.sites?.own ?? [],
      ignored: values.sites?.ignore_referrers ?? [],
    }),
    landingPages: values.landing_pages ?? [],
    maintain: {
      retentionHours: values.maintain?.retention_hours ?? DEFAULTS.retentionHours,
      targetFileMb: values.maintain?.target_file_mb ?? DEFAULTS.targetFileMb,
    },
    azure: {
      maxTries: values.azure?.max_tries ?? DEFAULTS.azureMaxTries,
      retryDelayMs: values.azure?.retry_delay_ms ?? DEFAULTS.azureRetryDelayMs,
      requestTimeoutMs: 1_000 * (values.azure?.request_timeout_s ?? DEFAULTS.azureRequestTimeoutS),
    },
    cache: {
      folder: values.cache?.dir ?? cacheFolder,
      maxMb: values.cache?.max_mb ?? DEFAULTS.cacheMaxMb,
    },
  };
}

function completeSpark({
  url,
  catalog,
  schema,
  pass_credentials: passCredentials,
  from_mb: fromMb,
}: NonNullable<ConfigFile['spark']>): Settings['spark'] {
  if (catalog !== undefined && schema === undefined) {
    throw new ClicklakeError('config_invalid', 'spark.catalog is set, but not spark.schema', {
      hint: 'name the schema of the catalog in which the tables are to be registered',
    });
  }
  return { url, fromMb, catalog, schema, passCredentials };
}

function completeMoney({
  currency,
  rates,
  assume,
}: NonNullable<ConfigFile['money']>): NonNullable<Settings['money']> {
  if (rates !== undefined && currency === undefined) {
    throw new ClicklakeError('config_invalid', 'money.rates is set, but not money.currency', {
      hint: 'name the currency that amounts are to be converted to',
    });
  }
  return {
    currency: currency?.toUpperCase(),
    assume: assume?.toUpperCase(),
    rates: rates === undefined ? [] : readExchangeRates(rates),
  };
}

/**
 * The built-in aliases for configured event types, plus the user's aliases. A canonical name cannot
 * be an alias, because it would be replaced before it is recognized.
 */
function joinAliases(
  eventTypes: readonly string[],
  own: Readonly<Record<string, string>>,
): Record<string, string> {
  const aliases: Record<string, string> = {};
  for (const [alias, name] of Object.entries(BUILT_IN_EVENT_TYPE_ALIASES)) {
    if (eventTypes.includes(name) && !eventTypes.includes(alias)) {
      aliases[alias] = name;
    }
  }
  const meanings = new Map<string, { spelling: string; name: string }>();
  for (const [spelling, name] of Object.entries(own)) {
    const alias = comparableType(spelling);
    if (!eventTypes.includes(name)) {
      throw new ClicklakeError(
        'config_invalid',
        `silver.event_type_aliases: "${spelling}" stands for "${name}", which is not an event type`,
        { hint: `event types are: ${eventTypes.join(', ')}; add it to silver.event_types` },
      );
    }
    if (eventTypes.includes(alias)) {
      throw new ClicklakeError(
        'config_invalid',
        `silver.event_type_aliases: "${spelling}" is an event type itself and cannot stand for "${name}"`,
        { hint: 'remove it from the aliases or from silver.event_types' },
      );
    }
    const other = meanings.get(alias);
    if (other !== undefined && other.name !== name) {
      throw new ClicklakeError(
        'config_invalid',
        `silver.event_type_aliases: "${spelling}" stands for "${name}", and "${other.spelling}", which is the same, for "${other.name}"`,
        { hint: 'remove one of them: case and white space around it do not matter' },
      );
    }
    meanings.set(alias, { spelling, name });
    aliases[alias] = name;
  }
  return aliases;
}

/** Merges sections key by key. Lists and maps are replaced as a whole. */
function mergeValues(earlier: ConfigFile, later: ConfigFile): ConfigFile {
  return {
    ...earlier,
    ...later,
    spark: { ...earlier.spark, ...later.spark },
    silver: { ...earlier.silver, ...later.silver },
    funnel: { ...earlier.funnel, ...later.funnel },
    sessions: { ...earlier.sessions, ...later.sessions },
    reporting: { ...earlier.reporting, ...later.reporting },
    orders: { ...earlier.orders, ...later.orders },
    money: { ...earlier.money, ...later.money },
    channels: { ...earlier.channels, ...later.channels },
    sites: { ...earlier.sites, ...later.sites },
    maintain: { ...earlier.maintain, ...later.maintain },
    azure: { ...earlier.azure, ...later.azure },
    cache: { ...earlier.cache, ...later.cache },
  };
}

function anchorPaths(values: ConfigFile, baseDir: string, homeDir: string): ConfigFile {
  const anchored = { ...values };
  if (values.lake !== undefined) {
    anchored.lake = anchorLake(values.lake, baseDir, homeDir);
  }
  if (values.models !== undefined) {
    anchored.models = anchorPath(values.models, baseDir, homeDir);
  }
  if (values.temp_dir !== undefined) {
    anchored.temp_dir = anchorPath(values.temp_dir, baseDir, homeDir);
  }
  if (values.money?.rates !== undefined) {
    anchored.money = {
      ...values.money,
      rates: anchorPath(values.money.rates, baseDir, homeDir),
    };
  }
  if (values.cache?.dir !== undefined) {
    anchored.cache = { ...values.cache, dir: anchorPath(values.cache.dir, baseDir, homeDir) };
  }
  return anchored;
}

/** Makes a local path absolute. A storage address (`scheme://…`) is returned unchanged. */
function anchorLake(lake: string, baseDir: string, homeDir: string): string {
  if (!isRemoteAddress(lake)) {
    return anchorPath(lake, baseDir, homeDir);
  }
  // The address is printed and written to files for others, so it must not contain a signature.
  if (/[?#]/.test(lake)) {
    throw new ClicklakeError('config_invalid', `not a storage address: ${withoutQuery(lake)}`, {
      hint: 'write it as abfss://container@account.dfs.core.windows.net/path, and give a signature in AZURE_STORAGE_SAS_TOKEN',
    });
  }
  return lake;
}

/** Resolves `~` too, because a path in a file is not expanded by a shell. */
function anchorPath(path: string, baseDir: string, homeDir: string): string {
  const expanded = /^~(?=$|[/\\])/.test(path) ? homeDir + path.slice(1) : path;
  return resolve(baseDir, expanded);
}

function folderOf(file: LoadedConfigFile | undefined, cwd: string): string {
  return file === undefined ? cwd : dirname(file.path);
}

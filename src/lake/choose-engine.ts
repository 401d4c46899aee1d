/** Chooses the engine and configures it from the settings. No other module does this. */
import process from 'node:process';
import { goldRules } from '../config/gold-rules.ts';
import type { EngineName, Settings } from '../config/settings.ts';
import type { DeltaContext } from '../delta/context.ts';
import { openDuckdbEngine } from '../engines/duckdb/engine.ts';
import type { SqlConnection } from '../engines/duckdb/sql-connection.ts';
import type { Engine } from '../engines/engine.ts';
import type { EventTypeRules } from '../engines/event-types.ts';
import type { ConnectOptions } from '../engines/spark/connect-to-lake.ts';
import { ClicklakeError } from '../errors.ts';
import type { Mapping } from '../mapping/mapping.ts';
import type { SourceMappings } from '../mapping/source-mappings.ts';
import { readModel } from '../pipeline/models.ts';
import { isAzureAddress, parseAzureAddress } from '../storage/azure/address.ts';
import { hadoopSettings } from '../storage/azure/hadoop-settings.ts';

export interface EngineParts {
  /** DuckDB is always opened, because every engine needs it for checkpoints and to write few rows. */
  connection: SqlConnection;
  delta: DeltaContext;
  mappings: SourceMappings;
  env: Readonly<Record<string, string | undefined>> | undefined;
  signal: AbortSignal | undefined;
}

/** Throws `config_invalid` if the spark engine has no URL. */
export async function openEngine(
  name: EngineName,
  settings: Settings,
  { connection, delta, mappings, env = process.env, signal }: EngineParts,
): Promise<Engine> {
  const common = {
    delta,
    mappings: mappings.list,
    eventTypes: mappings.list.map((mapping) => eventTypeRules(settings, mapping)),
    rules: goldRules(settings),
  };
  if (name === 'duckdb') {
    return await openDuckdbEngine({
      ...common,
      connection,
      threads: settings.duckdb.threads,
      functions: readModel('functions/duckdb'),
    });
  }
  const connect = sparkConnectOptions(settings, env);
  // Imported on demand: its client takes a while to load.
  const { openSparkEngine } = await import('../engines/spark/engine.ts');
  const { catalog, schema } = settings.spark;
  return await openSparkEngine({
    ...common,
    duckdb: connection,
    catalog: schema === undefined ? undefined : { catalog, schema },
    ...connect,
    functions: readModel('functions/spark'),
    lineTexts: readModel('bronze/spark'),
    signal,
  });
}

/** How to connect to the configured Spark. Throws `config_invalid` if there is no URL. */
export function sparkConnectOptions(
  { engine, spark, lake }: Settings,
  env: Readonly<Record<string, string | undefined>> = process.env,
): ConnectOptions {
  if (spark.url === undefined) {
    throw new ClicklakeError(
      'config_invalid',
      `engine ${engine === 'auto' ? 'auto' : 'spark'} needs a Spark Connect URL`,
      {
        hint: 'give --spark-url sc://localhost:15002 or databricks://<workspace host>, or spark.url in clicklake.yaml (sparkUrl in a program)',
      },
    );
  }
  return {
    url: spark.url,
    access: {
      settings: isAzureAddress(lake) ? hadoopSettings(parseAzureAddress(lake), env) : {},
      isPassed: spark.passCredentials,
    },
    env,
  };
}

function eventTypeRules({ silver }: Settings, mapping: Mapping): EventTypeRules {
  const names = new Map(silver.eventTypes.map((name) => [name, name]));
  const spellings = [...mapping.eventTypes, ...Object.entries(silver.eventTypeAliases)];
  for (const [spelling, name] of spellings) {
    if (!names.has(spelling)) {
      names.set(spelling, name);
    }
  }
  return { names, ignored: mapping.ignored, keepsUnknown: mapping.keepsUnknownTypes };
}

/**
 * The schema of `clicklake.yaml`: accepted values, the meaning of each key, and error messages. The
 * JSON schema for editors and the reference in docs/operations.md are generated from it (`npm run
 * generate`).
 */
import { z } from 'zod';
import { FIELD_NAMES } from '../contract/fields.ts';
import { isCurrency } from '../contract/money.ts';
import { isTimeZone } from '../contract/time-zone.ts';
import { FORMAT_NAMES } from '../mapping/mapping.ts';
import { listPresets } from '../mapping/presets.ts';
import { DEFAULTS } from './defaults.ts';
import type { ExtraColumnType } from './settings.ts';

/** Columns of `silver_events` in the contract; extra columns cannot have these names. */
const CONTRACT_COLUMNS: readonly string[] = [
  ...FIELD_NAMES,
  ...['item_count', 'event_date', 'bronze_path', 'received_at'],
];

const EXTRA_COLUMN_TYPES = [
  'string',
  'int',
  'bigint',
  'double',
  'decimal(18,2)',
  'boolean',
  'timestamp',
  'date',
] as const satisfies readonly ExtraColumnType[];

const eventTypeName = text(
  'a name of lower-case letters, digits and the characters _ - . :',
  /^[a-z0-9_][a-z0-9_.:-]{0,99}$/,
);

const silverSection = z
  .strictObject({
    event_types: z
      .array(eventTypeName, { error: 'a list of event names' })
      .min(1, { error: 'a list of at least one event name' })
      .refine(hasNoRepeats, { error: 'a list without repeated names' })
      .meta({
        default: DEFAULTS.eventTypes,
        description:
          'The canonical event names that are valid; replaces the built-in list. Other names are quarantined as unknown_event_type.',
      }),
    event_type_aliases: z
      .record(z.string(), eventTypeName, { error: 'a map of other spellings to event names' })
      .meta({
        description:
          'Other spellings and the canonical name each stands for, e.g. "buy now": purchase. Added to the built-in aliases for Google Analytics 4 and Segment. Upper and lower case do not matter.',
      }),
    conflict_scope: oneOf(['all', 'date']).meta({
      default: DEFAULTS.conflictScope,
      description:
        'Where the id of a new event is looked for to find conflicting ids: in all dates (exact), or only in the dates of the new events (cheaper on a very large lake).',
    }),
    extra_columns: z
      .record(z.string(), oneOf(EXTRA_COLUMN_TYPES), {
        error: 'a map of field names to column types',
      })
      .superRefine(checkExtraColumnNames)
      .meta({
        description: `Additional fields that become columns of silver_events, each with its type (${EXTRA_COLUMN_TYPES.join(', ')}). A value of another type becomes null.`,
      }),
    max_batch_mb: wholeNumber(1, 1_000_000).meta({
      default: DEFAULTS.maxBatchMb.duckdb,
      description: `Uncompressed megabytes (1,000,000 bytes) of Bronze files that one commit to Silver covers; ${DEFAULTS.maxBatchMb.spark} with engine spark. Larger is a little quicker, smaller needs less memory and disk at a time.`,
    }),
  })
  .partial()
  .meta({ description: 'How raw lines become events.' });

const paths = z.union([z.string(), z.array(z.string(), { error: 'a list of paths' })], {
  error: 'a path into the record, such as properties.price, or a list of paths',
});

const sourceMapping = z
  .strictObject(
    {
      preset: oneOf(listPresets()),
      format: oneOf(FORMAT_NAMES),
      landing: z.string({ error: 'the address of a landing container' }),
      fields: z.record(z.string(), paths, { error: 'a map of contract fields to paths' }),
      constants: z.record(
        z.string(),
        z.union([z.string(), z.number(), z.boolean()], { error: 'a text' }),
        { error: 'a map of contract fields to texts' },
      ),
      missing: z.array(z.string(), { error: 'a list of texts' }),
      event_id: oneOf(['sent', 'content']),
      event_types: z.record(z.string(), eventTypeName, {
        error: 'a map of the names in the records to event names',
      }),
      ignore: z.array(z.string(), { error: 'a list of names of events' }),
      unknown_event_types: oneOf(['keep', 'quarantine']),
      session_scope: oneOf(['source', 'visitor']),
      items: z.record(z.string(), paths, { error: 'a map: from, product_id, price, quantity …' }),
    },
    { error: 'a map of keys such as preset, fields and items' },
  )
  .partial();

/** The keys that a source's mapping can have. */
export const MAPPING_KEYS: readonly string[] = Object.keys(sourceMapping.shape);

const funnelSection = z
  .strictObject({
    skip_checkout: trueOrFalse().meta({
      default: DEFAULTS.skipCheckout,
      description:
        'true if the shop sends no checkout events: the funnel then goes from the cart straight to the purchase.',
    }),
  })
  .partial()
  .meta({ description: 'The conversion funnel of gold_funnel.' });

const sessionsSection = z
  .strictObject({
    timeout_minutes: wholeNumber(1, 1_440).meta({
      default: DEFAULTS.sessionTimeoutMinutes,
      description:
        'A visitor whose next event comes after this many minutes, or more, begins another session.',
    }),
    derive: oneOf(['missing', 'always']).meta({
      default: DEFAULTS.deriveSessions,
      description:
        'missing: events without a session id are grouped into sessions by that pause. always: all events are, and session ids as sent are ignored.',
    }),
  })
  .partial()
  .meta({ description: 'Sessions of events that come without a session id.' });

const TIME_ZONE = 'the IANA name of a time zone, such as Europe/Berlin or Asia/Jakarta';

const reportingSection = z
  .strictObject({
    time_zone: text(TIME_ZONE).refine(isTimeZone, { error: TIME_ZONE }).meta({
      default: DEFAULTS.timeZone,
      description:
        'The time zone of the shop, as an IANA name such as Europe/Berlin: Gold counts by its days and hours. Silver stays in UTC.',
    }),
  })
  .partial()
  .meta({ description: 'How Gold counts.' });

const ordersSection = z
  .strictObject({
    ignore_ids: z
      .array(z.string('a text: put a number in quotes'), { error: 'a list of texts' })
      .meta({
        default: DEFAULTS.ignoredOrderIds,
        description:
          'Placeholder order ids, such as 0 or undefined: each purchase with such an id is an order of its own.',
      }),
  })
  .partial()
  .meta({ description: 'How purchases are grouped into orders.' });

const CURRENCY = 'the code of a currency, such as EUR';

const currencyCode = text(CURRENCY).refine((code) => isCurrency(code.toUpperCase()), {
  error: CURRENCY,
});

const moneySection = z
  .strictObject({
    currency: currencyCode.meta({
      description:
        'The currency of all sums of Gold: amounts of other currencies are converted by money.rates. Default: amounts are added as they are sent.',
    }),
    rates: text('a file').meta({
      description:
        'File of exchange rates: CSV with the columns date, currency and rate (units of money.currency for one unit). An order is converted by the last rate on or before its day. A relative path counts from this file. Default: none; then orders of other currencies have no amount in money.currency.',
    }),
    assume: currencyCode.meta({
      description: 'The currency of orders that name none. Default: unknown.',
    }),
  })
  .partial()
  .meta({ description: 'Currencies.' });

/** Anything with a scheme, a path or another asterisk would fit no site. */
const siteNames = z.array(
  text('a site, such as shop.example or google.*, not an address', /^[^\s*/:][^*/:]*(\.\*)?$/),
  { error: 'a list of sites, such as shop.example' },
);

const channelsSection = z
  .strictObject({
    search: siteNames.meta({ description: 'More search engines (docs/channels.md).' }),
    social: siteNames.meta({ description: 'More social networks.' }),
    video: siteNames.meta({ description: 'More video sites.' }),
    shopping: siteNames.meta({ description: 'More shopping and comparison sites.' }),
    ai: siteNames.meta({ description: 'More assistants.' }),
  })
  .partial()
  .meta({
    description: 'Sites that determine the channel of a session, added to the built-in lists.',
  });

const sitesSection = z
  .strictObject({
    own: siteNames.meta({
      default: [],
      description:
        "The shop's own sites: a referrer from one of them, or from the site of the page itself, is not used as the source of a session.",
    }),
    ignore_referrers: siteNames.meta({
      default: [],
      description:
        'Other sites whose referrers are ignored, added to the built-in list of payment providers.',
    }),
  })
  .partial()
  .meta({ description: 'Where sessions come from.' });

const landingPageGroups = z
  .array(
    z.strictObject(
      {
        group: text('a name'),
        paths: z
          .array(text('a path without a query, such as /product/*', /^[/*][^?#]*$/), {
            error: 'a list of paths, such as /product/*',
          })
          .min(1, { error: 'a list of at least one path' }),
      },
      { error: 'a map of group and paths' },
    ),
    { error: 'a list of groups, each with a name and its paths' },
  )
  .meta({
    default: [],
    description:
      'Landing pages that are counted together, each {group: name, paths: [/product/*]}: * stands for any characters, upper and lower case differ. The first group that fits is the landing page; a page that fits none stays its path (docs/channels.md).',
  });

const maintainSection = z
  .strictObject({
    retention_hours: wholeNumber(0, 1_000_000).meta({
      default: DEFAULTS.retentionHours,
      description:
        'maintain deletes files that no table has used for this many hours. Protects readers, and is how far back query --as-of can look.',
    }),
    target_file_mb: wholeNumber(1, 100_000).meta({
      default: DEFAULTS.targetFileMb,
      description:
        'maintain merges data files smaller than half of this many megabytes into files of about this size.',
    }),
  })
  .partial()
  .meta({ description: 'What maintain does.' });

const azureSection = z
  .strictObject({
    max_tries: wholeNumber(1, 100).meta({
      default: DEFAULTS.azureMaxTries,
      description: 'How often a request is sent before it counts as failed.',
    }),
    retry_delay_ms: wholeNumber(1, 600_000).meta({
      default: DEFAULTS.azureRetryDelayMs,
      description:
        'Milliseconds before a failed request is retried. The delay doubles with each retry, up to 30 times this.',
    }),
    request_timeout_s: wholeNumber(1, 3_600).meta({
      default: DEFAULTS.azureRequestTimeoutS,
      description: 'A request that transfers no byte for this many seconds fails, and is retried.',
    }),
  })
  .partial()
  .meta({ description: 'Requests to Azure, for a lake at abfss://….' });

const cacheSection = z
  .strictObject({
    dir: text('a folder').meta({
      description:
        "Folder for copies of a remote lake's files (a relative one counts from this file). Default: clicklake in the user's cache folder.",
    }),
    max_mb: wholeNumber(1, 100_000_000).meta({
      default: DEFAULTS.cacheMaxMb,
      description:
        'Beyond this many megabytes (1,000,000 bytes) the least recently used copies are deleted.',
    }),
  })
  .partial()
  .meta({ description: "The local cache of a remote lake's files." });

const sparkSection = z
  .strictObject({
    url: text('an address such as sc://localhost:15002', /^\w+:\/\/\S*$/).meta({
      description:
        'Address of the server for the spark engine: a Spark Connect server, sc://host:port/;key=value, or a Databricks workspace, databricks://host/;cluster_id=… (docs/databricks.md).',
    }),
    from_mb: wholeNumber(0, 1_000_000_000).meta({
      default: DEFAULTS.sparkFromMb,
      description:
        'With engine auto, Spark computes runs of this size or larger, and DuckDB the smaller ones (docs/spark.md). In megabytes (1,000,000 bytes) of uncompressed lines; 0: every run with something to compute is computed by Spark.',
    }),
    pass_credentials: trueOrFalse().meta({
      description:
        'Whether Clicklake passes its account key, shared access signature or service principal for a lake in Azure to the Spark session (docs/azure.md). Default: true, for a Databricks workspace false.',
    }),
    catalog: text('the name of a catalog').meta({
      description:
        "The catalog of spark.schema, for example in Unity Catalog. Default: the server's default catalog.",
    }),
    schema: text('the name of a schema').meta({
      description:
        'The spark engine registers the Silver and Gold tables in this schema after each run, as external tables with their location in the lake. Default: tables are not registered.',
    }),
  })
  .partial()
  .meta({ description: 'The Spark server of the spark engine.' });

export const configSchema = z
  .strictObject({
    lake: text('a folder or a storage address').meta({
      default: './lake',
      description:
        'The lake: a folder (a relative one counts from this file) or a storage address.',
    }),
    engine: oneOf(['duckdb', 'spark', 'auto']).meta({
      default: DEFAULTS.engine,
      description:
        'The engine that computes Silver and Gold: duckdb, inside this process; spark, on your own Spark server; or auto, which is duckdb, and spark for large runs (docs/spark.md).',
    }),
    memory_limit_mb: wholeNumber(128, 100_000_000).meta({
      description:
        "Upper limit for the engine's own memory in megabytes (1,000,000 bytes). Default: half of the memory of the machine or container, at most 4096.",
    }),
    threads: wholeNumber(1, 1_024).meta({
      description: 'Threads the engine may use. Default: the number of processors.',
    }),
    temp_dir: text('a folder').meta({
      description:
        "Folder the engine spills to when memory is short (a relative one counts from this file). Default: a work folder inside the lake, or the system's temporary folder where the lake may only be read.",
    }),
    models: text('a folder').meta({
      description:
        'Folder with models of your own, one .sql file for each table (docs/models.md; a relative one counts from this file). Default: none.',
    }),
    spark: sparkSection,
    sources: z
      .record(z.string(), sourceMapping, { error: 'a map of sources' })
      .superRefine(checkSourceNames)
      .meta({
        description:
          "Where the fields of the event contract are in the records of each source: a preset, paths, items (docs/mapping.md). A source that is not named here has the contract's own fields.",
      }),
    silver: silverSection,
    funnel: funnelSection,
    sessions: sessionsSection,
    reporting: reportingSection,
    bots: oneOf(['include', 'exclude']).meta({
      default: DEFAULTS.bots,
      description:
        'exclude: sessions and events of bots, recognized by their user agents, are left out of all metrics, except sessions with an order; gold_sessions keeps them, marked is_bot. include: they count like others.',
    }),
    orders: ordersSection,
    money: moneySection,
    channels: channelsSection,
    sites: sitesSection,
    landing_pages: landingPageGroups,
    maintain: maintainSection,
    azure: azureSection,
    cache: cacheSection,
  })
  .partial()
  .meta({
    title: 'Clicklake configuration',
    description:
      'Every key is optional. Environment variables CLICKLAKE_* and flags win over this file.',
  });

/** The content of a valid `clicklake.yaml`, before defaults. */
export type ConfigFile = z.infer<typeof configSchema>;

/** A key that has a value (not a section), with its path and description. */
export interface SettingKey {
  /** From the top level: `['silver', 'conflict_scope']`. */
  path: readonly string[];
  /** The environment variable that sets it. */
  variable: string;
  description: string;
  /** Undefined if it depends on the machine; the description says how. */
  defaultValue: unknown;
  /** True if the environment variable is plain text; others are parsed as YAML. */
  isText: boolean;
}

/** All keys that have a value, in the order of the schema. */
export function listSettingKeys(): SettingKey[] {
  return collectKeys(configSchema, []);
}

function collectKeys(section: z.ZodObject, parents: readonly string[]): SettingKey[] {
  return Object.entries(section.shape).flatMap(([key, field]) => {
    const inner = field instanceof z.ZodOptional ? field.unwrap() : field;
    const path = [...parents, key];
    if (inner instanceof z.ZodObject) {
      return collectKeys(inner, path);
    }
    const meta = z.globalRegistry.get(inner as z.ZodType);
    return [
      {
        path,
        variable: `CLICKLAKE_${path.join('_').toUpperCase()}`,
        description: meta?.description ?? '',
        defaultValue: meta?.default,
        isText: inner instanceof z.ZodString,
      },
    ];
  });
}

function text(expected: string, pattern: RegExp = /\S/): z.ZodString {
  return z.string({ error: expected }).regex(pattern, { error: expected });
}

function wholeNumber(min: number, max: number): z.ZodNumber {
  const error = `a whole number from ${min} to ${max}`;
  return z.number({ error }).int({ error }).min(min, { error }).max(max, { error });
}

function trueOrFalse(): z.ZodBoolean {
  return z.boolean({ error: 'true or false' });
}

function oneOf<const Name extends string>(names: readonly Name[]): z.ZodEnum<{ [K in Name]: K }> {
  return z.enum(names, {
    error: names.length === 1 ? `"${names[0]}"` : `one of ${names.join(', ')}`,
  });
}

function hasNoRepeats(names: readonly string[]): boolean {
  return new Set(names).size === names.length;
}

function checkSourceNames(sources: Record<string, unknown>, context: z.RefinementCtx): void {
  for (const name of Object.keys(sources)) {
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(name)) {
      context.addIssue({
        code: 'custom',
        path: [name],
        message: 'named with letters, digits, dots, hyphens and underscores, as in ingest --source',
        params: { subject: 'key' },
      });
    }
  }
}

/** Column names are compared without case, as in Delta tables. */
function checkExtraColumnNames(columns: Record<string, string>, context: z.RefinementCtx): void {
  const seen = new Set(CONTRACT_COLUMNS);
  for (const name of Object.keys(columns)) {
    if (!/^[A-Za-z_][A-Za-z0-9_]{0,127}$/.test(name)) {
      context.addIssue({
        code: 'custom',
        path: [name],
        message: 'named with letters, digits and underscores, not starting with a digit',
        params: { subject: 'key' },
      });
    } else if (seen.has(name.toLowerCase())) {
      context.addIssue({
        code: 'custom',
        path: [name],
        message: 'named differently from the columns silver_events has already',
        params: { subject: 'key' },
      });
    }
    seen.add(name.toLowerCase());
  }
}

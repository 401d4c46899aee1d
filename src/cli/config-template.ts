/** An example of a mapping. */
const SOURCES = `# Where the records of each source hold the fields of an event (docs/mapping.md). Default: under the
# event contract's own names. clicklake init --from FILE proposes a mapping.
# sources:
#   web:
#     preset: segment
#     fields:
#       user_id: [userId, properties.customer.id]`;

/**
 * The text of a new `clicklake.yaml`. It explains every setting, and sets only the lake and, if
 * given, the section `sources:`.
 */
export function renderConfigTemplate(schemaAddress: string, sources: string = SOURCES): string {
  return `# yaml-language-server: $schema=${schemaAddress}
#
# Configuration of Clicklake. Every setting is optional; what is commented out shows the default.
# Environment variables (CLICKLAKE_LAKE, CLICKLAKE_SILVER_MAX_BATCH_MB, …) and flags win over this file.

# The lake: a folder, relative to this file.
lake: ./lake

${sources}

# The engine: duckdb, inside this process; spark, on a Spark Connect server; or auto: duckdb, and
# spark for large runs.
# engine: duckdb
# spark:
#   # Needed by spark and auto, for example:
#   url: sc://localhost:15002
#   # With engine auto, runs of so many uncompressed megabytes or more are Spark's (docs/spark.md).
#   from_mb: 10000
#   # Catalog and schema to register the Silver and Gold tables in. Default: not registered.
#   catalog: main
#   schema: clicklake

# The engine's own memory, in megabytes. Default: half of what the machine or container has,
# at most 4096.
# memory_limit_mb: 4096

# Threads the engine may use. Default: all processors.
# threads: 4

# Folder the engine spills to when memory is short. Default: inside the lake.
# temp_dir: /tmp

silver:
  # The event names that are valid. Lines with other names are quarantined.
  # event_types: [page_view, product_view, search, add_to_cart, remove_from_cart, checkout, purchase, refund]

  # Your own spellings of them, in addition to those of Google Analytics 4 and Segment.
  # event_type_aliases:
  #   buy now: purchase

  # Fields of your own that become columns of silver_events:
  # string, int, bigint, double, decimal(18,2), boolean, timestamp or date.
  # extra_columns:
  #   campaign: string

  # Where conflicting ids are looked for: all (exact) or date (cheaper on a very large lake).
  # conflict_scope: all

  # Uncompressed megabytes of events that one commit to Silver covers.
  # max_batch_mb: 512

funnel:
  # true if the shop sends no checkout events.
  # skip_checkout: false

sessions:
  # Events without a session id get sessions: a pause of this many minutes ends one.
  # timeout_minutes: 30

  # Which events get such sessions: those whose session id is missing, or always all.
  # derive: missing

reporting:
  # The time zone of the shop, such as Europe/Berlin: Gold counts by its days and hours.
  # time_zone: UTC

# Bots, told by their user agents, count in no metric (exclude), or like visitors (include).
# bots: exclude

money:
  # The currency of all sums. Default: amounts are added as they are sent.
  # currency: "EUR"

  # Exchange rates: a CSV file with the columns date, currency and rate (docs/orders-and-money.md).
  # rates: ./rates.csv

  # The currency of orders that name none. Default: unknown.
  # assume: "EUR"

orders:
  # Placeholder order ids; each purchase with such an id is an order of its own.
  # ignore_ids: ["0", undefined]

sites:
  # The shop's own sites, and others, such as payment providers, whose links do not count as where a session
  # came from.
  # own: [shop.example]
  # ignore_referrers: [pay.example]

channels:
  # Sites that the built-in lists lack: search, social, video, shopping or ai (docs/channels.md).
  # search: [search.example]

# Landing pages that are counted together. * stands for any characters; the first group that fits counts.
# landing_pages: [{ group: Product page, paths: [/product/*, /p/*] }]

# Folder with models of your own, one .sql file for each table (docs/models.md). Default: none.
# models: ./models

maintain:
  # Files no table uses any more are deleted after this many hours.
  # retention_hours: 168

  # Data files are merged to about this many megabytes.
  # target_file_mb: 128

# For a lake at abfss://….
azure:
  # How often a request is sent before it counts as failed.
  # max_tries: 6

  # Milliseconds before a failed request is retried; the delay doubles with each retry.
  # retry_delay_ms: 500

  # A request that transfers no byte for this many seconds fails.
  # request_timeout_s: 60

cache:
  # Folder for copies of a remote lake's files. Default: clicklake in the user's cache folder.
  # dir: ~/.cache/clicklake

  # Beyond this many megabytes the least recently used copies are deleted.
  # max_mb: 20000
`;
}

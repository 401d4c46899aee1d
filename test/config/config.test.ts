import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadSettings, type SettingsSources } from '../../src/config/load-settings.ts';
import { findNearest } from '../../src/config/nearest.ts';
import { listSettingKeys } from '../../src/config/schema.ts';
import { builtInSites } from '../../src/config/sites.ts';
import type { ClicklakeError } from '../../src/errors.ts';

const MACHINE = { memoryBytes: 6_000_000_000, threads: 3, homeDir: '/home/someone' };

let cwd: string;
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'clicklake-config-'));
});
afterEach(() => rm(cwd, { recursive: true }));

function load(sources: Partial<SettingsSources> = {}) {
  return loadSettings({ cwd, env: {}, machine: MACHINE, ...sources });
}

async function loadText(text: string, sources: Partial<SettingsSources> = {}) {
  await writeFile(join(cwd, 'clicklake.yaml'), text);
  return load(sources);
}

async function failure(loading: Promise<unknown>): Promise<{ message: string; hint?: string }> {
  const error = await loading.then(
    () => undefined,
    (thrown: ClicklakeError) => thrown,
  );
  expect(error).toMatchObject({ name: 'ClicklakeError', code: 'config_invalid', exitCode: 2 });
  return { message: error!.message, ...(error!.hint === undefined ? {} : { hint: error!.hint }) };
}

describe('settings without any configuration', () => {
  it('are the documented defaults', async () => {
    expect(await load()).toEqual({
      lake: join(cwd, 'lake'),
      engine: 'duckdb',
      spark: { url: undefined },
      duckdb: { memoryLimitMb: 3000, threads: 3, tempDir: undefined },
      silver: {
        eventTypes: [
          'page_view',
          'product_view',
          'search',
          'add_to_cart',
          'remove_from_cart',
          'checkout',
          'purchase',
          'refund',
        ],
        eventTypeAliases: {
          view_item: 'product_view',
          view_search_results: 'search',
          begin_checkout: 'checkout',
          page: 'page_view',
          'page viewed': 'page_view',
          'product viewed': 'product_view',
          'products searched': 'search',
          'product added': 'add_to_cart',
          'product removed': 'remove_from_cart',
          'checkout started': 'checkout',
          'order completed': 'purchase',
          'order refunded': 'refund',
        },
        conflictScope: 'all',
        extraColumns: [],
        maxBatchMb: undefined,
      },
      funnel: { skipCheckout: false },
      sessions: { timeoutMinutes: 30, derive: 'missing' },
      reporting: { timeZone: 'UTC' },
      bots: 'exclude',
      orders: { ignoredIds: [] },
      landingPages: [],
      money: { currency: undefined, assume: undefined, rates: [] },
      sites: builtInSites(),
      maintain: { retentionHours: 168, targetFileMb: 128 },
      azure: { maxTries: 6, retryDelayMs: 500, requestTimeoutMs: 60_000 },
      cache: { folder: '/home/someone/.cache/clicklake', maxMb: 20_000 },
    });
  });

  it('take at most 4096 MB of a large machine and at least 128 MB of a small one', async () => {
    const onMachine = async (memoryBytes: number) =>
      (await load({ machine: { ...MACHINE, memoryBytes } })).duckdb.memoryLimitMb;
    expect(await onMachine(64_000_000_000)).toBe(4096);
    expect(await onMachine(100_000_000)).toBe(128);
  });
});

describe('the configuration file', () => {
  it('wants order ids as texts', async () => {
    await expect(loadText('orders: { ignore_ids: [0] }')).rejects.toThrow(
      'must be a text: put a number in quotes, not 0',
    );
  });

  it.each([
    ['landing_pages: [/p/*]', 'must be a map of group and paths'],
    ['landing_pages: [{ group: Product }]', 'landing_pages'],
    ['landing_pages: [{ group: Product, paths: [] }]', 'must be a list of at least one path'],
    ['landing_pages: [{ group: Product, paths: [p/*] }]', 'must be a path without a query'],
    ["landing_pages: [{ group: Product, paths: ['/p?id=*'] }]", 'must be a path without a query'],
  ])('refuses %s', async (text, message) => {
    await expect(loadText(text)).rejects.toThrow(message);
  });

  it.each(['https://shop.example', 'shop.example/de', '*.shop.example', 'shop.*.example', ' '])(
    'refuses the site %j, which no referrer has',
    async (site) => {
      for (const key of ['sites: { own', 'sites: { ignore_referrers', 'channels: { search']) {
        await expect(loadText(`${key}: ['${site}'] }`)).rejects.toThrow('must be a site, such as');
      }
    },
  );

  it('takes sites with www. and in capitals for those of referrers, which have neither', async () => {
    const { sites } = await loadText(
      "sites: { own: [WWW.Shop.example] }\nchannels: { search: [www.suche.example, 'suche.*', baidu] }",
    );
    expect(sites?.own).toEqual(['shop.example']);
    expect(sites?.search.slice(-3)).toEqual(['suche.example', 'suche.*', 'baidu']);
  });

  it('sets every key', async () => {
    const settings = await loadText(`
lake: data/lake
engine: duckdb
memory_limit_mb: 1000
threads: 2
temp_dir: spill
silver:
  event_types: [page_view, purchase, wish]
  event_type_aliases: { Buy Now: purchase }
  conflict_scope: date
  extra_columns: { campaign: string, bonus: 'decimal(18,2)' }
  max_batch_mb: 64
funnel: { skip_checkout: true }
sessions: { timeout_minutes: 20, derive: always }
reporting: { time_zone: Asia/Kathmandu }
bots: include
orders: { ignore_ids: ['0'] }
landing_pages: [{ group: Product page, paths: [/p/*, '*.html'] }]
maintain: { retention_hours: 0, target_file_mb: 32 }
azure: { max_tries: 2, retry_delay_ms: 50, request_timeout_s: 9 }
cache: { dir: ../copies, max_mb: 7 }
spark: { url: 'sc://spark:15002' }
`);
    expect(settings).toEqual({
      lake: join(cwd, 'data/lake'),
      engine: 'duckdb',
      spark: { url: 'sc://spark:15002' },
      duckdb: { memoryLimitMb: 1000, threads: 2, tempDir: join(cwd, 'spill') },
      silver: {
        eventTypes: ['page_view', 'purchase', 'wish'],
        eventTypeAliases: {
          page: 'page_view',
          'page viewed': 'page_view',
          'order completed': 'purchase',
          'buy now': 'purchase',
        },
        conflictScope: 'date',
        extraColumns: [
          { name: 'campaign', type: 'string' },
          { name: 'bonus', type: 'decimal(18,2)' },
        ],
        maxBatchMb: 64,
      },
      funnel: { skipCheckout: true },
      sessions: { timeoutMinutes: 20, derive: 'always' },
      reporting: { timeZone: 'Asia/Kathmandu' },
      bots: 'include',
      orders: { ignoredIds: ['0'] },
      landingPages: [{ group: 'Product page', paths: ['/p/*', '*.html'] }],
      money: { currency: undefined, assume: undefined, rates: [] },
      sites: builtInSites(),
      maintain: { retentionHours: 0, targetFileMb: 32 },
      azure: { maxTries: 2, retryDelayMs: 50, requestTimeoutMs: 9_000 },
      cache: { folder: join(dirname(cwd), 'copies'), maxMb: 7 },
    });
  });

  it('may be empty, or hold sections and keys without values', async () => {
    expect(await loadText('')).toEqual(await load());
    expect(await loadText('# nothing\nsilver:\ntemp_dir:\nmaintain: ~\n')).toEqual(await load());
  });

  it('counts relative folders from its own folder, wherever it is called from', async () => {
    await writeFile(join(cwd, 'clicklake.yaml'), 'threads: 1\ntemp_dir: ../spill');
    const settings = await load({ cwd: tmpdir(), configPath: join(cwd, 'clicklake.yaml') });
    expect(settings.lake).toBe(join(cwd, 'lake'));
    expect(settings.duckdb.tempDir).toBe(join(cwd, '..', 'spill'));
  });

  it('understands ~ and leaves storage addresses as they are', async () => {
    expect((await loadText('lake: ~/shop')).lake).toBe('/home/someone/shop');
    const address = 'abfss://events@shop.dfs.core.windows.net/lake';
    expect((await loadText(`lake: ${address}`)).lake).toBe(address);
    const signed = 'https://shop.blob.core.windows.net/events?sig=secret';
    await expect(loadText(`lake: ${signed}`)).rejects.toMatchObject({
      code: 'config_invalid',
      message: 'not a storage address: https://shop.blob.core.windows.net/events?…',
    });
  });

  it('takes an event type whose name begins with an underscore', async () => {
    const { silver } = await loadText('silver: { event_types: [_purchase, purchase] }');
    expect(silver.eventTypes).toEqual(['_purchase', 'purchase']);
  });

  it('drops a built-in alias whose name the shop uses as an event type of its own', async () => {
    const { silver } = await loadText('silver: { event_types: [product_view, view_item] }');
    expect(silver.eventTypeAliases).toEqual({ 'product viewed': 'product_view' });
  });
});

describe('environment and flags', () => {
  it('win over the file, key by key, flags last', async () => {
    const text = 'lake: from-file\nthreads: 1\nsilver: { max_batch_mb: 64, conflict_scope: date }';
    const env = { CLICKLAKE_LAKE: 'from-env', CLICKLAKE_SILVER_MAX_BATCH_MB: '128' };
    const fromEnv = await loadText(text, { env });
    expect(fromEnv.lake).toBe(join(cwd, 'from-env'));
    expect(fromEnv.silver).toMatchObject({ maxBatchMb: 128, conflictScope: 'date' });
    expect(fromEnv.duckdb.threads).toBe(1);
    expect((await loadText(text, { env, lake: 'from-flag' })).lake).toBe(join(cwd, 'from-flag'));
  });

  it('leave what they do not name in a section as the file has it', async () => {
    const text = 'sessions: { timeout_minutes: 20 }\nreporting: { time_zone: Asia/Jakarta }';
    const env = { CLICKLAKE_SESSIONS_DERIVE: 'always', CLICKLAKE_REPORTING_TIME_ZONE: '' };
    expect(await loadText(text, { env })).toMatchObject({
      sessions: { timeoutMinutes: 20, derive: 'always' },
      reporting: { timeZone: 'Asia/Jakarta' },
    });
    const other = { CLICKLAKE_REPORTING_TIME_ZONE: 'Europe/Berlin' };
    expect((await loadText(text, { env: other })).reporting?.timeZone).toBe('Europe/Berlin');
  });

  it('write lists and maps as YAML and take text as it stands', async () => {
    const settings = await load({
      env: {
        CLICKLAKE_LAKE: '2026: [a]',
        CLICKLAKE_SILVER_EVENT_TYPES: '[page_view, purchase]',
        CLICKLAKE_SILVER_EXTRA_COLUMNS: '{campaign: string}',
        CLICKLAKE_FUNNEL_SKIP_CHECKOUT: 'true',
        CLICKLAKE_THREADS: '',
        CLICKLAKE_AZURE_MAX_TRIES: '3',
        XDG_CACHE_HOME: '/var/cache/mine',
      },
    });
    expect(settings.lake).toBe(join(cwd, '2026: [a]'));
    expect(settings.silver.eventTypes).toEqual(['page_view', 'purchase']);
    expect(settings.silver.extraColumns).toEqual([{ name: 'campaign', type: 'string' }]);
    expect(settings.funnel.skipCheckout).toBe(true);
    expect(settings.duckdb.threads).toBe(3);
    expect(settings.azure.maxTries).toBe(3);
    expect(settings.cache.folder).toBe('/var/cache/mine/clicklake');
    const relative = await load({ env: { XDG_CACHE_HOME: 'mine' } });
    expect(relative.cache.folder).toBe('/home/someone/.cache/clicklake');
  });

  it('name the configuration file', async () => {
    await writeFile(join(cwd, 'a.yaml'), 'threads: 7');
    await writeFile(join(cwd, 'b.yaml'), 'threads: 8');
    const env = { CLICKLAKE_CONFIG: 'a.yaml' };
    expect((await load({ env })).duckdb.threads).toBe(7);
    expect((await load({ env, configPath: 'b.yaml' })).duckdb.threads).toBe(8);
  });

  it('have a variable of their own for every key', () => {
    const variables = listSettingKeys().map((key) => key.variable);
    expect(variables).toContain('CLICKLAKE_SILVER_EVENT_TYPE_ALIASES');
    expect(new Set(variables).size).toBe(variables.length);
    expect(variables).toHaveLength(41);
  });
});

describe('a mistake in the configuration', () => {
  const cases: [what: string, text: string, message: string, hint: string][] = [
    [
      'an unknown key',
      'threads: 1\ntreads: 3',
      'clicklake.yaml:2:1: unknown key "treads"',
      'did you mean "threads"?',
    ],
    [
      'an unknown key in a section',
      'silver:\n  conflict_scop: all',
      'clicklake.yaml:2:3: unknown key "conflict_scop" in silver',
      'did you mean "conflict_scope"?',
    ],
    [
      'a key in the wrong section',
      'max_batch_mb: 64',
      'clicklake.yaml:1:1: unknown key "max_batch_mb"',
      '"max_batch_mb" belongs in silver',
    ],
    [
      'a key like no other',
      'funnel: { colour: red }',
      'clicklake.yaml:1:11: unknown key "colour" in funnel',
      'known keys in funnel: skip_checkout',
    ],
    [
      'a wrong type',
      'threads: many',
      'clicklake.yaml:1:10: threads must be a whole number from 1 to 1024, not "many"',
      'see docs/operations.md for every key and its values',
    ],
    [
      'a number out of range',
      'silver:\n  max_batch_mb: 0',
      'clicklake.yaml:2:17: silver.max_batch_mb must be a whole number from 1 to 1000000, not 0',
      'see docs/operations.md for every key and its values',
    ],
    [
      'a word that is none of the choices',
      'silver: { conflict_scope: none }',
      'clicklake.yaml:1:27: silver.conflict_scope must be one of all, date, not "none"',
      'see docs/operations.md for every key and its values',
    ],
    [
      'yes for true',
      'funnel: { skip_checkout: yes }',
      'clicklake.yaml:1:26: funnel.skip_checkout must be true or false, not "yes"',
      'see docs/operations.md for every key and its values',
    ],
    [
      'an item of a list',
      'silver:\n  event_types:\n    - purchase\n    - Page View',
      'clicklake.yaml:4:7: silver.event_types.1 must be a name of lower-case letters, digits and the characters _ - . :, not "Page View"',
      'see docs/operations.md for every key and its values',
    ],
    [
      'a repeated event type',
      'silver: { event_types: [search, search] }',
      'clicklake.yaml:1:24: silver.event_types must be a list without repeated names, not this list',
      'see docs/operations.md for every key and its values',
    ],
    [
      'a section that is a list',
      'silver: [1]',
      'clicklake.yaml:1:9: silver must be a map of keys and values',
      'clicklake init writes an example of every key',
    ],
    [
      'a file that is a list',
      '- lake',
      'clicklake.yaml:1:1: the file must be a map of keys and values',
      'clicklake init writes an example of every key',
    ],
    [
      'an extra column with a name of the contract',
      'silver: { extra_columns: { Price: int } }',
      'clicklake.yaml:1:28: silver.extra_columns.Price must be named differently from the columns silver_events has already',
      'rename it',
    ],
    [
      'an extra column that is no identifier',
      'silver:\n  extra_columns:\n    utm source: string',
      'clicklake.yaml:3:5: silver.extra_columns.utm source must be named with letters, digits and underscores, not starting with a digit',
      'rename it',
    ],
    [
      'an alias for nothing',
      'silver: { event_type_aliases: { buy: purchased } }',
      'silver.event_type_aliases: "buy" stands for "purchased", which is not an event type',
      'event types are: page_view, product_view, search, add_to_cart, remove_from_cart, checkout, purchase, refund; add it to silver.event_types',
    ],
    [
      'an alias that is an event type',
      'silver: { event_type_aliases: { Purchase: search } }',
      'silver.event_type_aliases: "Purchase" is an event type itself and cannot stand for "search"',
      'remove it from the aliases or from silver.event_types',
    ],
    [
      'an alias for two',
      'silver: { event_type_aliases: { "Buy Now": purchase, " buy now": checkout } }',
      'silver.event_type_aliases: " buy now" stands for "checkout", and "Buy Now", which is the same, for "purchase"',
      'remove one of them: case and white space around it do not matter',
    ],
    [
      'a time zone that nobody knows',
      'reporting: { time_zone: Europe/Nowhere }',
      'clicklake.yaml:1:25: reporting.time_zone must be the IANA name of a time zone, such as Europe/Berlin or Asia/Jakarta, not "Europe/Nowhere"',
      'see docs/operations.md for every key and its values',
    ],
    [
      'two problems',
      'threads: x\nmemory_limit_mb: 1',
      'clicklake.yaml:2:18: memory_limit_mb must be a whole number from 128 to 100000000, not 1 (and 1 more)',
      'see docs/operations.md for every key and its values',
    ],
    [
      'a second document',
      'threads: 1\n---\nthreads: 2',
      'clicklake.yaml:2:1: a second YAML document begins here',
      'a configuration is one document: put its keys above the line ---',
    ],
    [
      'a key twice',
      'lake: a\nlake: b',
      'clicklake.yaml:2:1: lake is given twice, first on line 1',
      'remove one of the two: only one would be used',
    ],
    [
      'a key twice in an element of a list',
      'silver:\n  event_types:\n    - { name: a }\n    - { name: b,\n        name: c }',
      'clicklake.yaml:5:9: silver.event_types.name is given twice, first on line 4',
      'remove one of the two: only one would be used',
    ],
  ];
  it.each(cases)('is named with its place: %s', async (_what, text, message, hint) => {
    expect(await failure(loadText(text))).toEqual({ message, hint });
  });

  it('is named by its variable when it is in the environment', async () => {
    expect(await failure(load({ env: { CLICKLAKE_THREADS: '1.5' } }))).toMatchObject({
      message: 'CLICKLAKE_THREADS: threads must be a whole number from 1 to 1024, not 1.5',
    });
    expect(await failure(load({ env: { CLICKLAKE_SILVER_EVENT_TYPES: '[a' } }))).toMatchObject({
      message: 'CLICKLAKE_SILVER_EVENT_TYPES cannot be read as YAML: [a',
    });
    expect(await failure(load({ env: { CLICKLAKE_TREADS: '1' } }))).toEqual({
      message: 'there is no setting CLICKLAKE_TREADS',
      hint: 'did you mean CLICKLAKE_THREADS?',
    });
  });

  it('leaves variables alone that are like no setting', async () => {
    await expect(load({ env: { CLICKLAKE_INSTALL_HOST: 'x' } })).resolves.toBeDefined();
  });

  it('can be a file that is not there or cannot be read', async () => {
    expect(await failure(load({ configPath: 'absent.yaml' }))).toEqual({
      message: 'there is no configuration file absent.yaml',
      hint: 'clicklake init writes one',
    });
    expect((await failure(load({ configPath: '.' }))).message).toContain('it is a folder');
  });
});

describe('the nearest name', () => {
  it('is found through missing, extra, wrong and swapped letters', () => {
    const names = ['threads', 'engine', 'lake'];
    expect(
      ['thread', 'threadds', 'thraeds', 'engin', 'lkae'].map((w) => findNearest(w, names)),
    ).toEqual(['threads', 'threads', 'threads', 'engine', 'lake']);
  });

  it('is nothing when no name is near', () => {
    expect(findNearest('colour', ['threads', 'engine', 'lake'])).toBeUndefined();
  });
});

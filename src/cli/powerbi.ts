import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { isRemoteAddress, withoutQuery } from '../config/lake-address.ts';
import type { Settings } from '../config/settings.ts';
import { isCurrencyCode, minorDigits } from '../contract/money.ts';
import { ClicklakeError } from '../errors.ts';
import type { Lake } from '../lake/open-lake.ts';
import type { PurchaseFacts } from '../pipeline/purchase-facts.ts';
import type { DanglingReport } from '../powerbi/dangling.ts';
import type { Currency } from '../powerbi/measure.ts';
import type { RoleGap } from '../powerbi/role-gaps.ts';
import type { GoldSource } from '../powerbi/source.ts';
import type { WriteReport } from '../powerbi/write-project.ts';
import type { Cli } from './cli.ts';
import { formatQuantity } from './format.ts';
import { examples } from './help-text.ts';
import type { Output } from './output.ts';
import { parseFolder } from './parse-options.ts';
import { escapeControls } from './table.ts';

interface PowerbiFlags {
  out: string;
  source?: GoldSource['kind'];
  url?: string;
  host?: string;
  httpPath?: string;
  catalog?: string;
  schema?: string;
  workspace?: string;
  lakehouse?: string;
  force?: boolean;
}

interface PowerbiReport extends WriteReport, DanglingReport {
  /** The file to open in Power BI Desktop. */
  project: string;
  source: GoldSource;
  /** Currencies whose amounts the report adds without conversion; empty: one currency or none. */
  mixedCurrencies: string[];
  /** Roles by country that you have changed or made, to which tables are open that the template closes. */
  roleGaps: RoleGap[];
}

const DATABRICKS_FLAGS = ['host', 'httpPath', 'catalog', 'schema'] as const;
const ONELAKE_FLAGS = ['workspace', 'lakehouse'] as const;
/** Of each kind of source, the flags that say where it is. */
const FLAGS = {
  local: [],
  adls: ['url'],
  databricks: DATABRICKS_FLAGS,
  onelake: [...ONELAKE_FLAGS, 'schema'],
} as const satisfies Record<GoldSource['kind'], readonly (keyof PowerbiFlags)[]>;

export function registerPowerbi(program: Command, cli: Cli): void {
  program
    .command('powerbi')
    .summary('create a Power BI project over Gold')
    .description(
      'Writes a Power BI project: a semantic model of the Gold tables with measures, and a report. If repeated, it keeps the files that you have changed.',
    )
    .requiredOption('--out <folder>', 'folder of the project; created if missing', parseFolder)
    .addOption(
      new Option(
        '--source <kind>',
        "where Power BI reads Gold: the lake's folder, Azure storage, Databricks, or a Fabric lakehouse by Direct Lake (default: where the lake is)",
      ).choices(Object.keys(FLAGS)),
    )
    .option(
      '--url <address>',
      'adls: the lake or its folder gold, https:// or abfss:// (default: the lake)',
    )
    .option('--host <name>', 'databricks: server hostname of the SQL warehouse')
    .option('--http-path <path>', 'databricks: HTTP path of the SQL warehouse')
    .option('--catalog <name>', 'databricks: catalog of the Gold tables')
    .option(
      '--schema <name>',
      'databricks, onelake: schema of the Gold tables (default for onelake: gold)',
    )
    .option('--workspace <name>', 'onelake: name or id of the Fabric workspace')
    .option('--lakehouse <name>', 'onelake: name or id of the lakehouse')
    .option('--force', 'overwrite what you have changed in the project')
    .addHelpText(
      'after',
      examples([
        ['clicklake powerbi --out powerbi', ''],
        [
          'clicklake powerbi --out powerbi --source adls --url abfss://shop@acme.dfs.core.windows.net/lake/gold',
          '',
        ],
        [
          'clicklake powerbi --out powerbi --source databricks --host adb-1.azuredatabricks.net \\\n      --http-path /sql/1.0/warehouses/abc --catalog main --schema clicklake',
          '',
        ],
        [
          'clicklake powerbi --out powerbi --source onelake --workspace Shop --lakehouse Clicks',
          '',
        ],
      ]),
    )
    .action(async (flags: PowerbiFlags, command: Command) => {
      const output = cli.output(command);
      const settings = await cli.settings(command);
      const report = await makePowerbiProject(settings, flags, cli.io, () =>
        readFacts(settings, cli, command),
      );
      await output.report(report, () => renderReport(report, output));
      // The first run creates the folder of Gold.
      if (report.source.kind === 'local' && !existsSync(join(settings.lake, 'gold'))) {
        await output.note(
          `nothing to read yet: ${settings.lake} has no Gold; clicklake run makes it`,
        );
      }
    });
}

/** A missing lake usually means a wrong address, which would be written to the project. */
function refuseMissingLake(lake: string): void {
  if (existsSync(lake)) {
    return;
  }
  throw new ClicklakeError('not_found', `there is no lake at ${lake}`, {
    hint: 'name another with --lake, or say with --source where Power BI finds Gold',
  });
}

/**
 * Writes the project for the lake of these settings. If they name no currency, `readFacts` is
 * called to find it. Throws `usage`; `not_found` if there is no lake.
 */
export async function makePowerbiProject(
  settings: Settings,
  flags: PowerbiFlags,
  { cwd, env }: Pick<Cli['io'], 'cwd' | 'env'>,
  readFacts: () => Promise<PurchaseFacts | undefined>,
): Promise<PowerbiReport> {
  const source = await chooseSource(settings, flags, env.WSL_DISTRO_NAME);
  if (source.kind === 'local') {
    refuseMissingLake(settings.lake);
  }
  const { lakeTables } = await import('../pipeline/tables.ts');
  const { PROJECT_FILE, projectFiles } = await import('../powerbi/project.ts');
  const { writeProject } = await import('../powerbi/write-project.ts');
  const { takeOutDangling } = await import('../powerbi/dangling.ts');
  const { findRoleGaps } = await import('../powerbi/role-gaps.ts');
  const { goldRules } = await import('../config/gold-rules.ts');
  const rules = goldRules(settings);
  const facts = rules.money.currency === undefined ? await readFacts() : undefined;
  const mixedCurrencies = mixedCurrenciesOf(facts);
  const files = projectFiles({
    tables: lakeTables(settings),
    source,
    isCheckoutSkipped: rules.skipCheckout,
    areBotsCounted: rules.bots === 'include',
    timeZone: rules.timeZone,
    currency: currencyOf(rules.money.currency ?? onlyCurrency(facts)),
    mixedCurrencies,
  });
  const folder = resolve(cwd, flags.out);
  const report = await writeProject(folder, files, { isForced: flags.force === true });
  const references = await takeOutDangling(folder, files, report);
  const roleGaps = await findRoleGaps(folder, files);
  const project = join(folder, PROJECT_FILE);
  return { project, source, mixedCurrencies, roleGaps, ...references, ...report };
}

function currencyOf(code: string | undefined): Currency | undefined {
  return code !== undefined && isCurrencyCode(code)
    ? { code, digits: minorDigits(code) }
    : undefined;
}

/**
 * Facts about the orders of a local lake; undefined if it has none, cannot be read, or is remote.
 */
async function readFacts(
  settings: Settings,
  cli: Cli,
  command: Command,
): Promise<PurchaseFacts | undefined> {
  if (isRemoteAddress(settings.lake) || !existsSync(join(settings.lake, 'gold', 'orders'))) {
    return undefined;
  }
  let facts: PurchaseFacts | undefined;
  const read = async (lake: Pick<Lake, 'purchaseFacts'>) => {
    facts = await lake.purchaseFacts();
  };
  await cli.withLake(command, read, (same) => ({ ...same, engine: 'duckdb' })).catch(() => {});
  return facts;
}

/** The currency of all orders, if there is only one. */
function onlyCurrency(facts: PurchaseFacts | undefined): string | undefined {
  if (facts === undefined) {
    return undefined;
  }
  const { convertedTo, currencies, currencyCount } = facts;
  return convertedTo ?? (currencyCount === 1 ? currencies[0] : undefined);
}

/**
 * Currencies whose amounts are added without conversion, at most ten; empty if there is only one.
 */
function mixedCurrenciesOf(facts: PurchaseFacts | undefined): string[] {
  return facts === undefined || facts.convertedTo !== null || facts.currencyCount < 2
    ? []
    : facts.currencies;
}

async function chooseSource(
  settings: Settings,
  flags: PowerbiFlags,
  wslDistribution: string | undefined,
): Promise<GoldSource> {
  const { adlsGoldAddress, oneLakeAddress, windowsAddress } = await import(
    '../powerbi/addresses.ts'
  );
  const isRemote = isRemoteAddress(settings.lake);
  const kind = flags.source ?? (isRemote ? 'adls' : 'local');
  refuseOthersFlags(kind, flags);
  switch (kind) {
    case 'local': {
      if (isRemote) {
        throw usage(`the lake ${settings.lake} is not a folder`, 'use --source adls');
      }
      return {
        kind,
        goldFolder: windowsAddress(join(settings.lake, 'gold'), wslDistribution),
      };
    }
    case 'adls': {
      const given =
        flags.url ?? (isRemote ? `${settings.lake.replace(/\/+$/, '')}/gold` : undefined);
      if (given === undefined) {
        throw usage(
          `the lake ${settings.lake} is a folder, and --source adls needs an address`,
          'give the address of Gold with --url abfss://container@account.dfs.core.windows.net/path/gold',
        );
      }
      const goldUrl = adlsGoldAddress(given);
      if (goldUrl !== undefined) {
        return { kind, goldUrl };
      }
      throw usage(
        `"${withoutQuery(given)}" is not an address of Azure storage`,
        'write abfss://container@account.dfs.core.windows.net/path/gold, or the same as https://account.dfs.core.windows.net/container/path/gold',
      );
    }
    case 'databricks': {
      const missing = DATABRICKS_FLAGS.filter((name) => (flags[name] ?? '') === '');
      if (missing.length > 0) {
        throw usage(
          `--source databricks needs ${missing.map(flagOf).join(', ')}`,
          'the SQL warehouse shows its hostname and HTTP path under "Connection details"',
        );
      }
      return {
        kind,
        host: flags.host!.replace(/^https:\/\//i, '').replace(/\/+$/, ''),
        httpPath: flags.httpPath!,
        catalog: flags.catalog!,
        schema: flags.schema!,
      };
    }
    case 'onelake': {
      const missing = ONELAKE_FLAGS.filter((name) => (flags[name] ?? '') === '');
      if (missing.length > 0) {
        throw usage(
          `--source onelake needs ${missing.map(flagOf).join(' and ')}`,
          'give the names or ids of the Fabric workspace and the lakehouse',
        );
      }
      const { workspace = '', lakehouse = '', schema = 'gold' } = flags;
      if (!/^\w+$/.test(schema)) {
        throw usage(`"${schema}" is not a schema of a lakehouse`, 'use letters, digits and _');
      }
      const lakehouseUrl = oneLakeAddress(workspace, lakehouse);
      if (lakehouseUrl === undefined) {
        throw usage(
          '--workspace and --lakehouse are not two names or two ids',
          'OneLake takes either names or ids; the ids are in the address of the lakehouse in the browser',
        );
      }
      return { kind, lakehouseUrl, schema };
    }
  }
}

function refuseOthersFlags(kind: GoldSource['kind'], flags: PowerbiFlags): void {
  const own: readonly string[] = FLAGS[kind];
  const foreign = [...new Set(Object.values(FLAGS).flat())].filter(
    (name) => flags[name] !== undefined && !own.includes(name),
  );
  if (foreign.length > 0) {
    throw usage(
      `${foreign.map(flagOf).join(', ')}: not with --source ${kind}`,
      `leave out ${foreign.map(flagOf).join(', ')}, or choose another --source`,
    );
  }
}

function flagOf(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

function usage(message: string, hint: string): ClicklakeError {
  return new ClicklakeError('usage', message, { hint });
}

function renderReport(report: PowerbiReport, output: Output): string[] {
  const { project, source, mixedCurrencies, roleGaps, written, unchanged, removed, kept } = report;
  const { takenOut, dangling } = report;
  const counts = [
    `${formatQuantity(written.length, 'file')} written`,
    ...(unchanged.length > 0 ? [`${unchanged.length} unchanged`] : []),
    ...(removed.length > 0 ? [`${removed.length} removed`] : []),
    ...(kept.length > 0 ? [`${kept.length} kept as you left them`] : []),
  ];
  return [
    `${project}: ${counts.join(', ')}`,
    ...renderKept(kept, output).map((line) => `  ${line}`),
    ...(kept.length > 0 ? ['  to overwrite them, add --force'] : []),
    ...takenOut.flatMap(({ path, lines }) => [
      `taken out of ${path}, because the table is gone`,
      ...lines.map((line) => `  ${line}`),
    ]),
    ...dangling.flatMap(({ path, lines }) => [
      output.style.yellow(
        `Power BI does not open the model until you take out of ${path} what names a table that is gone`,
      ),
      ...lines.map((line) => `  ${line}`),
    ]),
    ...roleGaps.flatMap(({ path, missing }) => [
      output.style.yellow(`members of the role in ${path} see all countries, until you add there`),
      ...missing.map((line) => `  ${line}`),
    ]),
    `reads ${describeSource(source)}`,
    ...(source.kind === 'local' && source.goldFolder.startsWith('/')
      ? [
          'Power BI Desktop runs on Windows: there, set the parameter GoldFolder to this folder as Windows names it',
        ]
      : []),
    ...(mixedCurrencies.length === 0
      ? []
      : [
          `orders are in several currencies (${mixedCurrencies.map(escapeControls).join(', ')}), and their amounts are added as sent, which each page says: set money.currency and money.rates to convert them`,
        ]),
    source.kind === 'onelake'
      ? 'next: commit it to the Git repository of a Fabric workspace, update the workspace, refresh the model'
      : 'next: open it in Power BI Desktop, then Home > Refresh',
  ];
}

/** Lists the files that were not updated because the user has changed them. */
export function renderKept(kept: WriteReport['kept'], { style }: Output): string[] {
  return kept.map(({ path, reason }) => style.yellow(`kept ${path} (${reason})`));
}

function describeSource(source: GoldSource): string {
  switch (source.kind) {
    case 'local':
      return source.goldFolder;
    case 'adls':
      return source.goldUrl;
    case 'databricks':
      return `${source.catalog}.${source.schema} at ${source.host}`;
    case 'onelake':
      return `Tables/${source.schema} of ${source.lakehouseUrl} by Direct Lake`;
  }
}

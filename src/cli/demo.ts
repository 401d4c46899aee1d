/** `demo`: from simulated data to reports, in one command and its own folder. */
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { isRemoteAddress } from '../config/lake-address.ts';
import type { Settings } from '../config/settings.ts';
import { ClicklakeError } from '../errors.ts';
import type { Lake } from '../lake/open-lake.ts';
import type { TruthReport } from '../simulate/compare-truth.ts';
import type { Cli, GlobalOptions } from './cli.ts';
import { DEFAULT_DASHBOARD, serveUntilInterrupted } from './dashboard.ts';
import { prepareDemoFolder } from './demo-folder.ts';
import { makePowerbi } from './demo-powerbi.ts';
import { reportShop } from './demo-report.ts';
import type { Demo, DemoResult, DemoStep } from './demo-step.ts';
import { receiveFiles, simulateShop, verifyShop } from './demo-steps.ts';
import { formatDuration, shellWord } from './format.ts';
import { examples } from './help-text.ts';
import type { Output } from './output.ts';
import { parseCount, parseFolder, parseSeed } from './parse-options.ts';
import { renderTable } from './table.ts';
import { refuseDifferences } from './verify-truth.ts';

/** In this order. Each reports what it created and what to try next. */
const STEPS: readonly DemoStep[] = [
  { name: 'simulation', title: 'a shop that does not exist', run: simulateShop },
  { name: 'ingest', title: 'its files arrive, with a run after each arrival', run: receiveFiles },
  { name: 'shop', title: 'what the Gold tables say', run: reportShop },
  { name: 'verification', title: 'is it true? the simulator knows', run: verifyShop },
  { name: 'powerbi', title: 'the same numbers in Power BI', run: makePowerbi },
];

interface DemoFlags {
  out: string;
  events: number;
  seed: number;
  dashboard?: boolean;
}

export function registerDemo(program: Command, cli: Cli): void {
  program
    .command('demo')
    .summary('show the whole pipeline on simulated data')
    .description(
      'Simulates 14 days of a shop, ingests its files as they arrive, computes Silver and Gold, prints a small report, compares every number with what the simulator knows, and makes a Power BI project. Needs no network and no server. Run again, it replaces landing/, lake/ and powerbi/ in its folder (powerbi/ only if you have not changed it) and nothing else. With --lake abfss://… the lake is created there; there must be none yet.',
    )
    .option('--out <folder>', 'folder for everything the demo makes', parseFolder, 'clicklake-demo')
    .option('--events <n>', 'about how many events, as in 200k or 1M', parseCount, 200_000)
    .option('--seed <n>', 'another seed is another shop', parseSeed, 42)
    .option('--dashboard', 'at the end, serve the dashboard of the demo until Ctrl-C')
    .addHelpText(
      'after',
      examples([
        ['clicklake demo', ''],
        ['clicklake demo --dashboard', 'and then look at it in a browser'],
        ['clicklake demo --events 1M --seed 7 --out another', ''],
      ]),
    )
    .action((flags: DemoFlags, command: Command) => runDemo(flags, cli, command));
}

async function runDemo(flags: DemoFlags, cli: Cli, command: Command): Promise<void> {
  const remoteLake = remoteLakeOf(command);
  const startedMs = cli.io.nowMs();
  const release = await prepareDemoFolder(flags.out);
  try {
    await makeDemo(flags, cli, command, { remoteLake, startedMs });
  } finally {
    await release();
  }
}

async function makeDemo(
  flags: DemoFlags,
  cli: Cli,
  command: Command,
  { remoteLake, startedMs }: { remoteLake: string | undefined; startedMs: number },
): Promise<void> {
  const lakePlace = remoteLake ?? join(flags.out, 'lake');
  const ofDemo = await demoSettings(remoteLake ?? resolve(cli.io.cwd, lakePlace));
  const settings = ofDemo(await cli.settings(command));
  await cli.withLake(
    command,
    async (lake, output) => {
      if (remoteLake !== undefined) {
        await refuseLakeInUse(lake, remoteLake);
      }
      const demo: Demo = {
        ...{ folder: flags.out, lakePlace, landingFolder: join(flags.out, 'landing') },
        ...{ lake, settings, io: cli.io, output, signal: cli.signal },
        ...{ events: flags.events, seed: flags.seed },
      };
      const results = await runSteps(demo);
      const durationMs = cli.io.nowMs() - startedMs;
      const parts = STEPS.map(({ name }, index) => [name, results[index]!.json]);
      const report = { folder: flags.out, ...Object.fromEntries(parts), durationMs };
      await output.report(report, () => renderEnd(results, lakePlace, output, durationMs));
      refuseDifferences(report.verification as TruthReport);
      if (flags.dashboard === true) {
        await serveUntilInterrupted(
          lake,
          lakePlace,
          { ...DEFAULT_DASHBOARD, port: 0 },
          { output, signal: cli.signal },
        );
      }
    },
    ofDemo,
  );
}

/**
 * The remote lake of the demo, if `--lake` gives an address. A local lake is always in the demo's
 * folder.
 */
function remoteLakeOf(command: Command): string | undefined {
  const { lake } = command.optsWithGlobals<GlobalOptions>();
  if (lake === undefined || isRemoteAddress(lake)) {
    return lake;
  }
  throw new ClicklakeError('usage', '--lake: the demo makes a lake of its own', {
    hint: 'leave out --lake; --out says in which folder; only an address abfss://… can be given',
  });
}

/**
 * Throws if there is a lake at the address. Only local demo folders are emptied; nothing is removed
 * from remote storage.
 */
async function refuseLakeInUse(lake: Lake, address: string): Promise<void> {
  const isThere = await lake.status().then(
    () => true,
    (error: unknown) => {
      if (error instanceof ClicklakeError && error.code === 'not_found') {
        return false;
      }
      throw error;
    },
  );
  if (!isThere) {
    return;
  }
  throw new ClicklakeError('usage', `there is a lake at ${address} already`, {
    hint: 'name another path with --lake, or remove that one yourself',
  });
}

async function runSteps(demo: Demo): Promise<DemoResult[]> {
  const { output } = demo;
  const results: DemoResult[] = [];
  for (const { title, run } of STEPS) {
    const result = await run(demo);
    results.push(result);
    if (!output.isJson) {
      await output.print([output.style.bold(`▸ ${title}`), ...indent(result.lines), '']);
    }
  }
  return results;
}

/** The user's memory and threads, with the other settings that the simulated shop needs. */
async function demoSettings(lake: string): Promise<(settings: Settings) => Settings> {
  const { DEFAULTS } = await import('../config/defaults.ts');
  const { BUILT_IN_EVENT_TYPE_ALIASES } = await import('../config/event-types.ts');
  const { engine, eventTypes, conflictScope, skipCheckout } = DEFAULTS;
  return (settings) => ({
    ...settings,
    ...{ lake, engine },
    silver: {
      ...settings.silver,
      ...{ eventTypes, eventTypeAliases: BUILT_IN_EVENT_TYPE_ALIASES, conflictScope },
      extraColumns: [],
    },
    funnel: { skipCheckout },
    sources: undefined,
    sessions: undefined,
    reporting: undefined,
    bots: undefined,
    orders: undefined,
    money: undefined,
  });
}

/** Commands longer than this do not widen the column, so that the remarks stay aligned. */
const MOST_WIDTH = 90;

function renderEnd(
  results: readonly DemoResult[],
  lakePlace: string,
  output: Output,
  durationMs: number,
): string[] {
  const table = (rows: string[][]) =>
    renderTable([{ title: '' }, { title: '' }], rows, { indent: '  ' });
  const clicklake = `npx clicklake --lake ${shellWord(lakePlace)}`;
  const next = results
    .flatMap((result) => result.next ?? [])
    .map(([command, meaning]) => [`${clicklake} ${command}`, meaning] as const);
  const lengths = next.map(([command]) => command.length);
  const width = Math.max(...lengths.filter((length) => length <= MOST_WIDTH));
  return [
    output.style.bold('▸ files'),
    ...table(results.flatMap((result) => result.places ?? [])),
    '',
    output.style.bold('▸ try next'),
    ...next.map(
      ([command, meaning]) => `  ${command.padEnd(width)}   ${output.style.dim(`# ${meaning}`)}`,
    ),
    '',
    `the demo took ${formatDuration(durationMs)}`,
  ];
}

function indent(lines: readonly string[]): string[] {
  return lines.map((line) => (line === '' ? '' : `  ${line}`));
}

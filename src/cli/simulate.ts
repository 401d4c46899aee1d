import { type Command, InvalidArgumentError } from 'commander';
import { ClicklakeError } from '../errors.ts';
import type { FollowReport } from '../simulate/follow.ts';
import type { DirtRates } from '../simulate/options.ts';
import type { SenderRules } from '../simulate/sender-rules.ts';
import type { SimulateProgress, SimulateReport } from '../simulate/simulate.ts';
import type { Cli } from './cli.ts';
import { formatBytes, formatCount, formatDuration, formatQuantity, shellWord } from './format.ts';
import { examples } from './help-text.ts';
import type { Output } from './output.ts';
import { parseCount, parseFolder, parseSeed } from './parse-options.ts';
import { renderTable } from './table.ts';

/** Each kind of defect: its option, and what its rate refers to. */
const DIRT: readonly [name: keyof DirtRates, flag: string, meaning: string, standard: string][] = [
  ['duplicates', '--duplicates', 'events that are delivered again', '1%'],
  ['late', '--late', 'events that arrive minutes to weeks late', '3%'],
  ['outOfOrder', '--out-of-order', 'events that arrive out of order', '5%'],
  ['malformed', '--malformed', 'additional lines for quarantine', '0.2%'],
  ['conflicts', '--conflicts', 'additional lines that reuse an event id', '0.05%'],
  ['clockSkew', '--clock-skew', 'visitors whose clock is wrong', '1%'],
  ['bots', '--bots', 'events that robots make', '1%'],
  ['extraFields', '--extra-fields', 'lines with unknown fields', '5%'],
  ['spellings', '--spellings', 'lines spelled in another way', '5%'],
  ['mixedSessions', '--mixed-sessions', 'sessions that change user or device', '0.2%'],
  ['unreadableNumbers', '--unreadable-numbers', 'events with words for numbers', '0.05%'],
];

interface SimulateFlags extends Partial<DirtRates> {
  out: string;
  events?: number;
  users?: number;
  days?: number;
  start?: string;
  seed?: number;
  split?: string;
  files?: number;
  gzip?: boolean;
  threads?: number;
  overwrite?: boolean;
  clean?: boolean;
  profile?: string;
  identity?: string;
  sessions: boolean;
  userAgents?: boolean;
  timeZone?: string;
  follow?: boolean;
  rate?: number;
  every?: number;
}

export function registerSimulate(program: Command, cli: Cli): void {
  const command = program
    .command('simulate')
    .summary('generate the events of a simulated shop')
    .description(
      'Writes the events of a simulated shop to a landing folder, as newline-delimited JSON with some dirt, and truth.json with the correct results. The same options give the same bytes.',
    )
    .option('--out <folder>', 'landing folder', parseFolder, 'landing')
    .option('--events <n>', 'about how many events, as in 200k or 1.5M (default: 1M)', parseCount)
    .option('--users <n>', 'instead: how many visitors, not counting robots', parseCount)
    .option('--days <n>', 'simulated time (default: 30)', parseCount)
    .option('--start <day>', 'its first day, in UTC (default: 2026-01-01)')
    .option('--seed <n>', 'another seed is another shop (default: 42)', parseSeed)
    .option('--split <period>', 'a file per hour or day of arrival (default: day)')
    .option('--files <n>', 'instead: so many files of equal duration', parseCount)
    .option('--gzip', 'compress the files')
    .option('--threads <n>', 'threads that work; the bytes stay the same (default: 1)', parseCount)
    .option('--overwrite', "remove an earlier simulation's files from the folder first")
    .option('--profile <file>', 'YAML or JSON: devices, countries, catalogue, rhythm, orders')
    .option(
      '--identity <kind>',
      'users, or anonymous: devices, and users from a login on (default: users)',
    )
    .option('--no-sessions', 'events have no session_id')
    .option(
      '--user-agents',
      'events have the user_agent of a browser, or of a crawler if it is a bot',
    )
    .option(
      '--time-zone <zone>',
      'all visitors live by these clocks, as in Asia/Jakarta (default: by country)',
    )
    .option('--clean', 'no dirt but what the following options ask for');
  for (const [, flag, meaning, standard] of DIRT) {
    command.option(`${flag} <rate>`, `${meaning} (default: ${standard})`, parseRate);
  }
  command
    .option('--follow', 'go on in real time until Ctrl-C; without truth.json')
    .option('--rate <n>', 'with --follow: events a second (default: 100)', parseCount)
    .option('--every <seconds>', 'with --follow: a new file this often (default: 1)', parseCount)
    .addHelpText(
      'after',
      examples([
        ['clicklake simulate --events 1M --days 30 --out landing', ''],
        ['clicklake simulate --events 200k --split hour --gzip', 'many small files'],
        ['clicklake simulate --clean --late 10%', 'only late arrivals'],
        ['clicklake simulate --follow --rate 500', 'a shop that goes on'],
      ]),
    )
    .action(async (flags: SimulateFlags, invoked: Command) => {
      const output = cli.output(invoked);
      await (flags.follow === true
        ? runFollow(flags, cli, output)
        : runSimulate(flags, cli, output));
    });
}

async function runSimulate(flags: SimulateFlags, cli: Cli, output: Output): Promise<void> {
  refuseFlags(flags, ['rate', 'every'], 'needs --follow');
  const { simulate } = await import('../simulate/simulate.ts');
  const { out, events, users, days, start, seed, files, gzip, threads, overwrite, clean } = flags;
  const report = await simulate(
    {
      ...{ out, events, users, days, start, seed, files, gzip, threads, overwrite, clean },
      // Validated by the simulator, together with the other options.
      split: flags.split as 'day' | 'hour' | undefined,
      dirt: flags,
      profile: await readProfileOf(flags),
      sender: senderOf(flags),
      timeZone: flags.timeZone,
    },
    (progress) => output.progress.show('simulate', (ms) => describeProgress(progress, ms)),
    { nowMs: Date.now, signal: cli.signal },
  );
  await output.report(report, () => renderReport(report, output));
}

async function runFollow(flags: SimulateFlags, cli: Cli, output: Output): Promise<void> {
  const forbidden = ['events', 'users', 'days', 'start', 'split', 'files'] as const;
  refuseFlags(
    flags,
    [...forbidden, 'gzip', 'threads', 'overwrite', 'timeZone'],
    'not with --follow',
  );
  const { follow } = await import('../simulate/follow.ts');
  const report = await follow(
    {
      out: flags.out,
      ratePerSecond: flags.rate,
      everySeconds: flags.every,
      seed: flags.seed,
      clean: flags.clean,
      dirt: flags,
      profile: await readProfileOf(flags),
      sender: senderOf(flags),
    },
    cli.signal,
    (progress) =>
      output.progress.show('follow', () => `${describeFollow(progress)}; Ctrl-C ends it`),
  );
  await output.report(report, () => [describeFollow(report)]);
}

function senderOf(flags: SimulateFlags): Partial<SenderRules> {
  return {
    // Validated by the simulator.
    ...(flags.identity === undefined
      ? {}
      : { identity: flags.identity as SenderRules['identity'] }),
    sendsSessions: flags.sessions,
    sendsUserAgents: flags.userAgents ?? false,
  };
}

async function readProfileOf(flags: SimulateFlags) {
  const { readProfile } = await import('../simulate/profile.ts');
  return flags.profile === undefined ? undefined : await readProfile(flags.profile);
}

function refuseFlags(
  flags: SimulateFlags,
  names: readonly (keyof SimulateFlags)[],
  why: string,
): void {
  const given = names
    .filter((name) => flags[name] !== undefined)
    .map((name) => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`);
  if (given.length > 0) {
    throw new ClicklakeError('usage', `${given.join(', ')}: ${why}`, {
      hint: `leave out ${given.join(', ')}; see clicklake simulate --help`,
    });
  }
}

/** One line for the progress display. */
export function describeProgress(progress: SimulateProgress, stageMs: number): string {
  const { daysDone, daysTotal, linesWritten } = progress;
  const left = daysDone > 0 && stageMs > 1_000 ? (stageMs / daysDone) * (daysTotal - daysDone) : 0;
  return [
    `simulate: day ${formatCount(Math.ceil(daysDone))} of ${formatCount(daysTotal)}`,
    formatQuantity(linesWritten, 'line'),
    ...(left > 0 ? [`${formatDuration(left)} left`] : []),
  ].join(', ');
}

function describeFollow(report: FollowReport): string {
  const { lines, files, sizeBytes, out } = report;
  return `${formatQuantity(lines, 'line')} in ${formatQuantity(files, 'file')} (${formatBytes(sizeBytes)}) added to ${out}`;
}

function renderReport(report: SimulateReport, output: Output): string[] {
  const quarantined = Object.values(report.quarantined).reduce((sum, count) => sum + count, 0);
  const rows = [
    ['lines', formatCount(report.lines)],
    ['  events', formatCount(report.events)],
    ['  duplicates', formatCount(report.duplicates)],
    ['  for quarantine', formatCount(quarantined)],
    ['sessions', formatCount(report.sessions)],
    ['users', formatCount(report.users)],
  ];
  const reasons = Object.entries(report.quarantined).map(([reason, count]) => [
    `    ${reason}`,
    formatCount(count),
  ]);
  const shown = output.isVerbose ? [...rows.slice(0, 4), ...reasons, ...rows.slice(4)] : rows;
  return [
    ...renderTable([{ title: '' }, { title: '', align: 'right' }], shown),
    `${formatQuantity(report.files.length, 'file')} (${formatBytes(report.sizeBytes)}) in ${report.out}, ${formatDuration(report.durationMs)}, ${formatCount(report.eventsPerSecond)} events/s`,
    `correct results: ${report.truthPath}`,
    ...(report.ratesPath === undefined
      ? []
      : [`exchange rates, for money.rates: ${report.ratesPath}`]),
    `next: clicklake ingest ${shellWord(report.out)}`,
  ];
}

/** `0.03` or `3%`. */
function parseRate(text: string): number {
  const match = /^(\d*\.?\d+)(%?)$/.exec(text);
  if (match === null) {
    throw new InvalidArgumentError('It must be a rate, as in 0.03 or 3%.');
  }
  return Number(match[1]) / (match[2] === '%' ? 100 : 1);
}

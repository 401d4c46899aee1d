/** What is measured. Each scenario cleans up after itself. */
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { type AzureFigures, measureAzure } from './azure.ts';
import { compareTables } from './compare.ts';
import { type DashboardTimes, timeDashboard } from './dashboard.ts';
import { buildEarlier } from './earlier.ts';
import { measureGrowth } from './growth.ts';
import { cached, countDays, type Identity, makeInput, makeNextDay } from './make-input.ts';
import { ARRAY, CSV, makeLargeFile, makeLayout, NESTED } from './make-layouts.ts';
import { measureManyFiles } from './many-files.ts';
import {
  CACHE,
  clicklake,
  handWritten,
  type Measured,
  measure,
  other,
  prepareOthers,
  preparePyspark,
  pyspark,
} from './measure.ts';
import { runOnSpark } from './spark.ts';

export interface Plan {
  lines: number;
  historyLines: number;
  newLines: number;
  runs: number;
  /** Lines that the lake of scenario p has when new ones come. */
  sizes: readonly number[];
  /** Files that the lake of scenario q has received. */
  files: number;
  /** The commit that scenario o measures beside this one. */
  earlierCommit?: string | undefined;
  /** Says what is going on. */
  note(text: string): void;
}

export interface Findings {
  jobs: {
    name: string;
    lines: number;
    measured: Measured[];
    /** Where it stands in a plot: in which line, and how many events the lake has before it. */
    point?: { series: string; events: number };
  }[];
  /** `target` is the largest value that is wanted. */
  ratios: { name: string; value: number; target?: number }[];
  /** Rows per table and what differs, where results were compared. */
  comparison?: { rows: Record<string, string>; differences: string[] };
}

export const SCENARIOS: Readonly<Record<string, (plan: Plan) => Promise<Findings>>> = {
  a: landing,
  b: transformation,
  c: littleMemory,
  d: newLines,
  e: againstPyspark,
  f: againstOthers,
  g: dashboard,
  h: azure,
  i: sparkCores,
  j: simulation,
  k: manyDates,
  l: identities,
  m: layouts,
  n: largeFiles,
  o: earlierCommit,
  p: (plan) => inWorkFolder((work) => measureGrowth(plan, work)),
  q: (plan) => inWorkFolder((work) => measureManyFiles(plan, work)),
};

const INPUT_SEED = 1;
const HISTORY_SEED = 2;
const SMALL_LIMIT_MB = 1000;
/** What one core is to simulate and write, at least. */
const SIMULATED_EVENTS_PER_SECOND = 200_000;
/** How many times the lines of the first run scenario i has in its second. */
const SPARK_GROWTH = 10;
/** Lines and days of scenario k. */
const FEW_LINES = 1_300;
const MANY_DAYS = 155;
/** Of the files of scenario n, with as many lines as this in the others. */
const LARGE_ARRAY_BYTES = 2e9;
const LARGE_CSV_BYTES = 5e9;
const LINES_OF_LARGE = 5_000_000;

/** (a) `ingest` against a plain copy with SHA-256. */
function landing(plan: Plan): Promise<Findings> {
  return inWorkFolder(async (work) => {
    const input = await makeInput(CACHE, plan.lines, INPUT_SEED);
    const ours: Measured[] = [];
    const theirs: Measured[] = [];
    for (let round = 0; round < plan.runs; round += 1) {
      plan.note(`a: round ${round + 1}`);
      const [lake, copy] = [join(work, 'lake'), join(work, 'copy')];
      ours.push(await clicklake(['ingest', input, '--lake', lake]));
      theirs.push(await handWritten('land', input, copy));
      remove(lake, copy);
    }
    return {
      jobs: [
        { name: 'a  clicklake ingest', lines: plan.lines, measured: ours },
        { name: 'a  copy and SHA-256', lines: plan.lines, measured: theirs },
      ],
      ratios: [{ name: 'a  ingest / copy', value: medianSeconds(ours) / medianSeconds(theirs) }],
    };
  });
}

/** (b) `run` with the default settings against the hand-written job, and their results. */
function transformation(plan: Plan): Promise<Findings> {
  return inWorkFolder(async (work) => {
    const input = await makeInput(CACHE, plan.lines, INPUT_SEED);
    const [lake, output] = [join(work, 'lake'), join(work, 'output')];
    await clicklake(['ingest', input, '--lake', lake]);
    const ours: Measured[] = [];
    const theirs: Measured[] = [];
    for (let round = 0; round < plan.runs; round += 1) {
      plan.note(`b: round ${round + 1}`);
      forget(lake);
      remove(output);
      ours.push(await clicklake(['run', '--json', '--lake', lake]));
      theirs.push(await handWritten('hand-written', input, output));
    }
    plan.note('b: comparing the results');
    const comparison = await compareTables(lake, output);
    comparison.differences.push(...compareFields(ours[0]?.stdout, theirs[0]?.stdout));
    return {
      jobs: [
        { name: 'b  clicklake run', lines: plan.lines, measured: ours },
        { name: 'b  hand-written', lines: plan.lines, measured: theirs },
      ],
      ratios: [
        {
          name: 'b  run / hand-written',
          value: medianSeconds(ours) / medianSeconds(theirs),
          target: 1.25,
        },
      ],
      comparison,
    };
  });
}

/** (c) `run` with a small memory limit against `run` with all the memory there is. */
function littleMemory(plan: Plan): Promise<Findings> {
  return inWorkFolder(async (work) => {
    const input = await makeInput(CACHE, plan.lines, INPUT_SEED);
    const lake = join(work, 'lake');
    await clicklake(['ingest', input, '--lake', lake]);
    const small: Measured[] = [];
    const large: Measured[] = [];
    const runWith = (limitMb: number) => {
      forget(lake);
      return clicklake(['run', '--lake', lake], { CLICKLAKE_MEMORY_LIMIT_MB: String(limitMb) });
    };
    for (let round = 0; round < plan.runs; round += 1) {
      plan.note(`c: round ${round + 1}`);
      small.push(await runWith(SMALL_LIMIT_MB));
      large.push(await runWith(Math.floor(totalmem() / 1e6)));
    }
    const peakMb = Math.max(...small.map((measured) => measured.peakMb ?? 0));
    return {
      jobs: [
        { name: `c  run, limit ${SMALL_LIMIT_MB} MB`, lines: plan.lines, measured: small },
        { name: 'c  run, no limit', lines: plan.lines, measured: large },
      ],
      ratios: [
        {
          name: 'c  small limit / no limit',
          value: medianSeconds(small) / medianSeconds(large),
          target: 1.5,
        },
        { name: 'c  peak memory / limit', value: peakMb / SMALL_LIMIT_MB, target: 1.3 },
      ],
    };
  });
}

/**
 * (d) `run` over few new lines: in an empty lake, and on top of a long history. The new lines of each
 * round are another day's, so that one history serves all rounds.
 */
function newLines(plan: Plan): Promise<Findings> {
  return addToHistory(plan, 'd', 'user');
}

function addToHistory(plan: Plan, letter: string, identity: Identity): Promise<Findings> {
  return inWorkFolder(async (work) => {
    plan.note(`${letter}: making the history`);
    const days = countDays(plan.historyLines);
    const history = await makeInput(CACHE, plan.historyLines, HISTORY_SEED, days, identity);
    const full = join(work, 'full');
    await clicklake(['ingest', history, '--lake', full]);
    await clicklake(['run', '--lake', full]);
    const onHistory: Measured[] = [];
    const onEmpty: Measured[] = [];
    for (let round = 0; round < plan.runs; round += 1) {
      plan.note(`${letter}: round ${round + 1}`);
      const next = await makeNextDay(CACHE, history, plan.newLines, round, identity);
      const empty = join(work, 'empty');
      for (const [lake, measured] of [
        [full, onHistory],
        [empty, onEmpty],
      ] as const) {
        await clicklake(['ingest', next, '--lake', lake]);
        measured.push(await clicklake(['run', '--lake', lake]));
      }
      remove(empty);
    }
    return {
      jobs: [
        { name: `${letter}  run, on the history`, lines: plan.newLines, measured: onHistory },
        { name: `${letter}  run, empty lake`, lines: plan.newLines, measured: onEmpty },
      ],
      ratios: [
        {
          name: `${letter}  history / empty`,
          value: medianSeconds(onHistory) / medianSeconds(onEmpty),
          target: 3,
        },
      ],
    };
  });
}

/** (e) From files to Gold, `ingest` and `run`, against a usual PySpark job. Left out where it cannot run. */
function againstPyspark(plan: Plan): Promise<Findings> {
  const tools = preparePyspark();
  if ('missing' in tools) {
    return leftOut(
      plan,
      `e: left out, there is no ${tools.missing} here; it needs Java 17, Maven and Python 3`,
    );
  }
  return fromFilesToGold(plan, 'e', [
    {
      name: 'PySpark',
      title: 'PySpark, local[2]',
      run: (input, output) => pyspark(tools, input, output),
      target: 0.1,
    },
  ]);
}

/** (f) The same against Polars and chDB with delta-rs, which write Silver and Gold but no Bronze and no quarantine. */
function againstOthers(plan: Plan): Promise<Findings> {
  const tools = prepareOthers();
  if ('missing' in tools) {
    return leftOut(plan, `f: left out, there is no ${tools.missing} here; it needs Python 3`);
  }
  const job = (script: 'with_polars' | 'with_chdb') => (input: string, output: string) =>
    other(script, tools.python, input, output);
  return fromFilesToGold(plan, 'f', [
    { name: 'Polars', title: 'Polars, delta-rs', run: job('with_polars') },
    { name: 'chDB', title: 'chDB, delta-rs', run: job('with_chdb') },
  ]);
}

async function leftOut(plan: Plan, why: string): Promise<Findings> {
  plan.note(why);
  return { jobs: [], ratios: [] };
}

interface Peer {
  name: string;
  title: string;
  run(input: string, output: string): Promise<Measured>;
  /** The largest share of the peer's time that is wanted. */
  target?: number;
}

function fromFilesToGold(plan: Plan, letter: string, peers: readonly Peer[]): Promise<Findings> {
  return inWorkFolder(async (work) => {
    const input = await makeInput(CACHE, plan.lines, INPUT_SEED);
    const [lake, output] = [join(work, 'lake'), join(work, 'output')];
    const ours: Measured[] = [];
    const theirs = peers.map((peer) => ({ ...peer, measured: [] as Measured[] }));
    for (let round = 0; round < plan.runs; round += 1) {
      plan.note(`${letter}: round ${round + 1}`);
      const landed = await clicklake(['ingest', input, '--lake', lake]);
      ours.push(together(landed, await clicklake(['run', '--lake', lake])));
      remove(lake);
      for (const peer of theirs) {
        peer.measured.push(await peer.run(input, output));
        remove(output);
      }
    }
    const job = (title: string, measured: Measured[]) => ({
      name: `${letter}  ${title}`,
      lines: plan.lines,
      measured,
    });
    return {
      jobs: [
        job('clicklake ingest + run', ours),
        ...theirs.map(({ title, measured }) => job(title, measured)),
      ],
      ratios: theirs.map(({ name, measured, target }) => ({
        name: `${letter}  clicklake / ${name}`,
        value: medianSeconds(ours) / medianSeconds(measured),
        ...(target === undefined ? {} : { target }),
      })),
    };
  });
}

/** (g) The dashboard's start, its first view and its filters, at the server, and ten users at once. */
function dashboard(plan: Plan): Promise<Findings> {
  return inWorkFolder(async (work) => {
    const input = await makeInput(CACHE, plan.lines, INPUT_SEED);
    const lake = join(work, 'lake');
    await clicklake(['ingest', input, '--lake', lake]);
    await clicklake(['run', '--lake', lake]);
    const rounds: DashboardTimes[] = [];
    for (let round = 0; round < plan.runs; round += 1) {
      plan.note(`g: round ${round + 1}`);
      rounds.push(await timeDashboard(lake));
    }
    const all = (part: Exclude<keyof DashboardTimes, 'codeBytes'>): Measured[] =>
      rounds.map((times) => times[part]);
    const job = (name: string, part: Parameters<typeof all>[0]) => ({
      name: `g  dashboard, ${name}`,
      lines: plan.lines,
      measured: all(part),
    });
    const codeBytes = rounds[0]?.codeBytes ?? 0;
    return {
      jobs: [
        job('start', 'start'),
        job('first view after start', 'firstView'),
        job('reading the rest of the lake', 'read'),
        job('slowest filter', 'slowestFilter'),
        job('ten users, 95 % of answers', 'tenUsers'),
      ],
      ratios: [
        { name: 'g  start / 1 s', value: medianSeconds(all('start')), target: 1 },
        {
          name: 'g  first view after start / 500 ms',
          value: medianSeconds(all('firstView')) / 0.5,
          target: 1,
        },
        {
          name: 'g  slowest filter / 300 ms',
          value: medianSeconds(all('slowestFilter')) / 0.3,
          target: 1,
        },
        { name: 'g  ten users / 1 s', value: medianSeconds(all('tenUsers')), target: 1 },
        { name: 'g  compressed code / 300 kB', value: codeBytes / 300_000, target: 1 },
      ],
    };
  });
}

/**
 * (h) A lake in Azure, against an emulator on this machine: bytes in and out against plain transfers,
 * and a run that has to fetch what it works on over a slow network.
 */
function azure(plan: Plan): Promise<Findings> {
  return inWorkFolder(async (work) => {
    const input = await makeInput(CACHE, plan.lines, INPUT_SEED);
    const figures: AzureFigures = {
      ...{ ingest: [], sdkUp: [], bring: [], sdkDown: [], work: [], transfer: [], both: [] },
      movedMb: { in: 0, out: 0, narrow: 0 },
    };
    for (let round = 0; round < plan.runs; round += 1) {
      plan.note(`h: round ${round + 1}`);
      const folder = join(work, String(round));
      await measureAzure(input, folder, figures);
      remove(folder);
    }
    const { movedMb } = figures;
    const job = (title: string, movedMb: number, measured: Measured[]) => ({
      name: `h  ${title}, ${Math.round(movedMb)} MB`,
      lines: plan.lines,
      measured,
    });
    const perSum = figures.both.map(
      ({ seconds }, round) =>
        seconds / ((figures.work[round]?.seconds ?? 0) + (figures.transfer[round]?.seconds ?? 0)),
    );
    return {
      jobs: [
        job('clicklake ingest', movedMb.in, figures.ingest),
        job('plain upload', movedMb.in, figures.sdkUp),
        job('clicklake fetches data files', movedMb.out, figures.bring),
        job('plain download', movedMb.out, figures.sdkDown),
        job('clicklake run, warm cache', movedMb.narrow, figures.work),
        job('plain download, slow network', movedMb.narrow, figures.transfer),
        job('clicklake run, cold cache, slow network', movedMb.narrow, figures.both),
      ],
      ratios: [
        {
          name: 'h  ingest / plain upload',
          value: medianSeconds(figures.ingest) / medianSeconds(figures.sdkUp),
          target: 1.2,
        },
        {
          name: 'h  fetch / plain download',
          value: medianSeconds(figures.bring) / medianSeconds(figures.sdkDown),
          target: 1.2,
        },
        {
          name: 'h  transfer and work together / one after the other',
          value: median(perSum),
          target: 0.9,
        },
      ],
    };
  });
}

/**
 * (i) `run` on Spark with one core and with two, beside the job of (e): what a second core brings, how much
 * of the time is ours, and whether our memory grows with the data.
 */
function sparkCores(plan: Plan): Promise<Findings> {
  const tools = preparePyspark();
  if ('missing' in tools) {
    const needed = 'it needs Java 17, Maven and Python 3';
    return leftOut(plan, `i: left out, there is no ${tools.missing} here; ${needed}`);
  }
  return inWorkFolder(async (work) => {
    const fewLines = Math.ceil(plan.lines / SPARK_GROWTH);
    const [small, large] = [join(work, 'small'), join(work, 'large')];
    for (const [lake, lines] of [
      [small, fewLines],
      [large, plan.lines],
    ] as const) {
      await clicklake(['ingest', await makeInput(CACHE, lines, INPUT_SEED), '--lake', lake]);
    }
    const few: Measured[] = [];
    const one: Measured[] = [];
    const two: Measured[] = [];
    const theirs: Measured[] = [];
    const [input, output] = [await makeInput(CACHE, plan.lines, INPUT_SEED), join(work, 'output')];
    for (let round = 0; round < plan.runs; round += 1) {
      for (const [cores, measured] of [
        [1, one],
        [2, two],
      ] as const) {
        plan.note(`i: round ${round + 1}, ${cores} of Spark's cores`);
        forget(small);
        forget(large);
        const figures = await runOnSpark(cores, small, large);
        measured.push(figures.large);
        if (cores === 2) {
          few.push(figures.small);
        }
      }
      plan.note(`i: round ${round + 1}, PySpark`);
      theirs.push(await pyspark(tools, input, output));
      remove(output);
    }
    const job = (title: string, lines: number, measured: Measured[]) => ({
      name: `i  ${title}`,
      lines,
      measured,
    });
    const peakMb = (measured: Measured[]) => Math.max(...measured.map((each) => each.peakMb ?? 0));
    const ourShare = two.map(({ cpuSeconds, seconds }) => (cpuSeconds ?? 0) / seconds);
    return {
      jobs: [
        job('run on Spark, local[1]', plan.lines, one),
        job('run on Spark, local[2]', plan.lines, two),
        job('run on Spark, local[2], first run', fewLines, few),
        job('PySpark, local[2]', plan.lines, theirs),
      ],
      ratios: [
        { name: 'i  two cores / one', value: medianSeconds(two) / medianSeconds(one), target: 0.6 },
        {
          name: 'i  run on Spark / PySpark',
          value: medianSeconds(two) / medianSeconds(theirs),
          target: 1,
        },
        { name: "i  Node's CPU time / wall time", value: median(ourShare) },
        {
          name: `i  Node's peak memory, ${SPARK_GROWTH} x the lines / once`,
          value: peakMb(two) / peakMb(few),
        },
      ],
    };
  });
}

/** (j) `simulate` on one thread, with and without dirt, against the events a second that are wanted. */
function simulation(plan: Plan): Promise<Findings> {
  return inWorkFolder(async (work) => {
    const out = join(work, 'shop');
    const simulate = async (...dirt: string[]): Promise<Measured> => {
      const args = ['simulate', '--events', String(plan.lines), '--threads', '1', '--out', out];
      const measured = await clicklake([...args, ...dirt]);
      remove(out);
      return measured;
    };
    const dirty: Measured[] = [];
    const clean: Measured[] = [];
    for (let round = 0; round < plan.runs; round += 1) {
      plan.note(`j: round ${round + 1}`);
      dirty.push(await simulate());
      clean.push(await simulate('--clean'));
    }
    const wantedSeconds = plan.lines / SIMULATED_EVENTS_PER_SECOND;
    return {
      jobs: [
        { name: 'j  simulate', lines: plan.lines, measured: dirty },
        { name: 'j  simulate --clean', lines: plan.lines, measured: clean },
      ],
      ratios: [
        {
          name: 'j  simulate / 200,000 a second',
          value: medianSeconds(dirty) / wantedSeconds,
          target: 1,
        },
        {
          name: 'j  --clean / 200,000 a second',
          value: medianSeconds(clean) / wantedSeconds,
          target: 1,
        },
      ],
    };
  });
}

/** (k) `run` over few lines: on many days, and on as few as such lines usually have. */
function manyDates(plan: Plan): Promise<Findings> {
  return inWorkFolder(async (work) => {
    const measure = async (days?: number): Promise<Measured> => {
      const lake = join(work, 'lake');
      const input = await makeInput(CACHE, FEW_LINES, INPUT_SEED, days);
      await clicklake(['ingest', input, '--lake', lake]);
      const measured = await clicklake(['run', '--lake', lake]);
      remove(lake);
      return measured;
    };
    const many: Measured[] = [];
    const few: Measured[] = [];
    for (let round = 0; round < plan.runs; round += 1) {
      plan.note(`k: round ${round + 1}`);
      many.push(await measure(MANY_DAYS));
      few.push(await measure());
    }
    return {
      jobs: [
        { name: `k  run, ${MANY_DAYS} days`, lines: FEW_LINES, measured: many },
        { name: 'k  run, two weeks', lines: FEW_LINES, measured: few },
      ],
      ratios: [{ name: 'k  many days / few', value: medianSeconds(many) / medianSeconds(few) }],
    };
  });
}

/**
 * (l) `run` over the same visits: with users and sessions as sent; with devices, of which some are linked with
 * users; and with sessions that are derived. And new lines whose sessions are derived, as in scenario d.
 */
async function identities(plan: Plan): Promise<Findings> {
  const kinds: readonly Identity[] = ['user', 'device', 'no session'];
  const measured = kinds.map((): Measured[] => []);
  await inWorkFolder(async (work) => {
    const days = countDays(plan.lines);
    for (const [index, identity] of kinds.entries()) {
      const input = await makeInput(CACHE, plan.lines, INPUT_SEED, days, identity);
      await clicklake(['ingest', input, '--lake', join(work, String(index))]);
    }
    for (let round = 0; round < plan.runs; round += 1) {
      plan.note(`l: round ${round + 1}`);
      for (const [index, ofKind] of measured.entries()) {
        const lake = join(work, String(index));
        forget(lake);
        ofKind.push(await clicklake(['run', '--lake', lake]));
      }
    }
    return { jobs: [], ratios: [] };
  });
  const [sent = [], linked = [], derived = []] = measured;
  const added = await addToHistory(plan, 'l', 'no session');
  return {
    jobs: [
      { name: 'l  run, users and sessions sent', lines: plan.lines, measured: sent },
      { name: 'l  run, devices and logins', lines: plan.lines, measured: linked },
      { name: 'l  run, sessions derived', lines: plan.lines, measured: derived },
      ...added.jobs,
    ],
    ratios: [
      {
        name: 'l  devices and logins / sent',
        value: medianSeconds(linked) / medianSeconds(sent),
        target: 1.25,
      },
      {
        name: 'l  sessions derived / sent',
        value: medianSeconds(derived) / medianSeconds(sent),
        target: 1.6,
      },
      ...added.ratios,
    ],
  };
}

/** (m) From files to Gold: the same events flat, nested as Segment sends them, and as rows of CSV. */
function layouts(plan: Plan): Promise<Findings> {
  return inWorkFolder(async (work) => {
    const flat = await makeInput(CACHE, plan.lines, INPUT_SEED);
    plan.note('m: making the files');
    const inputs = [
      { title: 'flat lines', folder: flat, source: 'web' },
      { title: 'nested lines', folder: await makeLayout(flat, NESTED), source: 'segment' },
      { title: 'rows of CSV', folder: await makeLayout(flat, CSV), source: 'web' },
    ].map((input) => ({ ...input, landed: [] as Measured[], ran: [] as Measured[] }));
    const configFile = join(work, 'clicklake.yaml');
    writeFileSync(configFile, 'sources: { segment: { preset: segment } }\n');
    const lake = join(work, 'lake');
    for (let round = 0; round < plan.runs; round += 1) {
      plan.note(`m: round ${round + 1}`);
      for (const { folder, source, landed, ran } of inputs) {
        const common = ['--lake', lake, '--config', configFile];
        landed.push(await clicklake(['ingest', folder, '--source', source, ...common]));
        ran.push(await clicklake(['run', ...common]));
        remove(lake);
      }
    }
    const [lines, nested, rows] = inputs.map(({ folder, landed, ran }) => ({
      landed: medianCpu(landed),
      ran: medianCpu(ran),
      sizeBytes: sizeOf(folder),
    })) as [Cost, Cost, Cost];
    const ratios = [
      { name: 'nested', cost: nested, target: 1.5 },
      { name: 'CSV', cost: rows },
    ];
    return {
      jobs: inputs.flatMap(({ title, landed, ran }) => [
        { name: `m  ingest, ${title}`, lines: plan.lines, measured: landed },
        { name: `m  run, ${title}`, lines: plan.lines, measured: ran },
      ]),
      ratios: ratios.flatMap(({ name, cost, target }) => [
        { name: `m  ingest, ${name} / flat, CPU a line`, value: cost.landed / lines.landed },
        { name: `m  run, ${name} / flat, CPU a line`, value: cost.ran / lines.ran },
        {
          name: `m  run, ${name} / flat, CPU a byte`,
          value: cost.ran / cost.sizeBytes / (lines.ran / lines.sizeBytes),
          ...(target === undefined ? {} : { target }),
        },
      ]),
    };
  });
}

/** CPU seconds, and the bytes that they were spent on. */
interface Cost {
  landed: number;
  ran: number;
  sizeBytes: number;
}

/** (n) `ingest` of one JSON array and of one CSV, each larger than its memory may be. */
function largeFiles(plan: Plan): Promise<Findings> {
  return inWorkFolder(async (work) => {
    const flat = await makeInput(CACHE, plan.lines, INPUT_SEED);
    const share = plan.lines / LINES_OF_LARGE;
    const findings: Findings = { jobs: [], ratios: [] };
    for (const { title, layout, sizeBytes } of [
      { title: 'a JSON array', layout: ARRAY, sizeBytes: Math.round(LARGE_ARRAY_BYTES * share) },
      { title: 'a CSV', layout: CSV, sizeBytes: Math.round(LARGE_CSV_BYTES * share) },
    ]) {
      plan.note(`n: making ${title}`);
      const path = await makeLargeFile(flat, layout, sizeBytes);
      const lake = join(work, 'lake');
      const measured: Measured[] = [];
      for (let round = 0; round < plan.runs; round += 1) {
        plan.note(`n: round ${round + 1}`);
        measured.push(await clicklake(['ingest', '--json', path, '--lake', lake]));
        remove(lake);
      }
      const sizeMb = statSync(path).size / 1e6;
      const lines = Number(JSON.parse(measured[0]?.stdout ?? '{}').lineCount ?? 0);
      const name = `n  ingest, ${title} of ${Math.round(sizeMb)} MB`;
      findings.jobs.push({ name, lines, measured });
      const peakMb = Math.max(...measured.map((each) => each.peakMb ?? 0));
      findings.ratios.push({ name: `${name}: peak memory / size`, value: peakMb / sizeMb });
      remove(dirname(path));
    }
    return findings;
  });
}

/** The files of the simulated shop. */
function makeShop(lines: number): Promise<string> {
  return cached(join(CACHE, `shop-${lines}`), async (folder) => {
    await clicklake(['simulate', '--events', String(lines), '--out', folder]);
  });
}

/**
 * (o) `run` of this commit and of an earlier one, in turn, each over a lake that it ingested itself. The events
 * are those of the simulated shop: in the other scenarios every eighth event is a purchase, which no shop has.
 */
function earlierCommit(plan: Plan): Promise<Findings> {
  const commit = plan.earlierCommit;
  if (commit === undefined) {
    return leftOut(plan, 'o: left out, no commit is named; give --against COMMIT');
  }
  return inWorkFolder(async (work) => {
    const input = await makeShop(plan.lines);
    plan.note(`o: building ${commit}`);
    const main = buildEarlier(commit);
    const earlier = (...args: string[]) => measure([main, ...args], {});
    const now = (...args: string[]) => clicklake(args);
    const [theirs, ours] = [
      { run: earlier, lake: join(work, 'earlier'), measured: [] as Measured[] },
      { run: now, lake: join(work, 'now'), measured: [] as Measured[] },
    ];
    for (const { run, lake } of [theirs, ours]) {
      await run('ingest', input, '--lake', lake);
    }
    for (let round = 0; round < plan.runs; round += 1) {
      plan.note(`o: round ${round + 1}`);
      for (const { run, lake, measured } of [theirs, ours]) {
        forget(lake);
        measured.push(await run('run', '--lake', lake));
      }
    }
    return {
      jobs: [
        { name: `o  run, ${commit}`, lines: plan.lines, measured: theirs.measured },
        { name: 'o  run, now', lines: plan.lines, measured: ours.measured },
      ],
      ratios: [
        {
          name: `o  now / ${commit}, CPU`,
          value: medianCpu(ours.measured) / medianCpu(theirs.measured),
        },
        {
          name: `o  now / ${commit}, time`,
          value: medianSeconds(ours.measured) / medianSeconds(theirs.measured),
        },
      ],
    };
  });
}

function sizeOf(folder: string): number {
  return readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
}

/** Two jobs in turn as one. */
function together(first: Measured, second: Measured): Measured {
  return {
    seconds: first.seconds + second.seconds,
    cpuSeconds: (first.cpuSeconds ?? 0) + (second.cpuSeconds ?? 0),
    peakMb: Math.max(first.peakMb ?? 0, second.peakMb ?? 0),
    stdout: second.stdout,
  };
}

/** Progress lives in the tables alone: without Silver and Gold the lake is as just ingested. */
function forget(lake: string): void {
  remove(join(lake, 'silver'), join(lake, 'gold'));
}

function compareFields(ours = '{}', theirs = '{}'): string[] {
  const found: unknown = JSON.parse(ours).unknownFields?.names;
  const sorted = Object.fromEntries(Object.entries(found ?? {}).sort());
  const [here, byHand] = [JSON.stringify(sorted), theirs.trim()];
  return here === byHand ? [] : [`undeclared fields: ${here} here, ${byHand} by hand`];
}

async function inWorkFolder(work: (folder: string) => Promise<Findings>): Promise<Findings> {
  const folder = mkdtempSync(join(CACHE, 'work-'));
  try {
    return await work(folder);
  } finally {
    remove(folder);
  }
}

function remove(...paths: string[]): void {
  for (const path of paths) {
    rmSync(path, { recursive: true, force: true });
  }
}

function medianCpu(measured: readonly Measured[]): number {
  return median(measured.map(({ cpuSeconds }) => cpuSeconds ?? 0));
}

function medianSeconds(measured: readonly Measured[]): number {
  return median(measured.map(({ seconds }) => seconds));
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? 0)) / 2;
}

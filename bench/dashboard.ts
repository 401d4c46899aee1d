/** How long the dashboard's server takes, over HTTP as the page asks it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { CACHE, type Measured, PRODUCT_MAIN, withoutSettings } from './measure.ts';

export interface DashboardTimes {
  /** From the start of the process until it prints its address. */
  start: Measured;
  /** A page is opened at once: from then until its code and its figures are there. */
  firstView: Measured;
  /** From then until all of the lake has been read. */
  read: Measured;
  /** The slowest of several changes of a filter. */
  slowestFilter: Measured;
  /** Ten users change filters at once: of a hundred answers the 95th. */
  tenUsers: Measured;
  /** Everything the browser loads before the numbers, compressed. */
  codeBytes: number;
}

/** The days must lie in the lake; each choice is asked for once. */
const CHOICES = [
  'device=mobile',
  'device=desktop&country=DE',
  'country=US',
  'from=2026-01-05&to=2026-01-11',
  'from=2026-01-05&to=2026-01-11&device=tablet',
  'from=2026-01-01&to=2026-01-30&country=FR',
];
const PAGES = ['overview', 'acquisition', 'funnel', 'engagement', 'products'];
const COUNTRIES = ['DE', 'FR', 'US', 'GB', 'IT', 'ES', 'NL', 'PL', 'SE', 'CH'];

/** Starts a server over the lake, asks it like a page and like ten, and ends it. */
export async function timeDashboard(lake: string): Promise<DashboardTimes> {
  const args = [PRODUCT_MAIN, 'dashboard', '--port', '0', '--json', '--lake', lake];
  const startedAt = performance.now();
  const child = spawn(process.execPath, args, {
    cwd: CACHE,
    env: withoutSettings(),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const time = async (work: () => Promise<unknown>): Promise<Measured> => {
    const [askedAt, cpuBefore] = [performance.now(), cpuSeconds(child)];
    await work();
    const seconds = (performance.now() - askedAt) / 1000;
    return withCpu(seconds, cpuBefore, cpuSeconds(child));
  };
  try {
    const address = await printedAddress(child);
    const start = withCpu((performance.now() - startedAt) / 1000, 0, cpuSeconds(child));
    let code: string[] = [];
    let version = '';
    const firstView = await time(async () => {
      code = await Promise.all(['', 'app.js', 'app.css'].map((path) => ask(address + path)));
      const [options] = await Promise.all(
        ['api/options', 'api/view'].map((path) => ask(address + path)),
      );
      version = (JSON.parse(options as string) as { version: string }).version;
    });
    const known = new URLSearchParams({ known: version });
    const read = await time(() => ask(`${address}api/options?${known}`));
    const filters: Measured[] = [];
    for (const choice of CHOICES) {
      filters.push(await time(() => ask(`${address}api/view?${choice}`)));
    }
    const tenUsers = await timeTenUsers(address, time);
    return {
      ...{ start, read, firstView, tenUsers },
      slowestFilter: filters.reduce((slow, one) => (one.seconds > slow.seconds ? one : slow)),
      codeBytes: code.reduce((sum, text) => sum + gzipSync(text).length, 0),
    };
  } finally {
    child.kill('SIGINT');
    await once(child, 'close');
  }
}

async function printedAddress(child: ChildProcess): Promise<string> {
  let printed = '';
  for await (const chunk of child.stdout ?? []) {
    printed += chunk;
    if (printed.includes('"address"') && printed.trimEnd().endsWith('}')) {
      break;
    }
  }
  return (JSON.parse(printed) as { address: string }).address;
}

/** Each asks for ten views, one after the other, that nobody else asks for. */
async function timeTenUsers(
  address: string,
  time: (work: () => Promise<unknown>) => Promise<Measured>,
): Promise<Measured> {
  const answers: number[] = [];
  const whole = await time(() =>
    Promise.all(
      COUNTRIES.map(async (country) => {
        for (const page of PAGES) {
          for (const device of ['mobile', 'desktop']) {
            const askedAt = performance.now();
            await ask(`${address}api/view?page=${page}&country=${country}&device=${device}`);
            answers.push((performance.now() - askedAt) / 1000);
          }
        }
      }),
    ),
  );
  const slow = answers.toSorted((a, b) => a - b)[Math.ceil(answers.length * 0.95) - 1];
  return { ...whole, seconds: slow ?? Number.NaN };
}

function withCpu(seconds: number, before: number | undefined, after: number | undefined): Measured {
  const isKnown = before !== undefined && after !== undefined;
  return { seconds, ...(isKnown ? { cpuSeconds: after - before } : {}), stdout: '' };
}

const TICKS_PER_SECOND = 100;

/** Of the process so far; undefined where the system does not say. */
function cpuSeconds({ pid }: ChildProcess): number | undefined {
  try {
    // After the name in brackets come the state and ten more fields, then user and system time.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  } catch {
    return undefined;
  }
}

async function ask(url: string): Promise<string> {
  const response = await fetch(url);
  if (!response.ok) {
    throw new Error(`${url} answered ${response.status}`);
  }
  return response.text();
}

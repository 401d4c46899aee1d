/** How long the dashboard's server takes, over HTTP as the page asks it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { gzipSync } from 'node:zlib';
import { CACHE, PRODUCT_MAIN, withoutSettings } from './measure.ts';

export interface DashboardTimes {
  /** From the first request of a page until its numbers are there, seconds. */
  firstView: number;
  /** Each change of a filter, seconds. */
  filters: number[];
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

/** Starts a server over the lake, asks it like a page, and ends it. */
export async function timeDashboard(lake: string): Promise<DashboardTimes> {
  const args = [PRODUCT_MAIN, 'dashboard', '--port', '0', '--json', '--lake', lake];
  const child = spawn(process.execPath, args, {
    cwd: CACHE,
    env: withoutSettings(),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    let printed = '';
    for await (const chunk of child.stdout) {
      printed += chunk;
      if (printed.includes('"address"') && printed.trimEnd().endsWith('}')) {
        break;
      }
    }
    const { address } = JSON.parse(printed) as { address: string };
    const startedAt = performance.now();
    const code = await Promise.all(
      ['/', '/app.js', '/app.css'].map((path) => ask(address + path.slice(1))),
    );
    await Promise.all(
      ['api/options', 'api/view', 'api/health', 'api/definitions'].map((path) =>
        ask(address + path),
      ),
    );
    const firstView = (performance.now() - startedAt) / 1000;
    const filters: number[] = [];
    for (const choice of CHOICES) {
      const askedAt = performance.now();
      await ask(`${address}api/view?${choice}`);
      filters.push((performance.now() - askedAt) / 1000);
    }
    return {
      firstView,
      filters,
      codeBytes: code.reduce((sum, text) => sum + gzipSync(text).length, 0),
    };
  } finally {
    child.kill('SIGINT');
    await once(child, 'close');
  }
}

async function ask(url: string): Promise<string> {
  const response = await fetch(url);
  if (!response.ok) {
    throw new Error(`${url} answered ${response.status}`);
  }
  return response.text();
}

import { randomBytes } from 'node:crypto';
import type { Command } from 'commander';
import type { Lake } from '../lake/open-lake.ts';
import type { Cli } from './cli.ts';
import { examples } from './help-text.ts';
import type { Output } from './output.ts';
import { aborted, readPort } from './serving.ts';

interface DashboardFlags {
  port: number;
  host: string;
}

export const DEFAULT_DASHBOARD: DashboardFlags = { port: 4280, host: '127.0.0.1' };
const TOKEN_VARIABLE = 'CLICKLAKE_DASHBOARD_TOKEN';

export function registerDashboard(program: Command, cli: Cli): void {
  program
    .command('dashboard')
    .summary('see Gold in a browser')
    .description(
      `Serves a web page over the lake, on this machine only, until Ctrl-C. The page follows the lake: a run that commits is seen within seconds. With --host beyond this machine a token is needed; it is new at each start, or taken from ${TOKEN_VARIABLE}.`,
    )
    .option(
      '--port <number>',
      'port to listen on; 0: any free one',
      readPort,
      DEFAULT_DASHBOARD.port,
    )
    .option('--host <address>', 'address to listen on', DEFAULT_DASHBOARD.host)
    .addHelpText(
      'after',
      examples([
        ['clicklake dashboard', 'then open the address it prints'],
        ['clicklake dashboard --lake /data/shop --port 0', ''],
      ]),
    )
    .action(async (flags: DashboardFlags, command: Command) => {
      const { lake: address } = await cli.settings(command);
      await cli.withLake(
        command,
        (lake, output) =>
          serveUntilInterrupted(lake, address, flags, { output, signal: cli.signal }),
        // Its queries are DuckDB's, whichever engine computes the lake.
        (same) => ({ ...same, engine: 'duckdb' }),
      );
    });
}

/**
 * Prints the dashboard's address, which answers once the lake has been read. Returns after Ctrl-C.
 * Throws if the lake cannot be read.
 */
export async function serveUntilInterrupted(
  lake: Lake,
  address: string,
  flags: DashboardFlags,
  { output, signal }: { output: Output; signal: AbortSignal },
): Promise<void> {
  const { openLakePages } = await import('../dashboard/server/lake-pages.ts');
  const { serveDashboard } = await import('../dashboard/server/serve.ts');
  const { isLoopback } = await import('../dashboard/server/access.ts');
  const pages = await openLakePages(lake, address, Date.now);
  try {
    // Print the address at once, however large the lake is.
    const read = pages.options(new URLSearchParams(), signal).catch((error: unknown) => {
      if (!signal.aborted) {
        throw error;
      }
    });
    // Handled below; this only avoids an unhandled rejection.
    read.catch(() => {});
    const token = isLoopback(flags.host) ? {} : { token: readToken() };
    const dashboard = await serveDashboard(
      pages,
      { host: flags.host, ...token },
      {
        port: flags.port,
        onError: (error) => void output.note(`the dashboard has failed: ${String(error)}`),
      },
    );
    await output.report({ address: dashboard.address, lake: address }, () => [
      `dashboard of ${address}: ${dashboard.address}`,
      'Ctrl-C ends it',
    ]);
    try {
      await read;
      await aborted(signal);
    } finally {
      await dashboard.close();
    }
  } finally {
    await pages.close();
  }
}

function readToken(): string {
  const given = process.env[TOKEN_VARIABLE];
  return given === undefined || given === '' ? randomBytes(24).toString('base64url') : given;
}

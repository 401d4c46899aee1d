/** A lake of simulated events with a dashboard over it, both by the command as users get it. */
import { type ChildProcess, spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { commandEnv, ROOT, startCommand } from '../acceptance/command.ts';

export interface ServedLake {
  address: string;
  folder: string;
  run(...args: string[]): string;
  /** Numbers as `clicklake query` tells them. */
  query(sql: string): Record<string, unknown>[];
  stop(): Promise<number | null>;
}

/**
 * With `events`, that many of a simulated shop; with `lines`, these; with neither, files received and
 * nothing run.
 */
export async function serveLake(
  options: {
    events?: string;
    lines?: string[];
    /** Own models, by the names of their files. */
    models?: Record<string, string>;
    /** Of the configuration file. */
    config?: string;
    args?: string[];
    env?: Record<string, string>;
    /** Of the dashboard alone, in place of `env`. */
    dashboardEnv?: Record<string, string>;
  } = {},
): Promise<ServedLake> {
  const folder = await mkdtemp(join(tmpdir(), 'clicklake-dashboard-'));
  const run = (...args: string[]): string => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [join(ROOT, 'dist/main.js'), ...args],
      {
        cwd: folder,
        env: { ...commandEnv(), ...options.env },
        encoding: 'utf8',
        maxBuffer: 1 << 26,
      },
    );
    // 3: done, but no record is a valid event.
    if (status !== 0 && status !== 3) {
      throw new Error(`clicklake ${args.join(' ')} ended with ${status}\n${stderr}`);
    }
    return stdout;
  };
  if (options.config !== undefined) {
    await writeFile(join(folder, 'clicklake.yaml'), options.config);
  }
  if (options.models !== undefined) {
    await mkdir(join(folder, 'models'));
    for (const [name, sql] of Object.entries(options.models)) {
      await writeFile(join(folder, 'models', name), sql);
    }
    await writeFile(join(folder, 'clicklake.yaml'), 'models: ./models\n');
  }
  if (options.events !== undefined) {
    run(
      'simulate',
      '--events',
      options.events,
      '--days',
      '70',
      '--seed',
      '7',
      '--split',
      'day',
      '--out',
      'landing',
    );
    const files = (await readdir(join(folder, 'landing'))).filter((name) =>
      name.includes('ndjson'),
    );
    // The last days stay outside, for a run while the page is open.
    run(
      'ingest',
      ...files
        .sort()
        .slice(0, -3)
        .map((name) => join('landing', name)),
    );
    run('run');
  } else {
    await writeFile(join(folder, 'one.ndjson'), `${(options.lines ?? ['{}']).join('\n')}\n`);
    run('ingest', 'one.ndjson');
    if (options.lines !== undefined) {
      run('run');
    }
  }
  const child = startCommand(['dashboard', '--port', '0', '--json', ...(options.args ?? [])], {
    cwd: folder,
    env: { ...options.env, ...options.dashboardEnv },
  });
  const address = await firstAddress(child);
  return {
    address,
    folder,
    run,
    query: (sql) => JSON.parse(run('query', '--json', sql)),
    async stop() {
      const ended = new Promise<number | null>((done) => child.once('close', done));
      child.kill('SIGINT');
      const code = await ended;
      await rm(folder, { recursive: true, force: true });
      return code;
    },
  };
}

async function firstAddress(child: ChildProcess): Promise<string> {
  let stdout = '';
  let stderr = '';
  return new Promise((done, fail) => {
    child.stderr?.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    child.stdout?.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
      const [, address] = /"address": ?"([^"]+)"/.exec(stdout) ?? [];
      if (address !== undefined) {
        done(address);
      }
    });
    child.once('close', (code) => fail(new Error(`the dashboard ended with ${code}\n${stderr}`)));
  });
}

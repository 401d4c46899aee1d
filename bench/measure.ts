/** Runs the measured jobs, each as a process of its own. */
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const ROOT = resolve(import.meta.dirname, '..');
/** Input is kept here between benchmarks; everything else in it is removed again. */
export const CACHE = join(ROOT, '.cache', 'bench');

/** Clicklake as it was built when the benchmark began: a later build must not change it half-way. */
const PRODUCT = join(CACHE, 'product');

export interface Measured {
  /** Wall time, the start of the process included. */
  seconds: number;
  /** User and system time of all threads. */
  cpuSeconds: number;
  /** Largest resident set, MB of 1,000,000 bytes. */
  peakMb: number;
  stdout: string;
}

export function clicklake(args: string[], env: Record<string, string> = {}): Promise<Measured> {
  return measure([join(PRODUCT, 'dist/main.js'), ...args], env);
}

/** A job of this folder, compiled beforehand so that it starts as quickly as Clicklake does. */
export function handWritten(
  job: 'hand-written' | 'land',
  input: string,
  output: string,
): Promise<Measured> {
  return measure([join(CACHE, 'compiled', `${job}.js`), input, output], {});
}

/** Once, before anything is measured; `dist/` must have been built. */
export function prepareJobs(): void {
  rmSync(PRODUCT, { recursive: true, force: true });
  for (const name of ['package.json', 'dist', 'models', 'schema']) {
    cpSync(join(ROOT, name), join(PRODUCT, name), { recursive: true });
  }

  const compiler = join(ROOT, 'node_modules/typescript/bin/tsc');
  const project = join(ROOT, 'bench/tsconfig.json');
  const { status } = spawnSync(process.execPath, [compiler, '-p', project], { stdio: 'inherit' });
  if (status !== 0) throw new Error('the jobs of bench/ do not compile');
}

function measure(args: string[], env: Record<string, string>): Promise<Measured> {
  // What earlier jobs have left to be written must not slow this one.
  spawnSync('sync');
  const usageFile = join(CACHE, `usage-${process.pid}.json`);
  const preload = pathToFileURL(join(ROOT, 'bench/report-usage.mjs')).href;
  const startedAt = performance.now();
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, ['--import', preload, ...args], {
      cwd: CACHE,
      env: { ...withoutSettings(), ...env, BENCH_USAGE_FILE: usageFile },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
    });
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    child.on('error', fail);
    child.on('close', (code) => {
      const seconds = (performance.now() - startedAt) / 1000;
      if (code !== 0) {
        rmSync(usageFile, { force: true });
        fail(new Error(`node ${args.join(' ')} ended with ${code}\n${stderr}`));
        return;
      }
      const usage = JSON.parse(readFileSync(usageFile, 'utf8')) as Omit<Measured, 'stdout'>;
      rmSync(usageFile);
      done({ ...usage, seconds, stdout });
    });
  });
}

/** The environment without the user's own Clicklake settings, which would change what is measured. */
function withoutSettings(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('CLICKLAKE_')),
  );
}

/** Runs the measured jobs, each as a process of its own. */
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const ROOT = resolve(import.meta.dirname, '..');
/** Input is kept here between benchmarks; everything else in it is removed again. */
export const CACHE = join(ROOT, '.cache', 'bench');

const PYSPARK = join(ROOT, 'bench', 'pyspark');
const OTHERS = join(ROOT, 'bench', 'others');

/** Clicklake as it was built when the benchmark began: a later build must not change it half-way. */
const PRODUCT = join(CACHE, 'product');
export const PRODUCT_MAIN = join(PRODUCT, 'dist/main.js');

export interface Measured {
  /** Wall time, the start of the process included. */
  seconds: number;
  /** User and system time of all threads; absent for a part of a process. */
  cpuSeconds?: number;
  /** Largest resident set, MB of 1,000,000 bytes; absent for a part of a process. */
  peakMb?: number;
  /** What the process has read of files and pipes, cached by the system or not; on Linux. */
  readMb?: number;
  stdout: string;
}

export function clicklake(args: string[], env: Record<string, string> = {}): Promise<Measured> {
  return measure([PRODUCT_MAIN, ...args], env);
}

/** A job of this folder, compiled beforehand so that it starts as quickly as Clicklake does. */
export function handWritten(
  job: 'hand-written' | 'land',
  input: string,
  output: string,
): Promise<Measured> {
  return measure([join(CACHE, 'compiled', `${job}.js`), input, output], {});
}

/** A plain transfer by Microsoft's client; see sdk-transfer.ts. */
export function sdkTransfer(args: string[], env: Record<string, string>): Promise<Measured> {
  return measure([join(CACHE, 'compiled', 'sdk-transfer.js'), ...args], env);
}

/** A lake's files below a prefix, fetched by Clicklake's own storage; see bring-files.ts. */
export function bringFiles(
  cache: string,
  lake: string,
  prefix: string,
  env: Record<string, string>,
): Promise<Measured> {
  const job = join(CACHE, 'compiled', 'bring-files.js');
  return measure([job, join(PRODUCT, 'dist'), cache, lake, prefix], env);
}

/** The job of bench/pyspark; `tools` as `preparePyspark` gives them. */
export function pyspark(tools: PysparkTools, input: string, output: string): Promise<Measured> {
  const script = join(PYSPARK, 'medallion.py');
  return measureCommand(tools.python, [script, input, output, tools.jars], {
    SPARK_LOCAL_IP: '127.0.0.1',
  });
}

export interface PysparkTools {
  python: string;
  /** Folder with Delta Lake's jars. */
  jars: string;
}

/** A job of bench/others; `python` as `prepareOthers` gives it. */
export function other(
  job: 'with_polars' | 'with_chdb',
  python: string,
  input: string,
  output: string,
): Promise<Measured> {
  return measureCommand(python, [join(OTHERS, `${job}.py`), input, output], {
    PYTHONDONTWRITEBYTECODE: '1',
  });
}

/** Installs PySpark and Delta Lake for the benchmark, once; or says what is missing here. */
export function preparePyspark(): PysparkTools | { missing: string } {
  const missing = findMissing({ java: '-version', mvn: '-version', python3: '--version' });
  if (missing !== undefined) {
    return { missing };
  }
  const folder = join(CACHE, 'pyspark');
  const jars = join(folder, 'jars');
  const python = preparePython(folder, join(PYSPARK, 'requirements.txt'), () =>
    install('mvn', [
      ...['-q', '-f', join(PYSPARK, 'pom.xml'), 'dependency:copy-dependencies'],
      `-DoutputDirectory=${jars}`,
    ]),
  );
  return { python, jars };
}

/** Installs Polars, chDB and delta-rs for the benchmark, once; or says what is missing here. */
export function prepareOthers(): { python: string } | { missing: string } {
  const missing = findMissing({ python3: '--version' });
  if (missing !== undefined) {
    return { missing };
  }
  return { python: preparePython(join(CACHE, 'others'), join(OTHERS, 'requirements.txt')) };
}

/** What a Spark of `clicklake spark-server` lacks here. */
export function missingForSpark(): string | undefined {
  return findMissing({ java: '-version', mvn: '-version' });
}

function findMissing(programs: Readonly<Record<string, string>>): string | undefined {
  return Object.keys(programs).find(
    (name) => spawnSync(name, [programs[name]!], { stdio: 'ignore' }).status !== 0,
  );
}

/** A Python of its own in `folder`, made again when the requirements have changed. */
function preparePython(folder: string, requirements: string, more: () => void = () => {}): string {
  const python = join(folder, 'bin', 'python');
  const stamp = join(folder, 'installed');
  const wanted = readFileSync(requirements, 'utf8');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) {
    return python;
  }
  rmSync(folder, { recursive: true, force: true });
  install('python3', ['-m', 'venv', folder]);
  install(python, ['-m', 'pip', 'install', '-q', '-r', requirements]);
  more();
  writeFileSync(stamp, wanted);
  return python;
}

function install(command: string, args: string[]): void {
  const { status } = spawnSync(command, args, { stdio: ['ignore', 2, 2] });
  if (status !== 0) {
    throw new Error(`${command} ${args.join(' ')} ended with ${status}`);
  }
}

/** Once, before anything is measured; `dist/` must have been built. */
export function prepareJobs(): void {
  rmSync(PRODUCT, { recursive: true, force: true });
  const { files } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    files: string[];
  };
  for (const name of ['package.json', ...files].filter((each) => !/[!*]/.test(each))) {
    cpSync(join(ROOT, name), join(PRODUCT, name), { recursive: true });
  }

  const compiler = join(ROOT, 'node_modules/typescript/bin/tsc');
  const project = join(ROOT, 'bench/tsconfig.json');
  const { status } = spawnSync(process.execPath, [compiler, '-p', project], { stdio: 'inherit' });
  if (status !== 0) {
    throw new Error('the jobs of bench/ do not compile');
  }
}

/** A program for Node: its file and arguments. */
export function measure(args: string[], env: Record<string, string>): Promise<Measured> {
  const preload = pathToFileURL(join(ROOT, 'bench/report-usage.mjs')).href;
  return measureCommand(process.execPath, ['--import', preload, ...args], env);
}

/** The command notes its CPU time and peak memory in the file that BENCH_USAGE_FILE names. */
function measureCommand(
  command: string,
  args: string[],
  env: Record<string, string>,
): Promise<Measured> {
  // What earlier jobs have left to be written must not slow this one.
  spawnSync('sync');
  const usageFile = join(CACHE, `usage-${process.pid}.json`);
  const startedAt = performance.now();
  return new Promise((done, fail) => {
    const child = spawn(command, args, {
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
        fail(new Error(`${command} ${args.join(' ')} ended with ${code}\n${stderr}`));
        return;
      }
      const usage = JSON.parse(readFileSync(usageFile, 'utf8')) as Omit<Measured, 'stdout'>;
      rmSync(usageFile);
      done({ ...usage, seconds, stdout });
    });
  });
}

/** The environment without the user's own Clicklake settings, which would change what is measured. */
export function withoutSettings(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('CLICKLAKE_')),
  );
}

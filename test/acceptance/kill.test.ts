import { execFileSync, spawn } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { messyLines, seeded } from '../fixtures/messy-lines.ts';

const MAIN = resolve(import.meta.dirname, '../../dist/main.js');
const KILLS = 36;
const TABLES: readonly (readonly [table: string, key: string])[] = [
  ['silver_events', 'event_id'],
  ['silver_quarantine', 'reason, raw_text, raw_base64'],
  ['gold_sessions', 'session_id'],
  ['gold_users', 'user_id'],
  ['gold_conversion_metrics', 'date'],
  ['gold_event_metrics', 'date, event_type, device, country'],
  ['gold_funnel', 'session_date, device, country'],
  ['gold_products', 'date, product_id'],
];

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'clicklake-kill-'));
  mkdirSync(join(folder, 'landing'));
  for (let file = 0; file < 6; file += 1) {
    const text = messyLines(file, 2000);
    const isZipped = file % 3 === 2;
    const name = `f${file}.ndjson${isZipped ? '.gz' : ''}`;
    writeFileSync(join(folder, 'landing', name), isZipped ? gzipSync(text) : text);
  }
  // Two files a batch.
  writeFileSync(join(folder, 'clicklake.yaml'), 'silver:\n  max_batch_mb: 1\n');
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a process killed at any instant', () => {
  it(`leaves nothing that the next one does not finish (${KILLS} kills)`, async () => {
    const calm = join(folder, 'calm');
    clicklake(calm, 'ingest', 'landing');
    clicklake(calm, 'run');
    const lake = join(folder, 'killed');
    const random = seeded(7);
    for (let kill = 0; kill < KILLS; kill += 1) {
      const command =
        kill % 3 === 0
          ? ['ingest', 'landing']
          : kill % 9 === 8
            ? ['run', '--full-refresh']
            : ['run'];
      // The first kills come early, so that every part of the work is once the one interrupted.
      await killAfter(150 + random() * (300 + kill * 40), lake, ...command);
    }
    clicklake(lake, 'ingest', 'landing');
    clicklake(lake, 'run');
    expect(contentOf(lake)).toEqual(contentOf(calm));
    const verified = JSON.parse(clicklake(lake, 'verify', '--json')) as {
      checks: { isEqual: boolean }[];
    };
    expect(verified.checks.every((check) => check.isEqual)).toBe(true);

    age(lake);
    clicklake(lake, 'maintain');
    expect(orphansOf(lake)).toEqual([]);
    expect(contentOf(lake)).toEqual(contentOf(calm));
  }, 300_000);
});

function clicklake(lake: string, ...args: string[]): string {
  return execFileSync(process.execPath, [MAIN, ...args, '--lake', lake], {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 256 * 1024 * 1024,
  });
}

function killAfter(delayMs: number, lake: string, ...args: string[]): Promise<void> {
  return new Promise((done) => {
    const child = spawn(process.execPath, [MAIN, ...args, '--lake', lake], {
      cwd: folder,
      stdio: 'ignore',
    });
    const timer = setTimeout(() => child.kill('SIGKILL'), delayMs);
    child.on('exit', () => {
      clearTimeout(timer);
      done();
    });
  });
}

/** Every table's rows, without when and under which name a file was received. */
function contentOf(lake: string): Record<string, unknown> {
  const contents: Record<string, unknown> = {};
  for (const [table, key] of TABLES) {
    const hidden = table.startsWith('silver_')
      ? `EXCLUDE (bronze_path, received_at${table === 'silver_quarantine' ? ', received_date' : ''})`
      : '';
    contents[table] = JSON.parse(
      clicklake(lake, 'query', `SELECT * ${hidden} FROM ${table} ORDER BY ${key}`, '--json'),
    );
  }
  return contents;
}

/** Makes every file a month old. */
function age(lake: string): void {
  const monthAgo = new Date(Date.now() - 30 * 86_400_000);
  for (const path of filesUnder(lake)) {
    if (!path.includes('_delta_log')) utimesSync(join(lake, path), monthAgo, monthAgo);
  }
}

/** Data files that no commit of their table has named, and work in progress of processes long gone. */
function orphansOf(lake: string): string[] {
  const files = filesUnder(lake);
  const logs = files.filter((path) => /_delta_log\/\d+\.json$/.test(path));
  const named = logs.map((path) => readFileSync(join(lake, path), 'utf8')).join('\n');
  return files.filter((path) => {
    if (path.startsWith('_work/')) return true;
    return (
      path.endsWith('.parquet') &&
      !path.includes('_delta_log') &&
      !named.includes(path.split('/').at(-1)!)
    );
  });
}

function filesUnder(root: string): string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)));
}

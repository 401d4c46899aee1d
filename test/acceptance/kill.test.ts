import { once } from 'node:events';
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
import { join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openLake } from '../../src/lake/open-lake.ts';
import { loadModels } from '../../src/pipeline/models.ts';
import { messyLines } from '../fixtures/messy-lines.ts';
import { settingsFor } from '../pipeline/lake-support.ts';
import { AT_WRITES, runInProcess, startCommand } from './command.ts';

/** Which command is killed, and instead of giving which file its name. */
const KILLS = [
  { args: ['ingest', 'landing'], at: 'bronze/web/' },
  { args: ['ingest', 'landing'], at: 'bronze/_ledger/_delta_log/' },
  { args: ['run'], at: 'silver/events/event_date' },
  { args: ['run'], at: 'silver/events/_delta_log/' },
  { args: ['run'], at: 'silver/events/_delta_log/0*1.json' },
  { args: ['run'], at: 'gold/sessions/_delta_log/' },
  { args: ['run', '--full-refresh'], at: 'silver/events/_delta_log/' },
  { args: ['run', '--full-refresh'], at: 'gold/products/_delta_log/' },
];
/** All of Silver and Gold, each with the columns that tell its rows apart, as its model says them. */
const TABLES: readonly (readonly [table: string, key: string])[] = [
  ...[...loadModels('silver').values(), ...loadModels('gold').values()].flatMap(
    ({ name, grain }): [string, string][] =>
      /^(?:silver|gold)_/.test(name) && name !== 'silver_quarantine'
        ? [[name, grain.join(', ')]]
        : [],
  ),
  // Lines that are equal have nothing else to be told apart by.
  ['silver_quarantine', 'reason, raw_text, raw_base64'],
];

/** When and under which name a file was received. */
const RECEPTION = `'bronze_path', 'received_at', 'received_date'`;

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'clicklake-kill-'));
  mkdirSync(join(folder, 'landing'));
  for (let file = 0; file < 4; file += 1) {
    // An order for each session that has bought.
    const text = messyLines(file, 2000).replaceAll(
      /"session_id":"([^"]+)","event_type":"purchase"/g,
      '$&,"order_id":"o-$1"',
    );
    const isZipped = file % 3 === 2;
    const name = `f${file}.ndjson${isZipped ? '.gz' : ''}`;
    writeFileSync(join(folder, 'landing', name), isZipped ? gzipSync(text) : text);
  }
  // Two files a batch.
  writeFileSync(join(folder, 'clicklake.yaml'), 'silver:\n  max_batch_mb: 1\n');
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a process killed at any of its writes', () => {
  it(`leaves nothing that the next one does not finish (${KILLS.length} kills)`, async () => {
    const calm = join(folder, 'calm');
    await clicklake(calm, 'ingest', 'landing');
    await clicklake(calm, 'run');
    const lake = join(folder, 'killed');
    for (const { args, at } of KILLS) {
      const child = startCommand([...args, '--lake', lake], {
        cwd: folder,
        env: { TEST_KILL_AT: at },
        preload: AT_WRITES,
      });
      expect(await once(child, 'exit'), `${args} at ${at}`).toEqual([null, 'SIGKILL']);
    }
    await clicklake(lake, 'ingest', 'landing');
    await clicklake(lake, 'run');
    const expected = await contentOf(calm);
    const empty = Object.keys(expected).filter((table) => expected[table]?.length === 0);
    expect(empty).toEqual(['gold_identities', 'gold_refunds']);
    expect(await contentOf(lake)).toEqual(expected);
    await clicklake(lake, 'verify');

    age(lake);
    await clicklake(lake, 'maintain');
    expect(orphansOf(lake)).toEqual([]);
    expect(await contentOf(lake)).toEqual(expected);
  });
});

async function clicklake(lake: string, ...args: string[]): Promise<void> {
  const finished = await runInProcess([...args, '--lake', lake], { cwd: folder });
  expect(finished).toMatchObject({ exitCode: 0 });
}

/** Every table's rows, without when and under which name a file was received. */
async function contentOf(path: string): Promise<Record<string, unknown[]>> {
  const lake = await openLake(settingsFor(path));
  const contents: Record<string, unknown[]> = {};
  for (const [table, key] of TABLES) {
    const sql = `SELECT COLUMNS(lambda c: c NOT IN (${RECEPTION})) FROM ${table} ORDER BY ${key}`;
    contents[table] = (await lake.query(sql, {})).rows;
  }
  await lake.close();
  return contents;
}

/** Makes every file a month old. */
function age(lake: string): void {
  const monthAgo = new Date(Date.now() - 30 * 86_400_000);
  for (const path of filesUnder(lake)) {
    if (!path.includes('_delta_log')) {
      utimesSync(join(lake, path), monthAgo, monthAgo);
    }
  }
}

/** Data files that no commit of their table has named, and work in progress of processes long gone. */
function orphansOf(lake: string): string[] {
  const files = filesUnder(lake);
  const logs = files.filter((path) => /_delta_log\/\d+\.json$/.test(path));
  const named = logs.map((path) => readFileSync(join(lake, path), 'utf8')).join('\n');
  return files.filter((path) => {
    if (path.startsWith('_work/')) {
      return true;
    }
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

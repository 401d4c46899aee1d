/** The whole way on a lake in Azure, in processes of their own, against the storage emulator. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { BlobServiceClient } from '@azure/storage-blob';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parseAzureAddress } from '../../src/storage/azure/address.ts';
import { hasPython } from '../delta/python.ts';
import { type Azurite, startAzurite } from '../fixtures/azurite.ts';
import { ensureBuilt, finish, startCommand } from './command.ts';

let azurite: Azurite;
let folder: string;
let env: Record<string, string>;
let lake: string;

beforeAll(async () => {
  ensureBuilt();
  azurite = await startAzurite();
  folder = await mkdtemp(join(tmpdir(), 'clicklake-azure-'));
  env = { ...azurite.env, XDG_CACHE_HOME: join(folder, 'cache') };
});
beforeEach(async () => {
  lake = await azurite.newLake();
});
afterAll(async () => {
  await azurite.stop();
  await rm(folder, { recursive: true, force: true });
});

const start = (...args: string[]) => startCommand([...args, '--lake', lake], { cwd: folder, env });

/** Runs a command that must succeed. */
async function clicklake(...args: string[]): Promise<string> {
  const { stdout, stderr, exitCode } = await finish(start(...args));
  expect({ exitCode, stderr: exitCode === 0 ? '' : stderr }).toEqual({ exitCode: 0, stderr: '' });
  return stdout;
}

const rows = async (sql: string) => JSON.parse(await clicklake('query', sql, '--json'));

/** Lines of events with these numbers, on one of three days each. */
function events(from: number, to: number): string {
  let text = '';
  for (let n = from; n < to; n += 1) {
    const day = `2024-03-0${1 + (n % 3)}`;
    text += `${JSON.stringify({
      event_id: `e${n}`,
      user_id: `u${n % 40}`,
      session_id: `s${n % 90}-${day}`,
      event_type: n % 5 === 0 ? 'purchase' : 'page_view',
      event_timestamp: `${day}T10:${String(n % 60).padStart(2, '0')}:00Z`,
      price: 2.5,
    })}\n`;
  }
  return text;
}

async function ingest(name: string, text: string): Promise<void> {
  await writeFile(join(folder, name), text);
  await clicklake('ingest', join(folder, name), '--source', 'web');
}

const COUNTS = `SELECT count(*) AS events, count(DISTINCT event_id) AS ids,
  (SELECT count(*) FROM silver_quarantine) AS quarantined,
  (SELECT sum(event_count)::BIGINT FROM gold_sessions) AS in_sessions FROM silver_events`;

describe('a lake in Azure', () => {
  it('goes the whole way: late, repeated and wrong lines, files dropped in, upkeep', async () => {
    await ingest('first.jsonl', events(0, 600));
    await clicklake('run');
    const [before] = await rows(COUNTS);
    expect(before).toEqual({ events: 600, ids: 600, quarantined: 0, in_sessions: 600 });

    await ingest('late.jsonl', `${events(500, 700)}not json\n`);
    const dropped = BlobServiceClient.fromConnectionString(
      azurite.env.AZURE_STORAGE_CONNECTION_STRING ?? '',
    )
      .getContainerClient(parseAzureAddress(lake).container)
      .getBlockBlobClient('some/lake/bronze/app/date=2024-03-05/dropped.jsonl');
    const text = events(700, 800);
    await dropped.upload(text, text.length);
    await clicklake('run');
    const [after] = await rows(COUNTS);
    expect(after).toEqual({ events: 800, ids: 800, quarantined: 1, in_sessions: 800 });
    expect(await clicklake('quarantine', 'list')).toContain('not_json');
    expect(await clicklake('status')).toContain(lake);
    await clicklake('maintain');
    await clicklake('verify');
    const names = await rows('SELECT path FROM bronze_files ORDER BY path');
    expect(names).toHaveLength(3);
  });

  it('finishes the work of runs that were killed, and loses and doubles nothing', async () => {
    await ingest('one.jsonl', events(0, 400));
    for (const [round, delayMs] of [500, 900, 1_300].entries()) {
      await ingest(`more-${round}.jsonl`, events(400 + round * 100, 500 + round * 100));
      const child = start('run');
      const killed = finish(child);
      const timer = setTimeout(() => child.kill('SIGKILL'), delayMs);
      await killed;
      clearTimeout(timer);
    }
    await clicklake('run');
    expect(await rows(COUNTS)).toEqual([
      { events: 700, ids: 700, quarantined: 0, in_sessions: 700 },
    ]);
    await clicklake('verify');
  });

  it('stays exact under two runs at once', async () => {
    await ingest('one.jsonl', events(0, 300));
    await ingest('two.jsonl', events(300, 600));
    const results = await Promise.all([finish(start('run')), finish(start('run'))]);
    expect(results.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
    expect(await rows(COUNTS)).toEqual([
      { events: 600, ids: 600, quarantined: 0, in_sessions: 600 },
    ]);
  });

  it.runIf(hasPython())('is read by deltalake and Polars at its address', async () => {
    await ingest('one.jsonl', events(0, 300));
    await clicklake('run');
    const { container } = parseAzureAddress(lake);
    const { stdout } = await promisify(execFile)(
      fileURLToPath(new URL('../../.venv/bin/python', import.meta.url)),
      [
        '-c',
        `import json, sys
import polars as pl
from deltalake import DeltaTable
address, options = sys.argv[1], json.loads(sys.argv[2])
events = DeltaTable(address + "/silver/events", storage_options=options)
sessions = pl.read_delta(address + "/gold/sessions", storage_options=options)
print(json.dumps([events.count(), int(sessions["event_count"].sum())]))`,
        `az://${container}/some/lake`,
        JSON.stringify({
          azure_storage_account_name: azurite.account,
          azure_storage_account_key: azurite.key,
          azure_storage_use_emulator: 'true',
          azure_allow_http: 'true',
        }),
      ],
      { env: { ...process.env, AZURITE_BLOB_STORAGE_URL: new URL(azurite.endpoint).origin } },
    );
    expect(JSON.parse(stdout)).toEqual([300, 300]);
  });

  it('says what to do when there is no container', async () => {
    const { stderr, exitCode } = await finish(
      startCommand(['status', '--lake', lake.replace(/lake-\d+@/, 'no-such@')], {
        cwd: folder,
        env,
      }),
    );
    expect(exitCode).toBe(2);
    expect(stderr).toContain('there is no container no-such in the storage account');
    expect(stderr).toContain('az storage container create');
    expect(stderr).not.toContain(azurite.key);
  });
});

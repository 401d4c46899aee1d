/** Killed, simultaneous and foreign writers of a lake in Azure. */
import { type ChildProcess, execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAzureAddress } from '../../src/storage/azure/address.ts';
import { hasPython } from '../delta/python.ts';
import { environmentThrough } from '../fixtures/azurite.ts';
import { type Fault, startFaultProxy } from '../fixtures/fault-proxy.ts';
import { messyLines } from '../fixtures/messy-lines.ts';
import { type AzureCommands, startAzureCommands } from './azure-support.ts';
import { type Finished, finish } from './command.ts';

const FILES = 4;

let azure: AzureCommands;
/** What the same files come to without any trouble. */
let calm: Record<string, unknown>;

beforeAll(async () => {
  azure = await startAzureCommands();
  await mkdir(join(azure.folder, 'landing'));
  for (let file = 0; file < FILES; file += 1) {
    await writeFile(join(azure.folder, 'landing', `f${file}.ndjson`), messyLines(file, 1_500));
  }
  // Two files a batch.
  await writeFile(join(azure.folder, 'clicklake.yaml'), 'silver:\n  max_batch_mb: 1\n');
  const lake = join(azure.folder, 'calm');
  await azure.succeed(['ingest', 'landing', '--lake', lake]);
  await azure.succeed(['run', '--lake', lake]);
  calm = await contentOf(lake);
});
afterAll(() => azure.stop());

/** The hash of every Gold table, and the rows of Silver without when and as what they came. */
async function contentOf(lake: string): Promise<Record<string, unknown>> {
  const { tables } = JSON.parse(
    await azure.succeed(['verify', '--hash', '--json', '--lake', lake]),
  );
  const gold = (tables as { table: string; sha256: string }[])
    .filter(({ table }) => table.startsWith('gold_'))
    .map(({ table, sha256 }) => [table, sha256]);
  return {
    ...Object.fromEntries(gold),
    events: await azure.rows(
      lake,
      'SELECT * EXCLUDE (bronze_path, received_at) FROM silver_events ORDER BY event_id',
    ),
    quarantine: await azure.rows(
      lake,
      'SELECT reason, raw_text FROM silver_quarantine ORDER BY reason, raw_text',
    ),
  };
}

/** Which command is killed, and when it asks for which write. */
const KILLS = [
  { args: ['ingest', 'landing'], at: /bronze\/_ledger\/_delta_log\// },
  { args: ['run'], at: /silver\/events\/event_date/ },
  { args: ['run'], at: /silver\/events\/_delta_log\/0*1\.json/ },
  { args: ['run'], at: /gold\/sessions\/_delta_log\// },
];
const COMMIT = /_delta_log\/\d+\.json/;

/** Starts a command whose writes come through a proxy, which lets each pass when `onWrite` has ended. */
async function startWatched(
  args: readonly string[],
  onWrite: (path: string, child: ChildProcess) => void | Promise<void>,
): Promise<Finished> {
  const { origin } = new URL(azure.azurite.endpoint);
  let child: ChildProcess | undefined;
  const proxy = await startFaultProxy(origin, async ({ method, url = '' }): Promise<Fault> => {
    if (method === 'PUT' && child !== undefined) {
      await onWrite(decodeURIComponent(url), child);
    }
    return 'none';
  });
  const { endpoint } = azure.azurite;
  child = azure.start(args, environmentThrough({ endpoint, env: azure.env }, proxy.origin));
  const finished = await finish(child);
  await proxy.stop();
  return finished;
}

describe('writers of a lake in Azure', () => {
  it(`that are killed lose and double nothing (${KILLS.length} kills)`, async () => {
    const lake = await azure.azurite.newLake();
    for (const { args, at } of KILLS) {
      let isHit = false;
      const killed = await startWatched([...args, '--lake', lake], (path, child) => {
        if (!at.test(path)) {
          return;
        }
        isHit = true;
        child.kill('SIGKILL');
      });
      expect({ isHit, exitCode: killed.exitCode }).toEqual({ isHit: true, exitCode: 128 });
    }
    await azure.succeed(['ingest', 'landing', '--lake', lake]);
    await azure.succeed(['run', '--lake', lake]);
    expect(await contentOf(lake)).toEqual(calm);
    await azure.succeed(['verify', '--lake', lake]);
  });

  it('may be two runs that commit at the same instant', async () => {
    const lake = await azure.azurite.newLake();
    await azure.succeed(['ingest', 'landing', '--lake', lake]);
    const waiting = new Map<ChildProcess, () => void>();
    const meet = async (path: string, child: ChildProcess): Promise<void> => {
      if (!COMMIT.test(path) || waiting.size === 2) {
        return;
      }
      await new Promise<void>((pass) => {
        waiting.set(child, pass);
        if (waiting.size === 2) {
          for (const other of waiting.values()) {
            other();
          }
        }
      });
    };
    const runs = [0, 1].map(() => startWatched(['run', '--lake', lake], meet));
    expect((await Promise.all(runs)).map(({ exitCode }) => exitCode)).toEqual([0, 0]);
    expect(waiting.size).toBe(2);
    expect(await contentOf(lake)).toEqual(calm);
  });

  it.skipIf(!hasPython())(
    'may be delta-rs, which compacts while runs go on (needs .venv)',
    async () => {
      const lake = await azure.azurite.newLake();
      const files = Array.from({ length: FILES }, (_, file) => `landing/f${file}.ndjson`);
      await azure.succeed(['ingest', files[0] ?? '', '--lake', lake]);
      await azure.succeed(['run', '--lake', lake]);
      const other = python(lake, COMPACT_AGAIN_AND_AGAIN, join(azure.folder, 'stop'));
      for (const file of files.slice(1)) {
        await azure.succeed(['ingest', file, '--lake', lake]);
        await azure.succeed(['run', '--lake', lake]);
      }
      await writeFile(join(azure.folder, 'stop'), '');
      expect(Number(await other)).toBeGreaterThan(0);
      await azure.succeed(['run', '--lake', lake]);
      expect(existsSync(join(azure.folder, 'stop'))).toBe(true);
      expect(await contentOf(lake)).toEqual(calm);
      const counts = JSON.parse(await python(lake, COUNT_EVERYWHERE, ''));
      for (const { table, deltalake, polars } of counts) {
        const [own] = await azure.rows(lake, `SELECT count(*) AS n FROM ${table}`);
        expect({ table, deltalake, polars }).toEqual({
          table,
          deltalake: Number(own?.n),
          polars: Number(own?.n),
        });
      }
      expect(counts).toHaveLength(9);
    },
  );
});

/** Runs a script with the lake's address and the options of its account. */
async function python(lake: string, script: string, argument: string): Promise<string> {
  const { container, folder } = parseAzureAddress(lake);
  const { azurite } = azure;
  const options = {
    azure_storage_account_name: azurite.account,
    azure_storage_account_key: azurite.key,
    azure_storage_use_emulator: 'true',
    azure_allow_http: 'true',
  };
  const { stdout } = await promisify(execFile)(
    fileURLToPath(new URL('../../.venv/bin/python', import.meta.url)),
    ['-c', script, `az://${container}/${folder}`, JSON.stringify(options), argument],
    { env: { ...process.env, AZURITE_BLOB_STORAGE_URL: new URL(azurite.endpoint).origin } },
  );
  return stdout.trim();
}

const COMPACT_AGAIN_AND_AGAIN = `
import json, os, sys, time
from deltalake import DeltaTable
lake, options, stop = sys.argv[1], json.loads(sys.argv[2]), sys.argv[3]
done = 0
while not os.path.exists(stop):
    for name in ("silver/events", "gold/sessions", "gold/users"):
        try:
            done += DeltaTable(lake + "/" + name, storage_options=options).optimize.compact()["numFilesAdded"]
        except Exception as error:
            if "onflict" not in str(error) and "oncurrent" not in str(error) and "deleted by" not in str(error):
                raise
    time.sleep(0.2)
print(done)
`;

const COUNT_EVERYWHERE = `
import json, sys
import polars as pl
from deltalake import DeltaTable
lake, options = sys.argv[1], json.loads(sys.argv[2])
tables = {"bronze_files": "bronze/_ledger", "silver_events": "silver/events", "silver_quarantine": "silver/quarantine"}
for name in ("sessions", "users", "conversion_metrics", "event_metrics", "funnel", "products"):
    tables["gold_" + name] = "gold/" + name
print(json.dumps([
    {
        "table": table,
        "deltalake": DeltaTable(lake + "/" + root, storage_options=options).count(),
        "polars": pl.scan_delta(lake + "/" + root, storage_options=options).select(pl.len()).collect().item(),
    }
    for table, root in tables.items()
]))
`;

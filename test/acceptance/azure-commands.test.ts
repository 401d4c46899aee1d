/** Every command on a lake in Azure, as a user gives it. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SessionView, View } from '../../src/dashboard/view.ts';
import { messyLines } from '../fixtures/messy-lines.ts';
import { type AzureCommands, startAzureCommands } from './azure-support.ts';

let azure: AzureCommands;
let lake: string;

beforeAll(async () => {
  azure = await startAzureCommands();
  lake = await azure.azurite.newLake();
});
afterAll(() => azure.stop());

const on = (...args: string[]) => azure.succeed([...args, '--lake', lake]);

describe('the commands on a lake in Azure', () => {
  it('start from a configuration file that names the address', async () => {
    await azure.succeed(['init', 'shop']);
    const config = join(azure.folder, 'shop', 'clicklake.yaml');
    const text = readFileSync(config, 'utf8');
    await writeFile(config, text.replace('lake: ./lake', `lake: ${lake}`));
    const status = await azure.run(['status', '--config', config]);
    expect(status.stderr).toContain(`there is no lake at ${lake}`);
    expect(status.exitCode).toBe(2);
  });

  it('take events from a pipe and from files, and know files again', async () => {
    await azure.succeed(['ingest', '-', '--lake', lake], messyLines(0, 300));
    await writeFile(join(azure.folder, 'one.ndjson'), messyLines(1, 300));
    await on('ingest', 'one.ndjson');
    expect(await on('ingest', 'one.ndjson')).toMatch(/skipped|already/);
    const [count] = await azure.rows(lake, 'SELECT count(*) AS n FROM bronze_files');
    expect(Number(count?.n)).toBe(2);
  });

  it('compute, account for every line, and look back', async () => {
    await on('run');
    await azure.succeed(['ingest', '-', '--lake', lake], messyLines(2, 300));
    await on('run');
    const count = async (...options: string[]) =>
      Number(
        JSON.parse(
          await on('query', 'SELECT count(*) AS n FROM silver_events', '--json', ...options),
        )[0].n,
      );
    expect(await count('--as-of', '0')).toBeLessThan(await count());
    const status = JSON.parse(await on('status', '--json'));
    expect(status).toMatchObject({ lake, isGoldCurrent: true, pending: { files: 0 } });
    expect(status.outcomes.lines).toBe(900);
  });

  it('show and hand back what was not taken', async () => {
    const listed = JSON.parse(await on('quarantine', 'list', '--json'));
    expect(listed.total).toBeGreaterThan(0);
    await on('quarantine', 'export', '--out', 'rest.ndjson');
    const lines = readFileSync(join(azure.folder, 'rest.ndjson'), 'utf8').trimEnd().split('\n');
    expect(lines).toHaveLength(listed.total);
  });

  it('verify, hash and keep order', async () => {
    await on('verify');
    const hashes = JSON.parse(await on('verify', '--hash', '--json'));
    await on('maintain');
    expect(JSON.parse(await on('verify', '--hash', '--json')).tables.map(contentOf)).toEqual(
      hashes.tables.map(contentOf),
    );
  });

  it('make a Power BI project that reads the account', async () => {
    await on('powerbi', '--out', 'powerbi');
    const tables = join(azure.folder, 'powerbi/Clicklake.SemanticModel/definition');
    const text = readdirSync(tables, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.tmdl'))
      .map((name) => readFileSync(join(tables, name), 'utf8'))
      .join('\n');
    expect(text).toContain('AzureStorage.DataLake');
    expect(text).toContain('https://devstoreaccount1.dfs.core.windows.net/lake-1/some/lake/gold');
    expect(text).not.toContain(azure.azurite.key);
  });

  it('serve the dashboard', async () => {
    const child = azure.start(['dashboard', '--port', '0', '--json', '--lake', lake]);
    const address = await new Promise<string>((done, fail) => {
      let printed = '';
      child.stdout?.on('data', (chunk: Buffer) => {
        printed += chunk.toString();
        const [, found] = /"address": "(http[^"]+)"/.exec(printed) ?? [];
        if (found !== undefined) {
          done(found);
        }
      });
      child.once('close', () => fail(new Error(printed)));
    });
    const view = await (await fetch(`${address}api/view`)).text();
    expect(view).toContain('sessions');
    const get = async <Found>(path: string) =>
      (await (await fetch(address + path)).json()) as Found;
    const sessions = await get<View>('api/view?page=sessions');
    const { id, events } = sessions.parts.sessions![0]!;
    const session = await get<SessionView>(`api/session?id=${encodeURIComponent(id)}`);
    expect(session.events).toHaveLength(events);
    const ended = new Promise((done) => child.once('close', done));
    child.kill('SIGINT');
    expect(await ended).toBe(0);
    expect(await azure.rows(lake, 'SELECT count(*) > 0 AS full FROM gold_sessions')).toEqual([
      { full: true },
    ]);
  });

  it('show the whole way: demo --lake abfss://…, in a place of its own', async () => {
    const demo = ['demo', '--events', '2k', '--out', 'demo', '--lake'];
    const place = (await azure.azurite.newLake()).replace('some/lake', 'demo');
    const printed = await azure.succeed([...demo, place]);
    expect(printed).toContain('no difference');
    expect(printed).toContain(place);
    expect(existsSync(join(azure.folder, 'demo', 'lake'))).toBe(false);
    const again = await azure.run([...demo, place]);
    expect(again.stderr).toContain(`there is a lake at ${place} already`);
    expect(again.exitCode).toBe(2);
  });
});

function contentOf({ table, sha256 }: { table: string; sha256: string }) {
  return { table, sha256 };
}

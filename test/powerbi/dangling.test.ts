/** What is left of a removed own model in files that a person has changed. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { runCommand } from '../cli/support.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'clicklake-dangling-'));
});
afterEach(() => rm(folder, { recursive: true }));

const run = (...args: string[]) =>
  runCommand(['powerbi', '--out', 'out', ...args], { cwd: folder });

it('takes what it wrote about a removed own model out of files that a person has changed, and names the rest', async () => {
  await mkdir(join(folder, 'lake', 'gold'), { recursive: true });
  await mkdir(join(folder, 'models'));
  await writeFile(join(folder, 'clicklake.yaml'), 'models: ./models\n');
  const model = (name: string) =>
    writeFile(
      join(folder, 'models', `${name}.sql`),
      `-- gold_${name}: one row for each date.\n-- grain: date\n-- refresh: full\n-- reads: silver_events\nSELECT\n  CAST(event_timestamp AS DATE) AS date, -- date\n  CAST(count(*) AS BIGINT) AS n -- events [events]\nFROM silver_events GROUP BY 1\n`,
    );
  await model('late_orders');
  await model('searches');
  await run();
  const at = (path: string) => join(folder, 'out/Clicklake.SemanticModel/definition', path);
  const change = async (path: string, by: (text: string) => string) => {
    await writeFile(at(path), by(await readFile(at(path), 'utf8')));
  };
  const own = `relationship mine\n\tfromColumn: 'Late Orders'.N\n\ttoColumn: Mine.N\n\n`;
  const mine = `/// of a person\nrelationship other\n\tfromColumn: Searches.N\n\ttoColumn: Mine.N\n\n`;
  // As Desktop writes them.
  await change('relationships.tmdl', (found) =>
    `\uFEFF${own}${found}${mine}`.replaceAll('\n', '\r\n'),
  );
  await change('roles/Country.tmdl', (found) => found.replace('"XX"', '"FR"'));
  await change('roles/Country.tmdl', (found) =>
    found.replace(
      'tablePermission Searches = FALSE()',
      'tablePermission Searches = Searches[N] > 9',
    ),
  );
  await writeFile(
    at('roles/Late.tmdl'),
    `role Late\n\n\ttablePermission 'Late Orders' = FALSE()\n\n`,
  );
  await writeFile(at('tables/Mine.tmdl'), '\uFEFFtable Mine\r\n\tcolumn N\r\n');
  const before = await readFile(at('relationships.tmdl'), 'utf8');
  expect((await run()).stdout).not.toMatch(/is gone/);

  await rm(join(folder, 'models', 'late_orders.sql'));
  const { stdout } = await run();
  const path = (name: string) => `Clicklake.SemanticModel/definition/${name}`;
  expect(stdout).toContain(
    `taken out of ${path('roles/Country.tmdl')}, because the table is gone\n  tablePermission 'Late Orders' = FALSE()\n`,
  );
  const left = await readFile(at('relationships.tmdl'), 'utf8');
  const generated =
    /\r\n(relationship [0-9a-f-]{36}\r\n\tfromColumn: 'Late Orders'\.Date\r\n.*\r\n\r\n)/;
  expect(left).toBe(before.replace(generated.exec(before)![1]!, ''));
  expect(stdout).toContain(
    `take out of ${path('relationships.tmdl')} what names a table that is gone\n  relationship mine\n`,
  );
  expect(stdout).toContain(
    `take out of ${path('roles/Late.tmdl')} what names a table that is gone\n  tablePermission 'Late Orders' = FALSE()\n`,
  );
  expect(await readFile(at('roles/Country.tmdl'), 'utf8')).toMatch(/"FR"[\s\S]*Searches\[N\] > 9/);
  expect(await readFile(at('roles/Country.tmdl'), 'utf8')).not.toContain('Late Orders');

  await rm(join(folder, 'models', 'searches.sql'));
  const again = (await run()).stdout;
  expect(again).toContain('\n  relationship mine\n  relationship other\n');
  expect(again).toContain('\n  tablePermission Searches = Searches[N] > 9\n');
  expect(again).not.toMatch(/taken out of .*Country/);
  const forced = (await run('--force')).stdout;
  expect(forced.match(/take out of \S+/g)).toEqual([`take out of ${path('roles/Late.tmdl')}`]);
});

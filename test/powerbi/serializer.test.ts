/** The model, read and written by Microsoft's own serializer. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lakeTables } from '../../src/pipeline/tables.ts';
import { makeProject, ONELAKE, SETTINGS, SOURCES } from '../fixtures/powerbi/project.ts';
import { findSerializer, rewriteModel } from '../fixtures/powerbi/serializer.ts';

const program = findSerializer();
/** With names that are no words, and comments that look like TMDL. */
const OWN = `-- gold_sales_hours: one row per hour, 'quoted' "twice" = here: \`\`\`.
-- grain: hour
-- refresh: full
-- reads: silver_events
SELECT
  CAST(hour(event_timestamp) AS INT) AS hour,          -- /// UTC hour: [0 to 23] = \`\`\`
  CAST(count(*) AS BIGINT) AS Clicks2x,                -- 'events' /* all */
  CAST(max(user_id) AS STRING) AS revenue              -- table X
FROM silver_events GROUP BY hour(event_timestamp)
`;
const DEFINITION = 'Clicklake.SemanticModel/definition/';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'clicklake-serializer-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function writeModel(files: readonly { path: string; text: string }[]): Promise<string> {
  for (const { path, text } of files) {
    const file = join(folder, 'ours', path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
  return join(folder, 'ours');
}

describe.skipIf(program === undefined)("Microsoft's serializer", () => {
  const modelOf = (...options: Parameters<typeof makeProject>) =>
    makeProject(...options)
      .filter(({ path }) => path.startsWith(DEFINITION))
      .map(({ path, text }) => ({ path: path.slice(DEFINITION.length), text }));

  it.each([...SOURCES, ONELAKE])(
    'reads the model over $kind and writes the same bytes',
    async (source) => {
      const files = modelOf(source);
      const theirs = join(folder, 'theirs');
      await rewriteModel(program!, await writeModel(files), theirs);
      const written = (await readdir(theirs, { recursive: true })).filter((path) =>
        /\./.test(path),
      );
      expect(written.sort()).toEqual(files.map(({ path }) => path).sort());
      for (const { path, text } of files) {
        expect(await readFile(join(theirs, path), 'utf8'), path).toBe(text);
      }
    },
  );

  it.each([SOURCES[0]!, ONELAKE])(
    'reads and writes the tables of own models over $kind, whatever their columns and comments are called',
    async (source) => {
      const models = join(folder, 'models');
      await mkdir(models);
      await writeFile(join(models, 'hours.sql'), OWN);
      const files = modelOf(source, false, lakeTables({ ...SETTINGS, models }));
      const theirs = join(folder, 'theirs');
      await rewriteModel(program!, await writeModel(files), theirs);
      const table = files.find(({ path }) => path === 'tables/Sales Hours.tmdl')!;
      expect(table.text).toContain('column Clicks2x');
      expect(table.text).toContain("column 'Sales Hours Revenue'");
      for (const { path, text } of files) {
        expect(await readFile(join(theirs, path), 'utf8'), path).toBe(text);
      }
    },
  );

  it('refuses a property that it does not know', async () => {
    const files = modelOf().map((file) =>
      file.path === 'tables/Device.tmdl'
        ? { ...file, text: file.text.replace('summarizeBy: none', 'sumUp: none') }
        : file,
    );
    const ours = await writeModel(files);
    await expect(rewriteModel(program!, ours, join(folder, 'theirs'))).rejects.toThrow('sumUp');
  });
});

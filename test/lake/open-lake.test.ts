import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openLake } from '../../src/lake/index.ts';

let cwd: string;
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'clicklake-library-'));
});
afterEach(() => rm(cwd, { recursive: true }));

describe('a program that opens a lake', () => {
  it.each([
    ['a path that does not parse', 'fields: { user_id: a..b }'],
    ['an item list without a product', 'items: { from: lines, price: price }'],
    ['a landing address that is none', 'landing: https://account/events'],
  ])('is told of %s, with its place in the file', async (_, mapping) => {
    await writeFile(join(cwd, 'clicklake.yaml'), `sources:\n  web:\n    ${mapping}\n`);
    await expect(openLake({ cwd, env: {} })).rejects.toMatchObject({
      code: 'config_invalid',
      message: expect.stringMatching(/clicklake\.yaml:3:\d+: sources\.web\./),
    });
  });

  it('is told of mappings in the environment that cannot be meant', async () => {
    const env = { CLICKLAKE_SOURCES: '{"web":{"fields":{"user_id":"a..b"}}}' };
    await expect(openLake({ cwd, env })).rejects.toMatchObject({
      code: 'config_invalid',
      message: expect.stringContaining('CLICKLAKE_SOURCES: sources.web.fields.user_id'),
    });
  });

  it('is told of an engine that there is not', async () => {
    const options = JSON.parse('{"engine":"Auto"}');
    await expect(openLake({ cwd, env: {}, ...options })).rejects.toMatchObject({
      code: 'config_invalid',
      message: expect.stringContaining('engine must be one of duckdb, spark, auto'),
    });
  });

  it('cannot take files under a name that is no source', async () => {
    const lake = await openLake({ cwd, env: {} });
    await writeFile(join(cwd, 'events.json'), '{}\n');
    const taking = lake.ingest(['events.json'], { source: '../other' });
    await expect(taking).rejects.toMatchObject({ code: 'usage' });
    await lake.close();
  });
});

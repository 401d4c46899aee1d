/** Which files of Bronze a run finds: the listing and the ledger are compared in the order of their paths. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openTestLake, type TestLake } from './lake-support.ts';

/** UTF-16, locales and folders each order them in another way than bytes of UTF-8 do. */
const NAMES = [
  'date=2026-01-01/a.ndjson',
  'date=2026-01-01/a b.ndjson',
  'date=2026-01-01/a/b.ndjson',
  'date=2026-01-01/a-b/c.ndjson',
  'date=2026-01-01/B.ndjson',
  'date=2026-01-01/ä.ndjson',
  'date=2026-01-01/%41.ndjson',
  'date=2026-01-01/\u{ff5e}.ndjson',
  'date=2026-01-01/\u{1f600}.ndjson',
  'date=2026-01-02/a.ndjson',
];

describe('the files of Bronze', () => {
  const pathOf = (name: string) => `bronze/web/${name}`;

  async function drop({ settings }: TestLake, name: string, id: string): Promise<void> {
    const file = join(settings.lake, pathOf(name));
    await mkdir(dirname(file), { recursive: true });
    const event = {
      ...{ event_id: id, user_id: 'u', event_type: 'page_view' },
      event_timestamp: '2026-01-01T00:00:00Z',
    };
    await writeFile(file, `${JSON.stringify(event)}\n`);
  }

  it('are each found once, whatever their names, and late ones in old folders too', async () => {
    await using lake = await openTestLake();
    for (const [index, name] of NAMES.entries()) {
      await drop(lake, name, `e${index}`);
    }
    const first = await lake.lake.run();
    expect([...first.discovered].sort()).toEqual(NAMES.map(pathOf).sort());
    const second = await lake.lake.run();
    expect(second).toMatchObject({ discovered: [], damaged: [], tablesWritten: [] });

    await drop(lake, 'date=2026-01-01/late.ndjson', 'late');
    await drop(lake, 'date=2025-12-31/later.ndjson', 'later');
    expect((await lake.lake.run()).discovered).toEqual([
      pathOf('date=2025-12-31/later.ndjson'),
      pathOf('date=2026-01-01/late.ndjson'),
    ]);
  });

  it('that are missing or have changed are told, each once, in the order of their paths', async () => {
    await using lake = await openTestLake();
    for (const [index, name] of NAMES.entries()) {
      await drop(lake, name, `e${index}`);
    }
    // The same bytes again: it is not read, and may go.
    await drop(lake, 'date=2026-01-03/again.ndjson', 'e0');
    await lake.lake.run();
    const gone = NAMES.filter((_, index) => index % 2 === 0);
    const changed = 'date=2026-01-01/B.ndjson';
    for (const name of [...gone, 'date=2026-01-03/again.ndjson']) {
      await rm(join(lake.settings.lake, pathOf(name)));
    }
    await writeFile(join(lake.settings.lake, pathOf(changed)), 'more\n');
    await drop(lake, 'date=2026-01-09/new.ndjson', 'new');
    const { damaged, discovered } = await lake.lake.run();
    const wanted = [...new Set([...gone, changed])].map(pathOf);
    const bytes = (path: string) => Buffer.from(path);
    expect(damaged.map(({ path }) => path)).toEqual(
      wanted.sort((a, b) => Buffer.compare(bytes(a), bytes(b))),
    );
    expect(discovered).toEqual([pathOf('date=2026-01-09/new.ndjson')]);
  });
});

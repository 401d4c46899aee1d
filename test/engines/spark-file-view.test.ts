/** Which files of a table Spark reads by themselves, and which only through Delta Lake. */
import { describe, expect, it } from 'vitest';
import type { Snapshot } from '../../src/delta/snapshot.ts';
import { viewOfFiles } from '../../src/engines/spark/file-view.ts';
import { COLUMNS, commitTo, memoryContext, newFile } from '../delta/support.ts';

const FOLDER = 'day=2024-05-01';

async function tableWith(...paths: string[]): Promise<Snapshot> {
  return await commitTo(memoryContext(), undefined, { adds: paths.map((path) => newFile(path)) });
}

function viewOf(table: Snapshot, files = table.files, columns = COLUMNS): string | undefined {
  return viewOfFiles('shown', '/lake [1]', table, files, columns)?.replaceAll(/\s+/g, ' ');
}

describe('files of a table', () => {
  it('are named one by one, below the folder that partitions are told from', async () => {
    const table = await tableWith(`${FOLDER}/a.parquet`, `${FOLDER}/b.parquet`);
    const view =
      'CREATE OR REPLACE TEMPORARY VIEW `shown` (`day` DATE, `id` BIGINT, `name` STRING)';
    const folder = String.raw`/lake \\[1\\]/t`;
    expect(viewOf(table)).toBe(
      `${view} USING parquet OPTIONS (path '${folder}/{${FOLDER}/a.parquet,${FOLDER}/b.parquet}', basePath '/lake [1]/t')`,
    );
    expect(viewOf(table, table.files.slice(1))).toContain(`path '${folder}/${FOLDER}/b.parquet'`);
  });

  it('have columns that the table lacks, but none of another type', async () => {
    const table = await tableWith(`${FOLDER}/a.parquet`);
    const added = { name: 'more', type: 'string', nullable: true } as const;
    expect(viewOf(table, table.files, [...COLUMNS, added])).toContain('`more` STRING');
    const other = { name: 'id', type: 'integer', nullable: true } as const;
    expect(viewOf(table, table.files, [other])).toBeUndefined();
  });

  it('are left to Delta Lake where their names do not tell all, or they are many or gone', async () => {
    const plain = await tableWith(`${FOLDER}/a.parquet`);
    expect(viewOf(plain, [])).toBeUndefined();
    expect(viewOf({ ...plain, files: [] }, plain.files)).toBeUndefined();
    expect(
      viewOf({ ...plain, protocol: { ...plain.protocol, minReaderVersion: 3 } }),
    ).toBeUndefined();
    for (const path of ['a.parquet', 'day=2024-05-02/a.parquet', `${FOLDER}/{a}.parquet`]) {
      expect(viewOf(await tableWith(path))).toBeUndefined();
    }
    const many = Array.from({ length: 101 }, (_, index) => `${FOLDER}/${index}.parquet`);
    expect(viewOf(await tableWith(...many))).toBeUndefined();
  });
});

/** Rows from elsewhere as a table of DuckDB's. */
import { expect, it } from 'vitest';
import type { DeltaColumn } from '../../src/delta/schema.ts';
import { createTableOfValues } from '../../src/engines/duckdb/insert-values.ts';
import { openSqlConnection } from '../../src/engines/duckdb/sql-connection.ts';

const TYPES = {
  text: 'string',
  big: 'long',
  small: 'integer',
  share: 'double',
  is_so: 'boolean',
  price: 'decimal(18,2)',
  came_at: 'timestamp',
  local_time: 'timestamp_ntz',
  day: 'date',
  bytes: 'binary',
} as const;

it('keeps every value of every type, and of more rows than a chunk has', async () => {
  const columns: DeltaColumn[] = Object.entries(TYPES).map(([name, type]) => ({
    ...{ name, type, nullable: true },
  }));
  const connection = await openSqlConnection({
    memoryLimitBytes: 2e8,
    threads: 1,
    spillFolder: '',
  });
  try {
    const row = {
      text: "\uFEFFit's a\0 \u{1F6D2}",
      big: 2n ** 63n - 1n,
      small: -(2 ** 31),
      share: 1 / 3,
      is_so: false,
      price: '-0.05',
      came_at: -1n,
      local_time: 1_767_600_000_123_456n,
      day: -1,
      bytes: Buffer.from('00ff', 'hex'),
    };
    const rows = Array.from({ length: 5000 }, (_, index) => (index === 2047 ? {} : row));
    await createTableOfValues(connection, 'given', columns, rows);
    const shown = `SELECT text, big, small, share, is_so, price::VARCHAR, epoch_us(came_at), epoch_us(local_time),
      day::VARCHAR, hex(bytes), count(*) FROM given GROUP BY ALL ORDER BY text`;
    const { text, big, small, share, is_so, price, came_at, local_time } = row;
    expect(await connection.rows(shown)).toEqual([
      [text, big, small, share, is_so, price, came_at, local_time, '1969-12-31', '00FF', 4999n],
      [...Object.keys(TYPES).map(() => null), 1n],
    ]);
  } finally {
    connection.close();
  }
});

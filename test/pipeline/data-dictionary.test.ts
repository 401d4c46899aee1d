import { describe, expect, it } from 'vitest';
import { dataDictionary } from '../../src/pipeline/data-dictionary.ts';
import { parseHeader } from '../../src/pipeline/model-header.ts';
import { loadModel, tableColumns } from '../../src/pipeline/models.ts';

const TABLES = dataDictionary();
const COLUMNS = TABLES.flatMap(({ name: table, columns }) =>
  columns.map((column) => ({ table, ...column })),
);

describe('the data dictionary', () => {
  it('lists the eighteen tables, Bronze first and Gold last', () => {
    expect(TABLES.map(({ name }) => name)).toEqual([
      'bronze_files',
      'silver_events',
      'silver_items',
      'silver_quarantine',
      'gold_sessions',
      'gold_identities',
      'gold_users',
      'gold_orders',
      'gold_rfm',
      'gold_order_items',
      'gold_refunds',
      'gold_purchase_lines',
      'gold_conversion_metrics',
      'gold_event_metrics',
      'gold_funnel',
      'gold_channels',
      'gold_cohorts',
      'gold_products',
    ]);
  });

  it.each(TABLES)('says what a row of $name is, in one sentence', ({ summary }) => {
    expect(summary).toMatch(/^One row per [^.]+\.$/);
  });

  it.each(COLUMNS)('explains $table.$name', ({ description }) => {
    expect(description).not.toBe('');
  });

  it.each(TABLES.slice(1))('knows every line of the last SELECT of $name as a column', (table) => {
    const { sql, file } = loadModel(table.root);
    const commented = sql.slice(sql.lastIndexOf('\nSELECT')).match(/,? +-- /g);
    expect(tableColumns({ sql, file })).toHaveLength(commented?.length ?? 0);
    expect(tableColumns({ sql, file }).map(({ name }) => name)).toEqual(
      table.columns.map(({ name }) => name),
    );
  });

  const measured = COLUMNS.filter(({ type }) => /int|double|decimal|timestamp/.test(type));
  it.each(measured)('gives the unit of $table.$name', ({ description }) => {
    expect(description).toMatch(/\[[^\]]+\](?:; null: |$)/);
  });

  it.each(COLUMNS)('says at the end when $table.$name is null, or not at all', (column) => {
    const [meaning, ...nulls] = column.description.split('; null: ');
    expect(meaning).not.toMatch(/\bnull\b/);
    expect(nulls).toHaveLength(column.nullable ? 1 : 0);
  });

  it.each(['gold_conversion_metrics.visitors', 'gold_sessions.product_count'])(
    'warns that %s does not add up',
    (name) => {
      const column = COLUMNS.find((each) => `${each.table}.${each.name}` === name);
      expect(column?.description).toContain('does not add up across');
    },
  );

  it('names types as SQL does, and adds the declared columns to silver_events', () => {
    const declared = dataDictionary({
      silver: { conflictScope: 'all', extraColumns: [{ name: 'coupon', type: 'bigint' }] },
      funnel: { skipCheckout: false },
    });
    expect(declared[1]?.columns.at(-1)).toEqual({
      name: 'coupon',
      type: 'bigint',
      nullable: true,
      description: 'declared as silver.extra_columns; null: not sent, or not of this type',
    });
    expect(new Set(COLUMNS.map(({ type }) => type))).toEqual(
      new Set([
        'bigint',
        'boolean',
        'date',
        'decimal(18,2)',
        'decimal(18,3)',
        'decimal(18,10)',
        'double',
        'int',
        'string',
        'timestamp',
      ]),
    );
  });

  it("takes a table's summary from the first sentence of its model", () => {
    const sql = '-- gold_x: one row\n-- per y. Holds more.\nSELECT\n  a -- an a\nFROM t';
    expect(parseHeader(sql, 'x.sql').summary).toBe('one row per y.');
    expect(() => parseHeader('SELECT 1', 'x.sql')).toThrow('x.sql, line 1');
  });
});

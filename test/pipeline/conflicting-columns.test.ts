import { beforeAll, describe, expect, it } from 'vitest';
import {
  EXPECTED_CONFLICTS,
  EXPECTED_DUPLICATES,
  type Judged,
  judgePairs,
  REPEATED_COLUMNS,
} from '../fixtures/column-changes.ts';

describe('a second delivery of an event, on DuckDB', () => {
  let judged: Judged;
  beforeAll(async () => {
    judged = await judgePairs('duckdb');
  });

  it.each(REPEATED_COLUMNS)('is in conflict when it differs in %s alone', (column) => {
    expect(judged.conflicts.get(column)).toEqual(EXPECTED_CONFLICTS.get(column));
  });

  it('is a duplicate when it differs in nothing', () => {
    expect(judged.duplicates).toBe(EXPECTED_DUPLICATES);
  });
});

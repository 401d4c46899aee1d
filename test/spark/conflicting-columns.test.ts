import { beforeAll, describe, expect, it } from 'vitest';
import { SPARK_URL } from '../fixtures/both-engines.ts';
import {
  EXPECTED_CONFLICTS,
  EXPECTED_DUPLICATES,
  type Judged,
  judgePairs,
  REPEATED_COLUMNS,
} from '../fixtures/column-changes.ts';

describe.skipIf(SPARK_URL === undefined)('a second delivery of an event, on Spark', () => {
  let judged: Judged;
  beforeAll(async () => {
    judged = await judgePairs('spark');
  }, 1_800_000);

  it.each(REPEATED_COLUMNS)('is in conflict when it differs in %s alone', (column) => {
    expect(judged.conflicts.get(column)).toEqual(EXPECTED_CONFLICTS.get(column));
  });

  it('is a duplicate when it differs in nothing', () => {
    expect(judged.duplicates).toBe(EXPECTED_DUPLICATES);
  });
});

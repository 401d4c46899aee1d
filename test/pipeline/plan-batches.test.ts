import { expect, it } from 'vitest';
import { batchTextBytes } from '../../src/pipeline/plan-batches.ts';
import { settingsFor } from './lake-support.ts';

it.each([
  ['duckdb', undefined, 4000, 512],
  ['duckdb', undefined, 1000, 250],
  ['duckdb', 64, 1000, 64],
  ['spark', undefined, 1000, 4096],
  ['spark', 64, 1000, 64],
] as const)(
  'a batch of %s, configured as %s MB, with a memory limit of %s MB, has at most %s MB of text',
  (name, maxBatchMb, memoryLimitMb, expected) => {
    const { silver, duckdb } = settingsFor('/lake');
    const settings = {
      silver: { ...silver, maxBatchMb },
      duckdb: { ...duckdb, memoryLimitMb },
    };
    expect(batchTextBytes({ settings, engine: { name } })).toBe(expected * 1e6);
  },
);

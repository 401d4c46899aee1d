import { describe, expect, it } from 'vitest';
import { compressionOf } from '../../src/bronze/decompress.ts';
import { safeFileName, sourceOfBronzePath } from '../../src/pipeline/bronze-paths.ts';

describe('the name of a file in Bronze', () => {
  it.each([
    ['events.ndjson', 'events.ndjson'],
    ['day 1+2=3.json.gz', 'day 1+2=3.json.gz'],
    ['日.gz', 'file.gz'],
    ['日本.jsonl.zst', 'file.jsonl.zst'],
    ['.gz', 'file.gz'],
    ['.hidden.json', 'hidden.json'],
    ['_work.json.gz', 'work.json.gz'],
    ['日', 'file'],
    ['a.tmp', 'a_tmp'],
    ['a.json~', 'a.json_'],
    ['a/b\\c?.json', 'a_b_c_.json'],
    ['', 'file'],
  ])('%j is stored as %j', (name, stored) => {
    expect(safeFileName(name)).toBe(stored);
  });

  it('is found by the next run, says the same compression, and fits every storage', () => {
    const long = 'x'.repeat(300);
    for (const name of ['日.gz', '.zst', 'a.part', `${long}.json.gz`, `日${long}`, 'a.crc', '..']) {
      const stored = safeFileName(name);
      expect(stored.length).toBeLessThanOrEqual(200);
      expect(compressionOf(stored)).toBe(compressionOf(name));
      expect(sourceOfBronzePath(`bronze/web/date=2026-01-01/${stored}`), stored).toBe('web');
    }
  });
});

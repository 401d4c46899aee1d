import { describe, expect, test } from 'vitest';
import { checkFile } from '../../src/pipeline/receive-file.ts';

describe('a file whose name tells another compression than its bytes', () => {
  test.each([
    ['a.json', Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0])],
    ['a.json.gz', Buffer.from('{"a": 1}')],
    ['a.json.gz', Buffer.alloc(0)],
  ])('is refused and closed: %s', async (name, bytes) => {
    let isClosed = false;
    const read = async function* () {
      try {
        yield bytes;
      } finally {
        isClosed = true;
      }
    };
    await expect(checkFile(read(), name, {})).rejects.toMatchObject({ code: 'input_refused' });
    expect(isClosed).toBe(true);
  });
});

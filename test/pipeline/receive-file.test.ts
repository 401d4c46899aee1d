import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { DeclaredFormat } from '../../src/bronze/formats/record-format.ts';
import { checkFile } from '../../src/pipeline/receive-file.ts';
import { readLocalFile } from '../../src/storage/read-local-file.ts';

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

describe('a copy of a file of many pieces', () => {
  const text = Buffer.from(
    Array.from(
      { length: 600_000 },
      (_, index) => `{"event_id":"${index}","a":"ä"}${'x'.repeat(40)}\n`,
    ).join(''),
  );
  test.each([
    ['a.json', text],
    ['a.json.gz', gzipSync(text, { level: 0 })],
    ['b.json', Buffer.from('{}\n')],
    ['c.json', Buffer.from('1')],
  ])('has its bytes, and is counted and hashed: %s', async (name, bytes) => {
    const folder = await mkdtemp(join(tmpdir(), 'clicklake-receive-'));
    try {
      await writeFile(join(folder, name), bytes);
      const copyTo = join(folder, 'copy');
      const sizes: number[] = [];
      const file = await checkFile(readLocalFile(join(folder, name)), name, {
        ...{ copyTo, flushes: true },
        onCopied: (sizeBytes) => sizes.push(sizeBytes),
      });
      expect(bytes.equals(await readFile(copyTo))).toBe(true);
      expect(file).toMatchObject({
        sizeBytes: bytes.length,
        sha256: createHash('sha256').update(bytes).digest('hex'),
        lineCount: bytes.length > 3 ? 600_000 : 1,
      });
      expect(sizes.at(-1)).toBe(bytes.length);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

describe('a declared format', () => {
  const capture = () => readFile('test/acceptance/cases/formats/input/landing/capture.avro');
  test.each<[DeclaredFormat | undefined, string | (() => Promise<Buffer>), string, number]>([
    [undefined, 'a\n1\n2\n', 'json_lines', 3],
    ['csv', 'a\n1\n2\n', 'csv', 2],
    [undefined, 'a,b\n1,2\n', 'csv', 1],
    ['json', 'a,b\n1,2\n', 'json_lines', 2],
    ['json', '[{},{}]', 'json_array', 2],
    [undefined, capture, 'event_hubs_capture', 2],
    ['avro', capture, 'avro', 2],
  ])('decides over the content: %s', async (declared, content, format, lineCount) => {
    const bytes = typeof content === 'string' ? Buffer.from(content) : await content();
    const read = async function* () {
      yield bytes;
    };
    const file = await checkFile(read(), 'a.dat', { format: declared });
    expect(file).toMatchObject({ format, lineCount });
  });

  test('that the file is not of refuses it', async () => {
    const read = async function* () {
      yield Buffer.from('{"a":1}\n');
    };
    const checking = checkFile(read(), 'a.dat', { format: 'avro' });
    await expect(checking).rejects.toMatchObject({ code: 'input_refused' });
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DeletionVectorDescriptor } from '../../src/delta/actions.ts';
import { deletionVectorPath, readDeletionVector } from '../../src/delta/deletion-vector.ts';
import { encodeZ85, serializeVector, vectorFile } from './roaring-writer.ts';
import { memoryContext } from './support.ts';

const UUID = 'd2c639aa-8816-431a-aaf6-d3fe2512ff61';
const UUID_Z85 = '-aqEH.-t@S}K{vb[*k^';

function inline(rows: readonly number[], runs = true): DeletionVectorDescriptor {
  const bytes = serializeVector(rows, { runs });
  return {
    storageType: 'i',
    pathOrInlineDv: encodeZ85(bytes),
    offset: undefined,
    sizeBytes: bytes.length,
    cardinality: rows.length,
  };
}

const read = (vector: DeletionVectorDescriptor) => readDeletionVector(memoryContext(), 't', vector);
const range = (from: number, count: number, step = 1) =>
  Array.from({ length: count }, (_, index) => from + index * step);

describe('a deletion vector', () => {
  it('is read from published examples', async () => {
    const rows = await read({
      storageType: 'i',
      pathOrInlineDv: '^Bg9^0rr910000000000iXQKl0rr91000f55c8Xg0@@D72lkbi5=-{L',
      offset: undefined,
      sizeBytes: 44,
      cardinality: 6,
    });
    expect(rows).toEqual([3, 4, 7, 11, 18, 29]);
    const path = deletionVectorPath(memoryContext(), 't', {
      storageType: 'u',
      pathOrInlineDv: `ab^${UUID_Z85}`,
      offset: 4,
      sizeBytes: 40,
      cardinality: 6,
    });
    expect(path).toBe(`t/ab/deletion_vector_${UUID}.bin`);
  });

  it.each([
    ['no rows', []],
    ['the first row', [0]],
    ['an array', [1, 5, 65_535]],
    ['a bitmap', range(3, 5_000, 7)],
    ['a run', range(100, 60_000)],
    ['all 65,536 rows of a block', range(65_536, 65_536)],
    [
      'many kinds at once',
      [...range(0, 10), ...range(70_000, 5_000, 2), ...range(200_000, 9_000), 300_001, 400_001],
    ],
    ['rows beyond 2^32', [7, 2 ** 32, 2 ** 32 + 70_000, 5 * 2 ** 32 + 1, 2 ** 53 - 1]],
  ])('of %s is read, with and without runs', async (_name, rows) => {
    expect(await read(inline(rows, true))).toEqual(rows);
    expect(await read(inline(rows, false))).toEqual(rows);
  });

  it('of any rows is read', async () => {
    const near = fc.integer({ min: 0, max: 400_000 });
    const far = fc.integer({ min: 0, max: 2 ** 34 });
    const rows = fc.uniqueArray(fc.oneof(near, far), { maxLength: 300 });
    await fc.assert(
      fc.asyncProperty(rows, fc.boolean(), async (some, runs) => {
        const sorted = [...some].sort((a, b) => a - b);
        expect(await read(inline(sorted, runs))).toEqual(sorted);
      }),
    );
  });

  it('is read from a file of several, by relative and by absolute path', async () => {
    const context = memoryContext();
    const sets = [[1, 2, 3], range(0, 10_000, 3)];
    const { bytes, offsets } = vectorFile(
      sets.map((rows) => serializeVector(rows, { runs: true })),
    );
    await context.storage.write(`t/ab/deletion_vector_${UUID}.bin`, bytes);
    for (const [index, rows] of sets.entries()) {
      const common = {
        offset: offsets[index],
        sizeBytes: serializeVector(rows, { runs: true }).length,
        cardinality: rows.length,
      };
      const stored: DeletionVectorDescriptor[] = [
        { storageType: 'u', pathOrInlineDv: `ab^${UUID_Z85}`, ...common },
        { storageType: 'p', pathOrInlineDv: `memory:/t/ab/deletion_vector_${UUID}.bin`, ...common },
      ];
      for (const vector of stored) {
        expect(await readDeletionVector(context, 't', vector)).toEqual(rows);
      }
    }
  });

  it('that is damaged is reported', async () => {
    const context = memoryContext();
    const vector = serializeVector([1, 2, 3], { runs: false });
    const { bytes } = vectorFile([vector]);
    const path = `t/deletion_vector_${UUID}.bin`;
    const stored: DeletionVectorDescriptor = {
      storageType: 'u',
      pathOrInlineDv: `^${UUID_Z85}`,
      offset: 1,
      sizeBytes: vector.length,
      cardinality: 3,
    };
    const failsWith = async (descriptor: DeletionVectorDescriptor, message: RegExp) => {
      await expect(readDeletionVector(context, 't', descriptor)).rejects.toMatchObject({
        code: 'table_corrupt',
        message: expect.stringMatching(message),
      });
    };
    const flipped = Buffer.from(bytes);
    flipped[30] = (flipped[30] ?? 0) ^ 1;
    await context.storage.write(path, flipped);
    await failsWith(stored, /checksum/);
    await context.storage.write(path, bytes.subarray(0, -10));
    await failsWith(stored, /range|bounds/);
    await context.storage.write(path, bytes);
    await failsWith({ ...stored, cardinality: 4 }, /3 rows instead of 4/);
    await failsWith({ ...stored, sizeBytes: vector.length - 1 }, /bytes, the log/);
    await failsWith({ ...stored, pathOrInlineDv: 'not a uuid in z85!!!' }, /not Z85/);
    await failsWith({ ...inline([1]), pathOrInlineDv: encodeZ85(Buffer.alloc(40)) }, /format 0/);
    await failsWith({ ...inline([1]), pathOrInlineDv: 'abc' }, /not Z85/);
  });

  it('outside the lake is refused', async () => {
    const attempt = read({
      storageType: 'p',
      pathOrInlineDv: 's3://other/deletion_vector.bin',
      offset: 1,
      sizeBytes: 10,
      cardinality: 1,
    });
    await expect(attempt).rejects.toMatchObject({ code: 'unsupported_table_feature' });
  });
});

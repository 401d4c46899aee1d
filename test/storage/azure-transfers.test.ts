import { describe, expect, it } from 'vitest';
import { openBlockBuffers } from '../../src/storage/azure/block-buffers.ts';
import { openByteBudget } from '../../src/storage/azure/byte-budget.ts';
import { openTransferMeter } from '../../src/storage/azure/transfer-meter.ts';

const MEGABYTE = 1024 * 1024;

describe('the memory that transfers share', () => {
  it('is never exceeded, and goes to the urgent ones first', async () => {
    const budget = openByteBudget(10 * MEGABYTE);
    const urgent = new Set([4]);
    const begun: number[] = [];
    let inUse = 0;
    let peak = 0;
    const transfers = [8, 8, 2, 4, 4, 50].map((size, index) =>
      budget.with(
        size * MEGABYTE,
        () => urgent.has(index),
        async () => {
          begun.push(index);
          inUse += Math.min(10, size);
          peak = Math.max(peak, inUse);
          await new Promise((resolve) => setTimeout(resolve, 5));
          inUse -= Math.min(10, size);
        },
      ),
    );
    await Promise.all(transfers);
    expect(peak).toBeLessThanOrEqual(10);
    expect(begun[1]).toBe(4);
    expect(begun.slice().sort()).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('comes back when a transfer fails', async () => {
    const budget = openByteBudget(MEGABYTE);
    const fail = () => Promise.reject(new Error('failed'));
    await expect(budget.with(MEGABYTE, () => true, fail)).rejects.toThrow('failed');
    expect(
      await budget.with(
        MEGABYTE,
        () => true,
        async () => 'done',
      ),
    ).toBe('done');
  });
});

describe('the memory of blocks', () => {
  const buffers = openBlockBuffers(100);
  const use = (length = 100) => buffers.with(length, async ({ buffer }) => buffer);

  it('is used again, but not while a failed request may still hold it', async () => {
    await buffers.with(100, async (held) => {
      const first = await use();
      expect(await use()).toBe(first);
      expect(await use(7)).not.toBe(first);
      expect(first).not.toBe(held.buffer);
      let lost: ArrayBufferLike | undefined;
      const fail = buffers.with(100, async ({ buffer }) => {
        lost = buffer;
        throw new Error('failed');
      });
      await expect(fail).rejects.toThrow('failed');
      expect(lost).toBe(first);
      expect(await use()).not.toBe(first);
    });
  });

  it('is free for others when nothing is moved', async () => {
    const first = await use();
    expect(await use()).not.toBe(first);
  });
});

describe('how far transfers are', () => {
  it('adds up what is going on each way, and begins anew when all is done', () => {
    const told: string[] = [];
    const meter = openTransferMeter(({ direction, bytesDone, bytesTotal }) =>
      told.push(`${direction} ${bytesDone}/${bytesTotal}`),
    );
    const one = meter.begin('download', 10);
    const two = meter.begin('download', 5);
    one.add(10);
    one.end();
    two.add(2);
    two.end();
    const upload = meter.begin('upload', 0);
    upload.expect(7);
    upload.add(7);
    upload.end();
    meter.begin('download', 1);
    expect(told).toEqual([
      ...['download 0/10', 'download 0/15', 'download 10/15', 'download 10/15'],
      // The rest of the second is not waited for.
      ...['download 12/15', 'download 12/12'],
      ...['upload 0/0', 'upload 0/7', 'upload 7/7', 'upload 7/7', 'download 0/1'],
    ]);
  });
});

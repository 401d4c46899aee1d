import { open } from 'node:fs/promises';
import { fileError } from './file-errors.ts';

const READ_BYTES = 1024 * 1024;

/**
 * A local file in large chunks. They share their memory: each is valid until the next is requested.
 */
export async function* readLocalFile(path: string): AsyncGenerator<Buffer> {
  try {
    const file = await open(path, 'r');
    try {
      const buffer = Buffer.allocUnsafeSlow(READ_BYTES);
      for (;;) {
        const { bytesRead } = await file.read(buffer, 0, buffer.length, null);
        if (bytesRead === 0) {
          return;
        }
        yield buffer.subarray(0, bytesRead);
      }
    } finally {
      await file.close();
    }
  } catch (error) {
    throw fileError('read', path, error);
  }
}

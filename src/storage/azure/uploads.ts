/** Writes local files as blobs, in blocks, several at once, also while the file is still growing. */
import { randomUUID } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { fileError } from '../file-errors.ts';
import type { PutResult } from '../storage.ts';
import { isBlobMissing, nameOfFailure, statusOf } from './azure-errors.ts';
import type { BlockBuffers } from './block-buffers.ts';
import type { ByteBudget } from './byte-budget.ts';
import { BLOCK_BYTES, type Source } from './downloads.ts';
import type { Try } from './requests.ts';
import type { TransferMeter } from './transfer-meter.ts';

/** Names the write that made a blob, so that a writer whose answer was lost knows its own. */
const WRITE_ID = 'clicklake_write';

export interface Upload {
  /** So many bytes of the file are there and will not change. */
  advance(sizeBytes: number): void;
  /** The file is whole: makes the blob, unless there is one. */
  finish(sizeBytes: number): Promise<PutResult>;
  /** Gives up. What was sent is dropped by the service after some days. */
  cancel(): Promise<void>;
}

export function beginUpload(
  target: Source,
  localPath: string,
  room: { budget: ByteBudget; buffers: BlockBuffers; meter: TransferMeter },
): Upload {
  const { blob, path, requests } = target;
  const writeId = randomUUID();
  const blocks: { id: string; sent: Promise<void> }[] = [];
  const progress = room.meter.begin('upload', 0);
  let opened: Promise<FileHandle> | undefined;
  let isCancelled = false;

  const readPart = async (bytes: Buffer, start: number): Promise<void> => {
    try {
      opened ??= open(localPath, 'r');
      const { bytesRead } = await (await opened).read(bytes, 0, bytes.length, start);
      if (bytesRead < bytes.length) {
        throw new Error('the file is shorter than it was');
      }
    } catch (error) {
      throw fileError('read', localPath, error);
    }
  };
  const sendBlock = async (id: string, start: number, length: number): Promise<void> => {
    if (isCancelled) {
      return;
    }
    await room.buffers.with(length, async (bytes) => {
      await readPart(bytes, start);
      await requests.transfer('write', path, (attempt) =>
        blob.stageBlock(id, bytes, length, sending(attempt)),
      );
    });
    progress.add(length);
  };
  const startBlock = (length: number): void => {
    const start = blocks.length * BLOCK_BYTES;
    const number = String(blocks.length).padStart(6, '0');
    // All names of a blob's blocks must have one length.
    const id = Buffer.from(`${writeId}-${number}`).toString('base64');
    progress.expect(length);
    const sent = room.budget.with(
      length,
      () => true,
      () => sendBlock(id, start, length),
    );
    // A failure is met when the blocks are put together.
    sent.catch(() => {});
    blocks.push({ id, sent });
  };
  const advance = (sizeBytes: number): void => {
    while ((blocks.length + 1) * BLOCK_BYTES <= sizeBytes) {
      startBlock(BLOCK_BYTES);
    }
  };
  let ended: Promise<void> | undefined;
  const end = (): Promise<void> => {
    isCancelled = true;
    ended ??= Promise.allSettled(blocks.map(({ sent }) => sent)).then(async () => {
      progress.end();
      await opened?.then((handle) => handle.close()).catch(() => {});
    });
    return ended;
  };

  return {
    advance,
    async finish(sizeBytes) {
      try {
        // A small file is one request.
        if (blocks.length === 0 && sizeBytes <= BLOCK_BYTES) {
          progress.expect(sizeBytes);
          return await room.budget.with(
            sizeBytes,
            () => true,
            async () => {
              const bytes = Buffer.allocUnsafe(sizeBytes);
              await readPart(bytes, 0);
              return await createOnce(target, bytes, writeId);
            },
          );
        }
        advance(sizeBytes);
        const rest = sizeBytes - blocks.length * BLOCK_BYTES;
        if (rest > 0) {
          startBlock(rest);
        }
        await Promise.all(blocks.map(({ sent }) => sent));
        const ids = blocks.map(({ id }) => id);
        // The commit point: one request that the service does whole or not at all.
        return await unlessTaken(target, writeId, (attempt) =>
          blob.commitBlockList(ids, { abortSignal: attempt.signal, ...onlyIfAbsent(writeId) }),
        );
      } finally {
        await end();
      }
    },
    cancel: end,
  };
}

/** Creates a blob of these bytes unless there is one. */
export async function createOnce(
  target: Source,
  bytes: Uint8Array,
  writeId: string = randomUUID(),
): Promise<PutResult> {
  // The commit point: one request that the service does whole or not at all.
  return await unlessTaken(target, writeId, (attempt) =>
    target.blob.upload(bytes, bytes.length, { ...sending(attempt), ...onlyIfAbsent(writeId) }),
  );
}

/** What an upload's request is sent with: its time-out begins anew whenever bytes leave. */
export function sending(attempt: Try): { abortSignal: AbortSignal; onProgress: () => void } {
  return { abortSignal: attempt.signal, onProgress: () => attempt.alive() };
}

function onlyIfAbsent(writeId: string) {
  return { conditions: { ifNoneMatch: '*' }, metadata: { [WRITE_ID]: writeId } };
}

/** Writes by `send`, which must fail if the blob exists, and finds out whose the blob is then. */
async function unlessTaken(
  { blob, path, requests }: Source,
  writeId: string,
  send: (attempt: Try) => Promise<unknown>,
): Promise<PutResult> {
  return await requests.run('write', path, async (attempt): Promise<PutResult> => {
    try {
      await send(attempt);
      return { kind: 'created' };
    } catch (error) {
      if (!isTaken(error)) {
        throw error;
      }
      attempt.alive();
      // The first answer may have been lost and the blob be this very write's.
      const { metadata } = await blob
        .getProperties({ abortSignal: attempt.signal })
        .catch((missing: unknown) => {
          if (!isBlobMissing(missing)) {
            throw missing;
          }
          // It is gone again, or the refusal had another reason: the write is free to be tried.
          throw Object.assign(new Error('taken and gone'), { code: nameOfFailure(error) });
        });
      return { kind: metadata?.[WRITE_ID] === writeId ? 'created' : 'exists' };
    }
  });
}

/** Whether a write that asked for an absent blob found one. */
function isTaken(error: unknown): boolean {
  const name = nameOfFailure(error);
  return (
    name === 'BlobAlreadyExists' ||
    name === 'PathAlreadyExists' ||
    name === 'InvalidBlockList' ||
    statusOf(error) === 412
  );
}

/**
 * Uploads local files as blobs, in blocks, several at a time, even while the file is still growing.
 */
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

/**
 * Metadata with the id of the write that created a blob. A writer that did not get a response can
 * recognize its own blob.
 */
const WRITE_ID = 'clicklake_write';

export interface Upload {
  /** This many bytes of the file are complete and will not change. */
  advance(sizeBytes: number): void;
  /** The file is complete: creates the blob if it does not exist. */
  finish(sizeBytes: number): Promise<PutResult>;
  /** Abandons the upload. The service deletes uncommitted blocks after some days. */
  cancel(): Promise<void>;
}

/** Begins to upload a local file. `room` limits memory and reports progress. */
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
    // All block ids of a blob must have the same length.
    const id = Buffer.from(`${writeId}-${number}`).toString('base64');
    progress.expect(length);
    const sent = room.budget.with(
      length,
      () => true,
      () => sendBlock(id, start, length),
    );
    // The error is thrown when the blocks are committed.
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
        // A small file needs only one request.
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
        // The commit point: a single request, which is atomic.
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

/** Creates a blob with these bytes if it does not exist. */
export async function createOnce(
  target: Source,
  bytes: Uint8Array,
  writeId: string = randomUUID(),
): Promise<PutResult> {
  // The commit point: a single request, which is atomic.
  return await unlessTaken(target, writeId, (attempt) =>
    target.blob.upload(bytes, bytes.length, { ...sending(attempt), ...onlyIfAbsent(writeId) }),
  );
}

/** Request options for an upload: the timeout restarts whenever bytes are sent. */
export function sending(attempt: Try): { abortSignal: AbortSignal; onProgress: () => void } {
  return { abortSignal: attempt.signal, onProgress: () => attempt.alive() };
}

function onlyIfAbsent(writeId: string) {
  return { conditions: { ifNoneMatch: '*' }, metadata: { [WRITE_ID]: writeId } };
}

/**
 * Writes with `send`, which must fail if the blob exists. Then checks whether the existing blob is
 * from this write.
 */
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
      // The response may have been lost, so the blob may be from this write.
      const { metadata } = await blob
        .getProperties({ abortSignal: attempt.signal })
        .catch((missing: unknown) => {
          if (!isBlobMissing(missing)) {
            throw missing;
          }
          // The blob has been deleted since, or the refusal had another reason: try again.
          throw Object.assign(new Error('taken and gone'), { code: nameOfFailure(error) });
        });
      return { kind: metadata?.[WRITE_ID] === writeId ? 'created' : 'exists' };
    }
  });
}

/** Whether a conditional write failed because the blob exists. */
function isTaken(error: unknown): boolean {
  const name = nameOfFailure(error);
  return (
    name === 'BlobAlreadyExists' ||
    name === 'PathAlreadyExists' ||
    name === 'InvalidBlockList' ||
    statusOf(error) === 412
  );
}

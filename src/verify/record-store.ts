/**
 * Records in partitions, kept in memory while they fit and in files when they do not. Within a
 * partition records come back in the order in which they were added.
 */
import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const CHUNK_BYTES = 64 * 1024;

export interface RecordStore {
  readonly partitionCount: number;
  /**
   * Room for a record of up to `byteCount` bytes: the chunk, and where in it to write. The record
   * exists once `commit` has been called with its true size, before the next `reserve`.
   */
  reserve(partition: number, byteCount: number): Chunk;
  commit(chunk: Chunk, byteCount: number): void;
  /**
   * The chunks of a partition, whole records each, with their used length; then the partition is
   * gone. Unless chunks are `kept`, each is only valid until the next one is asked for.
   */
  takeChunks(partition: number, areKept: boolean): Iterable<Chunk>;
}

export interface Chunk {
  bytes: Buffer;
  view: DataView;
  /** Where the next record goes; what lies before it is records. */
  used: number;
}

interface Partition {
  full: Chunk[];
  open: Chunk | undefined;
  file: number | undefined;
}

/** `folder` must exist; `name` tells its files from those of other stores. */
export function newRecordStore(
  folder: string,
  name: string,
  partitionCount: number,
  maxMemoryBytes: number,
): RecordStore {
  const partitions: Partition[] = Array.from({ length: partitionCount }, () => ({
    full: [],
    open: undefined,
    file: undefined,
  }));
  let memoryBytes = 0;
  /** Buffers that were written out; new ones cost page faults and work for the collector. */
  const free: Buffer[] = [];
  const path = (index: number): string => join(folder, `${name}-${index}.records`);

  const spill = (): void => {
    for (const [index, partition] of partitions.entries()) {
      if (partition.full.length === 0) continue;
      partition.file ??= openSync(path(index), 'wx+');
      for (const chunk of partition.full) {
        writeChunk(partition.file, chunk);
        memoryBytes -= chunk.bytes.length;
        if (chunk.bytes.length === CHUNK_BYTES) free.push(chunk.bytes);
      }
      partition.full = [];
    }
  };

  return {
    partitionCount,
    reserve(index, byteCount) {
      const partition = partitions[index]!;
      const { open } = partition;
      if (open !== undefined && open.used + byteCount <= open.bytes.length) return open;
      if (open !== undefined) partition.full.push(open);
      const reused = byteCount <= CHUNK_BYTES ? free.pop() : undefined;
      partition.open = newChunk(reused ?? Buffer.allocUnsafeSlow(Math.max(CHUNK_BYTES, byteCount)));
      memoryBytes += partition.open.bytes.length;
      if (memoryBytes > maxMemoryBytes) spill();
      return partition.open;
    },
    commit(chunk, byteCount) {
      chunk.used += byteCount;
    },
    *takeChunks(index, areKept) {
      const partition = partitions[index]!;
      const { full, open, file } = partition;
      partitions[index] = { full: [], open: undefined, file: undefined };
      // Who takes has mostly finished adding.
      free.length = 0;
      if (file !== undefined) {
        try {
          yield* readChunks(file, areKept);
        } finally {
          closeSync(file);
          rmSync(path(index));
        }
      }
      for (const chunk of open === undefined ? full : [...full, open]) {
        memoryBytes -= chunk.bytes.length;
        yield chunk;
      }
    },
  };
}

function newChunk(bytes: Buffer, used = 0): Chunk {
  return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length), used };
}

function writeChunk(file: number, chunk: Chunk): void {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(chunk.used);
  writeWhole(file, length);
  writeWhole(file, chunk.bytes.subarray(0, chunk.used));
}

function writeWhole(file: number, bytes: Buffer): void {
  for (let start = 0; start < bytes.length; ) start += writeSync(file, bytes, start);
}

function* readChunks(file: number, areKept: boolean): Iterable<Chunk> {
  const length = Buffer.alloc(4);
  let reused = Buffer.alloc(0);
  let position = 0;
  while (readWhole(file, length, position)) {
    const used = length.readUInt32LE();
    if (areKept || reused.length < used) reused = Buffer.allocUnsafeSlow(used);
    readWhole(file, reused.subarray(0, used), position + length.length);
    position += length.length + used;
    yield newChunk(reused, used);
  }
}

/** False at the end of the file. */
function readWhole(file: number, bytes: Buffer, position: number): boolean {
  let done = 0;
  while (done < bytes.length) {
    const count = readSync(file, bytes, done, bytes.length - done, position + done);
    if (count === 0) return false;
    done += count;
  }
  return true;
}

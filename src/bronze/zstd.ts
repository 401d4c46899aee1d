/**
 * Decompresses Zstandard: consecutive frames (RFC 8878). The decoder ignores checksums, so a
 * flipped bit could give other text. Therefore they are verified here.
 */
import { Decompress } from 'fzstd';
import xxhash, { type XXHash, type XXHashAPI } from 'xxhash-wasm';

const MAGIC = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd);
const FRAME_MAGIC = 0xfd2fb528;
/** Sixteen magic numbers of skippable frames, which contain no text. */
const SKIPPED_MAGIC = 0x184d2a5;
const DICTIONARY_ID_BYTES = [0, 1, 2, 4];
const TEXT_SIZE_BYTES = [0, 2, 4, 8];

/** The parts of a frame in order; blocks repeat. */
type Part =
  | 'magic'
  | 'descriptor'
  | 'frame header'
  | 'block header'
  | 'block'
  | 'checksum'
  | 'skipped size'
  | 'skipped';

/** Parts whose bytes are needed; all are short. */
const READ: readonly Part[] = ['magic', 'descriptor', 'block header', 'checksum', 'skipped size'];

interface Frame {
  decoder: Decompress;
  hash: XXHash<bigint>;
  hasChecksum: boolean;
  isLastBlock: boolean;
}

let hashes: Promise<XXHashAPI> | undefined;

/** Loaded once, because Avro has a frame for each block. */
function loadHashes(): Promise<XXHashAPI> {
  hashes ??= xxhash();
  return hashes;
}

/** Bytes that are damaged or truncated; the message says why. */
export class ZstdError extends Error {}

/**
 * The decompressed bytes in order, in bounded memory. Throws a `ZstdError` if they are damaged,
 * after earlier bytes were already returned.
 */
export async function* decompressZstd(bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const frames = openFrames(await loadHashes());
  for await (const chunk of bytes) {
    // Copied, because the decoder keeps views of its input.
    yield* frames.read(new Uint8Array(chunk));
  }
  frames.end();
}

/** The same for a complete buffer. */
export async function decompressZstdBlock(bytes: Buffer): Promise<Buffer> {
  const frames = openFrames(await loadHashes());
  const text = Buffer.concat([...frames.read(new Uint8Array(bytes))]);
  frames.end();
  return text;
}

function openFrames(api: XXHashAPI) {
  let part: Part = 'magic';
  let left = 4;
  let seen: number[] = [];
  let frame: Frame | undefined;
  let ready: Uint8Array[] = [];

  const begin = (next: Part, sizeBytes: number): void => {
    part = next;
    left = sizeBytes;
    seen = [];
  };
  const beginFrame = (): void => {
    const hash = api.create64();
    const decoder = new Decompress((text) => {
      hash.update(text);
      ready.push(text);
    });
    frame = { decoder, hash, hasChecksum: false, isLastBlock: false };
  };
  const push = (bytes: Uint8Array, isLast: boolean): Buffer[] => {
    try {
      frame?.decoder.push(bytes, isLast);
    } catch (error) {
      throw new ZstdError(error instanceof Error ? error.message : String(error), { cause: error });
    }
    const texts = ready.map((text) => Buffer.from(text.buffer, text.byteOffset, text.byteLength));
    ready = [];
    return texts;
  };
  /** Begins the part after the completed one. Returns true at the end of the frame. */
  const goOn = (): boolean => {
    const value = seen.reduceRight((sum, byte) => sum * 256 + byte, 0);
    if (part === 'magic') {
      if (value === FRAME_MAGIC) {
        beginFrame();
        begin('descriptor', 1);
      } else if (Math.floor(value / 16) === SKIPPED_MAGIC) {
        begin('skipped size', 4);
      } else {
        throw new ZstdError('a frame begins with other bytes');
      }
    } else if (part === 'descriptor' && frame !== undefined) {
      const isSingleSegment = (value & 0x20) !== 0;
      frame.hasChecksum = (value & 0x04) !== 0;
      const textSizeBytes = TEXT_SIZE_BYTES[value >> 6] || (isSingleSegment ? 1 : 0);
      const dictionaryBytes = DICTIONARY_ID_BYTES[value & 3] ?? 0;
      begin('frame header', (isSingleSegment ? 0 : 1) + dictionaryBytes + textSizeBytes);
    } else if (part === 'block header' && frame !== undefined) {
      const type = (value >> 1) & 3;
      if (type === 3) {
        throw new ZstdError('a block has an unknown type');
      }
      frame.isLastBlock = (value & 1) !== 0;
      // Type 1 is a block of a single repeated byte.
      begin('block', type === 1 ? 1 : value >> 3);
    } else if (part === 'frame header' || (part === 'block' && frame?.isLastBlock === false)) {
      begin('block header', 3);
    } else if (part === 'block' && frame?.hasChecksum === true) {
      begin('checksum', 4);
    } else if (part === 'skipped size') {
      begin('skipped', value);
    } else {
      return true;
    }
    return false;
  };
  return {
    *read(chunk: Uint8Array): Generator<Buffer> {
      let from = 0;
      let at = 0;
      // A part can be empty.
      while (at < chunk.length || left === 0) {
        const taken = Math.min(left, chunk.length - at);
        if (READ.includes(part)) {
          seen.push(...chunk.subarray(at, at + taken));
        }
        at += taken;
        left -= taken;
        if (left > 0) {
          continue;
        }
        // Push block by block: a block gives at most 128 KB of text, but a chunk of many blocks
        // could give a gigabyte.
        const isMagic = part === 'magic';
        const isLast = goOn();
        // The first bytes of a frame may have been in the previous chunk, so the magic number is
        // passed separately.
        yield* push(isMagic ? MAGIC : chunk.subarray(from, at), isLast);
        from = at;
        if (isLast) {
          if (part === 'checksum' && frame !== undefined) {
            compareChecksum(seen, frame.hash);
          }
          frame = undefined;
          begin('magic', 4);
        }
      }
      yield* push(chunk.subarray(from), false);
    },
    end(): void {
      if (part !== 'magic' || seen.length > 0) {
        throw new ZstdError('it does not end');
      }
    },
  };
}

/** Compares with the last four bytes of the text's hash, lowest first. */
function compareChecksum(sent: readonly number[], hash: XXHash<bigint>): void {
  const computed = Buffer.alloc(8);
  computed.writeBigUInt64LE(hash.digest());
  if (!computed.subarray(0, 4).equals(Buffer.from(sent))) {
    throw new ZstdError('a checksum is wrong');
  }
}

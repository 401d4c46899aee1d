/** Finds a text among a few known ones by its bytes, without creating a string. */
export interface KnownNames {
  /** The index of the name in the bytes; -1: none of them. */
  find(bytes: Uint8Array, start: number, end: number): number;
}

export function knownNames(names: readonly string[]): KnownNames {
  const known = names.map((name) => Buffer.from(name));
  /** By length and first byte, which few names share. */
  const candidates = new Map<number, number[]>();
  for (const [index, name] of known.entries()) {
    const key = keyOf(name.length, name[0] ?? 0);
    candidates.set(key, [...(candidates.get(key) ?? []), index]);
  }
  return {
    find(bytes, start, end) {
      const found = candidates.get(keyOf(end - start, bytes[start] ?? 0));
      if (found === undefined) {
        return -1;
      }
      for (const index of found) {
        const name = known[index];
        if (name !== undefined && isAt(name, bytes, start)) {
          return index;
        }
      }
      return -1;
    },
  };
}

function keyOf(length: number, firstByte: number): number {
  return length === 0 ? 0 : length * 256 + firstByte;
}

function isAt(name: Uint8Array, bytes: Uint8Array, start: number): boolean {
  for (let index = 0; index < name.length; index += 1) {
    if (bytes[start + index] !== name[index]) {
      return false;
    }
  }
  return true;
}

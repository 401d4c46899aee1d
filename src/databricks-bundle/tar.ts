/** A tar archive (POSIX.1-2001) whose bytes depend on its files' names and contents alone. */

export interface ArchivedFile {
  /** With `/`. */
  path: string;
  read(): Promise<Uint8Array>;
}

const BLOCK = 512;
/** The instant that npm gives to the files of a package: 1985-10-26. */
const MODIFIED_SECONDS = 499_162_500;

export async function* tarArchive(files: readonly ArchivedFile[]): AsyncGenerator<Uint8Array> {
  for (const { path, read } of files) {
    const content = await read();
    if (Buffer.byteLength(path) > 100) {
      const record = longPath(path);
      yield header('paxheader', record.length, 'x');
      yield padded(record);
    }
    yield header(path, content.length, '0');
    yield content;
    yield new Uint8Array(-content.length & (BLOCK - 1));
  }
  yield new Uint8Array(2 * BLOCK);
}

/** `<length> path=<path>\n`, where the length counts its own digits. */
function longPath(path: string): Buffer {
  const rest = Buffer.byteLength(` path=${path}\n`);
  let length = rest;
  while (length !== rest + String(length).length) {
    length = rest + String(length).length;
  }
  return Buffer.from(`${length} path=${path}\n`);
}

function padded(bytes: Uint8Array): Buffer {
  return Buffer.concat([bytes, new Uint8Array(-bytes.length & (BLOCK - 1))]);
}

function header(path: string, size: number, type: '0' | 'x'): Buffer {
  const block = Buffer.alloc(BLOCK);
  block.write(path, 0, 100);
  const octal = (value: number, at: number, width: number) =>
    block.write(`${value.toString(8).padStart(width - 1, '0')}\0`, at);
  octal(0o644, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(size, 124, 12);
  octal(MODIFIED_SECONDS, 136, 12);
  block.fill(' ', 148, 156);
  block.write(type, 156);
  block.write('ustar\x0000', 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

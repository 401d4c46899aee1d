/** Compiles src/bronze/assembly to WebAssembly, as a module of text that can be imported anywhere. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const CHARACTERS_PER_LINE = 90;

export function renderLineReaderModule(root: URL): string {
  const folder = mkdtempSync(join(tmpdir(), 'clicklake-'));
  try {
    const path = join(folder, 'line-reader.wasm');
    const compiler = createRequire(import.meta.url).resolve('assemblyscript/package.json');
    execFileSync(
      process.execPath,
      [
        join(dirname(compiler), 'bin', 'asc.js'),
        ...['line-reader.ts', '-o', path, '-O3', '--noAssert', '--runtime', 'stub'],
        ...['--enable', 'simd', '--use', 'abort='],
      ],
      { cwd: fileURLToPath(new URL('src/bronze/assembly', root)), stdio: ['ignore', 2, 2] },
    );
    const text = readFileSync(path).toString('base64');
    const lines = text.match(new RegExp(`.{1,${CHARACTERS_PER_LINE}}`, 'g')) ?? [];
    return `// Made of src/bronze/assembly by \`npm run generate\`.\nexport const LINE_READER =\n${lines
      .map((line) => `  '${line}'`)
      .join(' +\n')};\n`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

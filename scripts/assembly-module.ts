/** Compiles AssemblyScript to WebAssembly, as a module of text that can be imported anywhere. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const CHARACTERS_PER_LINE = 90;

/** The module exports the compiled file `entry` of `folder` in base64, by the name of `constant`. */
export function renderAssemblyModule(
  root: URL,
  folder: string,
  entry: string,
  constant: string,
): string {
  const workFolder = mkdtempSync(join(tmpdir(), 'clicklake-'));
  try {
    const path = join(workFolder, 'compiled.wasm');
    const compiler = createRequire(import.meta.url).resolve('assemblyscript/package.json');
    execFileSync(
      process.execPath,
      [
        join(dirname(compiler), 'bin', 'asc.js'),
        ...[entry, '-o', path, '-O3', '--noAssert', '--runtime', 'stub'],
        ...['--enable', 'simd', '--use', 'abort='],
      ],
      { cwd: fileURLToPath(new URL(folder, root)), stdio: ['ignore', 2, 2] },
    );
    const text = readFileSync(path).toString('base64');
    const lines = text.match(new RegExp(`.{1,${CHARACTERS_PER_LINE}}`, 'g')) ?? [];
    return `// Made of ${folder} by \`npm run generate\`.\nexport const ${constant} =\n${lines
      .map((line) => `  '${line}'`)
      .join(' +\n')};\n`;
  } finally {
    rmSync(workFolder, { recursive: true, force: true });
  }
}

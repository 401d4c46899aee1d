/**
 * Writes the generated files (`npm run generate`), or with `--check` fails when one is not what its
 * sources say.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import process from 'node:process';
import { renderGeneratedFiles } from './generated-files.ts';

const root = new URL('../', import.meta.url);
const isCheck = process.argv.includes('--check');
let staleCount = 0;

for (const { path, text } of await renderGeneratedFiles(root)) {
  const address = new URL(path, root);
  const current = await readFile(address, 'utf8').catch(() => undefined);
  if (current === text) {
    continue;
  }
  staleCount += 1;
  if (isCheck) {
    console.error(`${path} is not current`);
  } else {
    await mkdir(new URL('./', address), { recursive: true });
    await writeFile(address, text);
    console.log(`wrote ${path}`);
  }
}

if (isCheck && staleCount > 0) {
  console.error('run `npm run generate` and commit the result');
  process.exitCode = 1;
}

/**
 * The least that landing files takes: copy them and compute their SHA-256. To compare `ingest` with.
 *
 *   land.js <input folder> <output folder>
 */
import { createHash } from 'node:crypto';
import { createReadStream, mkdirSync, readdirSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';

const [input = '', output = ''] = process.argv.slice(2);
mkdirSync(output, { recursive: true });
for (const name of readdirSync(input)) {
  const hash = createHash('sha256');
  const copy = await open(join(output, name), 'wx');
  for await (const chunk of createReadStream(join(input, name), { highWaterMark: 1024 * 1024 })) {
    hash.update(chunk);
    await copy.writeFile(chunk);
  }
  await copy.close();
  console.log(`${hash.digest('hex')}  ${name}`);
}

import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { renderGeneratedFiles } from '../../scripts/generated-files.ts';

const ROOT = new URL('../../', import.meta.url);

describe('generated files', async () => {
  const files = await renderGeneratedFiles(ROOT);
  it.each(files)('$path is what its sources say (npm run generate)', async ({ path, text }) => {
    expect(await readFile(new URL(path, ROOT), 'utf8')).toBe(text);
  });
});

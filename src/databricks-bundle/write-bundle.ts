import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ClicklakeError } from '../errors.ts';
import { fileError } from '../storage/file-errors.ts';
import { makeFolders } from '../storage/make-folders.ts';
import type { BundleFile } from './bundle-files.ts';

/** Throws `usage`, and writes nothing, when one of the files is there and may not be overwritten. */
export async function writeBundle(
  folder: string,
  files: readonly BundleFile[],
  { isForced }: { isForced: boolean },
): Promise<void> {
  const present = files.find(({ path }) => existsSync(join(folder, path)));
  if (present !== undefined && !isForced) {
    throw new ClicklakeError(
      'usage',
      `${join(folder, present.path)} is there already, and nothing was written`,
      { hint: 'give another folder, or overwrite the files with --force' },
    );
  }
  for (const { path, content } of files) {
    const file = join(folder, path);
    try {
      await makeFolders(dirname(file));
      await writeFile(file, content);
    } catch (error) {
      throw fileError('write', file, error);
    }
  }
}

import type { Adoption, Storage } from './storage.ts';

/** `beginAdoption` for a storage that gains nothing from starting early. */
export function adoptAtTheEnd(
  storage: Pick<Storage, 'adopt'>,
  localPath: string,
  path: string,
): Adoption {
  return {
    syncsFile: true,
    advance() {},
    finish: (fixed) => storage.adopt(localPath, path, fixed),
    async cancel() {},
  };
}

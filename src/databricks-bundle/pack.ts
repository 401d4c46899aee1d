/** The running package as npm would pack it, without npm: from a checkout or as it was installed. */
import { existsSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { pipeline } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { createGzip } from 'node:zlib';
import { ClicklakeError } from '../errors.ts';
import { installedDependencies } from './installed-dependencies.ts';
import { type ArchivedFile, tarArchive } from './tar.ts';

export interface PackedPackage {
  /** Whether everything that the package needs on Linux (x64) is inside: it installs offline. */
  isWhole: boolean;
  /** A `.tgz` file. */
  bytes: AsyncIterable<Uint8Array>;
}

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** What a package needs no more when it runs. */
const UNUSED = /\.(?:map|[cm]?ts)$/;

/** Throws `usage` in a checkout that is not built. */
export async function packPackage({
  withDependencies,
}: {
  withDependencies: boolean;
}): Promise<PackedPackage> {
  const files = new Map((await ownFiles(ROOT)).map((path) => [path, join(ROOT, path)]));
  const dependencies = withDependencies ? await installedDependencies(ROOT) : undefined;
  for (const [place, folder] of dependencies ?? []) {
    for (const path of await filesBelow(folder)) {
      const isNested = path.startsWith(`node_modules${sep}`);
      if (!isNested && !UNUSED.test(path)) {
        files.set(join(place, path), join(folder, path));
      }
    }
  }
  const isWhole = dependencies !== undefined;
  const archived = [...files]
    .map(([path, source]): ArchivedFile => {
      const isManifest = path === 'package.json' && isWhole;
      return {
        path: `package/${path.replaceAll(sep, '/')}`,
        read: () => (isManifest ? manifestWithBundle(source) : readFile(source)),
      };
    })
    .sort((a, b) => (a.path < b.path ? -1 : 1));
  // A failure destroys the last stream, so that its reader sees it.
  return { isWhole, bytes: pipeline(tarArchive(archived), createGzip(), () => {}) };
}

/** What `files` in package.json lists, and what npm adds to it. */
async function ownFiles(root: string): Promise<string[]> {
  const { files, bin } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
    files: string[];
    bin: { clicklake: string };
  };
  if (!existsSync(join(root, bin.clicklake))) {
    throw new ClicklakeError('usage', `${join(root, bin.clicklake)} is missing`, {
      hint: 'build the checkout first: npm run build',
    });
  }
  const without = files.filter((entry) => entry.startsWith('!')).map((entry) => entry.slice(1));
  const found: string[] = ['package.json', 'README.md', 'LICENSE'];
  for (const entry of files.filter((listed) => !listed.startsWith('!'))) {
    const isFolder = (await stat(join(root, entry))).isDirectory();
    found.push(...(isFolder ? await filesBelow(root, entry) : [entry]));
  }
  return found.filter((path) => !without.some((folder) => path.startsWith(join(folder, sep))));
}

/** Relative to `root`. */
async function filesBelow(root: string, folder = ''): Promise<string[]> {
  const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(join(root, sep).length));
}

/** npm then takes the packages that are inside, and asks no registry for them. */
async function manifestWithBundle(file: string): Promise<Uint8Array> {
  const manifest = JSON.parse(await readFile(file, 'utf8'));
  const bundleDependencies = Object.keys(manifest.dependencies);
  return Buffer.from(`${JSON.stringify({ ...manifest, bundleDependencies }, undefined, 2)}\n`);
}

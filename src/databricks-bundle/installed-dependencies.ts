/** The installed packages that a package needs on another machine, laid out as npm would. */
import { existsSync, realpathSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

interface Manifest {
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
  os?: string[];
  cpu?: string[];
}

/** The clusters of Databricks in Azure: the driver, with the C library that DuckDB is linked to. */
const TARGET = { os: 'linux', cpu: 'x64', native: '@duckdb/node-bindings-linux-x64' };

/**
 * From the place of each package below the root (`node_modules/a/node_modules/b`) to its folder on
 * this machine, those for development left out. undefined when one is missing, or the native part
 * of DuckDB for Linux on x64: another machine would have to fetch it.
 */
export async function installedDependencies(
  root: string,
): Promise<Map<string, string> | undefined> {
  const placed = new Map<string, string>();
  // Breadth first: what a package needs is placed before anything looks it up from below.
  const open = [{ place: '', folder: realpathSync(root) }];
  for (const { place, folder } of open) {
    const manifest = await readManifest(folder);
    const optional = manifest.optionalDependencies ?? {};
    for (const name of Object.keys({ ...manifest.dependencies, ...optional })) {
      const found = findInstalled(name, folder);
      if (found === undefined || !(await isForTarget(found))) {
        if (name in optional) {
          continue;
        }
        return undefined;
      }
      const visible = findPlaced(placed, place, name);
      if (visible !== found) {
        // At the top, where all share it, unless that is another version's place.
        const target = join(visible === undefined ? '' : place, 'node_modules', name);
        placed.set(target, found);
        open.push({ place: target, folder: found });
      }
    }
  }
  const names = [...placed.keys()];
  return names.some((name) => name.endsWith(join('node_modules', TARGET.native)))
    ? placed
    : undefined;
}

/** As Node.js looks a package up: from the folder that needs it, upwards. */
function findInstalled(name: string, folder: string): string | undefined {
  for (let at = folder; ; at = dirname(at)) {
    const candidate = join(at, 'node_modules', name);
    if (basename(at) !== 'node_modules' && existsSync(join(candidate, 'package.json'))) {
      return realpathSync(candidate);
    }
    if (at === dirname(at)) {
      return undefined;
    }
  }
}

function findPlaced(
  placed: ReadonlyMap<string, string>,
  place: string,
  name: string,
): string | undefined {
  for (let at = place; ; at = dirname(at)) {
    const found = placed.get(join(at, 'node_modules', name));
    if (found !== undefined || at === '.' || at === '') {
      return found;
    }
  }
}

async function isForTarget(folder: string): Promise<boolean> {
  const { os, cpu } = await readManifest(folder);
  return (os?.includes(TARGET.os) ?? true) && (cpu?.includes(TARGET.cpu) ?? true);
}

async function readManifest(folder: string): Promise<Manifest> {
  return JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
}

import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';

const MAIN = new URL('../../src/main.ts', import.meta.url);

/** Packages that a module brings along before anything runs, found by following its imports. */
async function listStaticPackages(module: URL, seen = new Set<string>()): Promise<Set<string>> {
  const packages = new Set<string>();
  if (seen.has(module.href)) {
    return packages;
  }
  seen.add(module.href);
  const source = await readFile(module, 'utf8');
  const statements = source.matchAll(/^(?:import|export)\s(?!type\b)[^;]*?from '([^']+)';/gm);
  for (const [statement, address] of statements) {
    const isTypesOnly = /^import \{(?:\s*type\s[^,}]+,?)+\s*\}/.test(statement);
    if (isTypesOnly) {
      continue;
    }
    if (!address!.startsWith('.')) {
      packages.add(address!);
    } else {
      const inner = await listStaticPackages(new URL(address!, module), seen);
      for (const name of inner) {
        packages.add(name);
      }
    }
  }
  return packages;
}

describe('the start of the command', () => {
  it('loads nothing heavy: everything but the parser of the command line waits until it is used', async () => {
    const packages = [...(await listStaticPackages(MAIN))];
    expect(packages).toContain('node:process');
    expect(packages.filter((name) => !name.startsWith('node:'))).toEqual(['commander']);
  });
});

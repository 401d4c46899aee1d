/** Reads and checks `clicklake.yaml`. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Document, isMap, isPair, isScalar, type Node, visit } from 'yaml';
import { ClicklakeError } from '../errors.ts';
import { parseYaml } from '../mapping/yaml-document.ts';
import { CONFIG_FILE_NAME } from './defaults.ts';
import type { ConfigFile } from './schema.ts';
import { showPath } from './show-path.ts';
import { systemReason } from './system-reason.ts';
import { type Locate, validateConfig } from './validate.ts';

export interface LoadedConfigFile {
  /** Absolute path of the file. Relative paths in the file are resolved against its folder. */
  path: string;
  values: ConfigFile;
  /** Gives the place of a value in the file. */
  locate: Locate;
}

/**
 * Reads the requested file, else the one in the working folder; undefined if there is none. Throws
 * `config_invalid` if the requested file is missing, or the file is unreadable or invalid.
 */
export async function loadConfigFile(
  cwd: string,
  askedFor: string | undefined,
): Promise<LoadedConfigFile | undefined> {
  const path = resolve(cwd, askedFor ?? CONFIG_FILE_NAME);
  const shownPath = showPath(path, cwd);
  const text = await readConfigText(path, shownPath, askedFor === undefined);
  return text === undefined ? undefined : { path, ...parseConfig(text, shownPath) };
}

/** Parses and checks the text of a configuration file. `shownPath` names the file in messages. */
function parseConfig(text: string, shownPath: string): Omit<LoadedConfigFile, 'path'> {
  const { document, placeOf } = parseYaml(text, shownPath);
  removeEmptyValues(document.contents);
  requireAnchors(document, placeOf);
  const locate: Locate = (path, part) => placeOf(findOffset(document.contents, path, part));
  return { values: validateConfig(document.toJS() ?? {}, locate), locate };
}

async function readConfigText(
  path: string,
  shownPath: string,
  mayBeMissing: boolean,
): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' && mayBeMissing) {
      return undefined;
    }
    if (code === 'ENOENT') {
      throw new ClicklakeError('config_invalid', `there is no configuration file ${shownPath}`, {
        hint: 'clicklake init writes one',
        cause,
      });
    }
    throw new ClicklakeError(
      'config_invalid',
      `cannot read the configuration file ${shownPath}: ${systemReason(cause)}`,
      {
        hint: 'give the path of a readable YAML file with --config',
        cause,
      },
    );
  }
}

/**
 * A key without a value, for example a section whose keys are all commented out, counts as not set.
 */
function removeEmptyValues(contents: Node | null): void {
  if (contents === null) {
    return;
  }
  visit(contents, {
    Pair(_key, pair) {
      if (pair.value === null || (isScalar(pair.value) && pair.value.value === null)) {
        return visit.REMOVE;
      }
      return undefined;
    },
  });
}

/** Throws if an alias has no anchor above it. */
function requireAnchors(document: Document.Parsed, placeOf: (offset: number) => string): void {
  visit(document, {
    Alias(_key, alias) {
      if (alias.resolve(document) === undefined) {
        throw new ClicklakeError(
          'config_invalid',
          `${placeOf(alias.range?.[0] ?? 0)}: *${alias.source} is an alias without an anchor above it`,
          { hint: `define the anchor &${alias.source} above it, or quote the value if it is text` },
        );
      }
    },
  });
}

/** The offset of the key or value at `path`, or of the nearest existing parent. */
function findOffset(
  root: Node | null,
  path: readonly PropertyKey[],
  part: 'key' | 'value',
): number {
  let node: unknown = root;
  let offset = root?.range?.[0] ?? 0;
  for (const [depth, key] of path.entries()) {
    const next = childOf(node, key);
    if (next === undefined) {
      return offset;
    }
    const wanted = part === 'key' && depth === path.length - 1 ? next.key : next.value;
    offset = (wanted as Node | undefined)?.range?.[0] ?? offset;
    node = next.value;
  }
  return offset;
}

function childOf(node: unknown, key: PropertyKey): { key: unknown; value: unknown } | undefined {
  if (isMap(node)) {
    const pair = node.items.find(
      (item) => isPair(item) && isScalar(item.key) && String(item.key.value) === key,
    );
    return pair === undefined ? undefined : { key: pair.key, value: pair.value };
  }
  const item = (node as { items?: unknown[] } | undefined)?.items?.[Number(key)];
  return item === undefined ? undefined : { key: item, value: item };
}

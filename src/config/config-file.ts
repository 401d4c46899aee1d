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
  /** Absolute path of the file; relative paths in it count from its folder. */
  path: string;
  values: ConfigFile;
  /** Where a value stands in the file. */
  locate: Locate;
}

/**
 * The requested file, or the one in the working folder, or undefined if there is none.
 * Throws `config_invalid` when the requested file is missing, or any file is unreadable or wrong.
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

/** The values of a configuration file's text. `shownPath` names the file in messages. */
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

/** `key:` with nothing behind it, such as a section whose keys are all commented out, is not set. */
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

/** Every alias must stand for a value above it. */
function requireAnchors(document: Document.Parsed, placeOf: (offset: number) => string): void {
  visit(document, {
    Alias(_key, alias) {
      if (alias.resolve(document) === undefined) {
        throw new ClicklakeError(
          'config_invalid',
          `${placeOf(alias.range?.[0] ?? 0)}: *${alias.source} stands for no value above it`,
          { hint: `put &${alias.source} before a value above, or put a text in quotes` },
        );
      }
    },
  });
}

/** Where the key or the value at `path` starts in the text; the nearest parent that is there. */
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

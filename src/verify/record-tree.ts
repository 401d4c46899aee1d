/** Parses a record to a tree that keeps how scalars were written, and looks up paths in it. */
import type { Path } from '../mapping/path.ts';

export type Tree =
  | { kind: 'text'; text: string }
  | { kind: 'number'; text: string }
  | { kind: 'null' }
  | { kind: 'object'; members: Map<string, Tree> }
  | { kind: 'array'; elements: Tree[] };

/**
 * The tokens of the text: braces, brackets and scalars. (A regular expression would need a stack as
 * deep as the text is long.)
 */
function* tokensOf(json: string): Generator<string> {
  const between = /[\s:,]*/y;
  const scalar = /[^\s:,{}[\]"]+/y;
  let at = 0;
  const skip = (pattern: RegExp): void => {
    pattern.lastIndex = at;
    pattern.test(json);
    at = pattern.lastIndex;
  };
  for (skip(between); at < json.length; skip(between)) {
    const start = at;
    if (json[at] === '"') {
      at = endOfText(json, at);
    } else if ('{}[]'.includes(json.charAt(at))) {
      at += 1;
    } else {
      skip(scalar);
    }
    yield json.slice(start, at);
  }
}

/**
 * The position after the closing quote of a string: a quote after an even number of backslashes.
 */
function endOfText(json: string, start: number): number {
  for (let end = json.indexOf('"', start + 1); end > 0; end = json.indexOf('"', end + 1)) {
    let first = end;
    while (json[first - 1] === '\\') {
      first -= 1;
    }
    if ((end - first) % 2 === 0) {
      return end + 1;
    }
  }
  return json.length;
}

/** An incomplete container and, for an object, the key of the next value. */
interface OpenContainer {
  tree: Extract<Tree, { kind: 'object' | 'array' }>;
  key: string | undefined;
}

/**
 * The tree of a text that is known to be JSON. Texts in `missing` become nothing. Not recursive,
 * because records may be nested deeper than the stack allows.
 */
export function parseTree(json: string, missing: ReadonlySet<string> = new Set()): Tree {
  const open: OpenContainer[] = [];
  let root: Tree = { kind: 'null' };
  for (const token of tokensOf(json)) {
    const parent = open.at(-1);
    if (token === '}' || token === ']') {
      open.pop();
    } else if (parent?.tree.kind === 'object' && parent.key === undefined) {
      parent.key = JSON.parse(token) as string;
    } else {
      const tree = treeOf(token, missing);
      if (parent === undefined) {
        root = tree;
      } else {
        place(parent, tree);
      }
      if (tree.kind === 'object' || tree.kind === 'array') {
        open.push({ tree, key: undefined });
      }
    }
  }
  return root;
}

function place(parent: OpenContainer, tree: Tree): void {
  if (parent.tree.kind === 'array') {
    parent.tree.elements.push(tree);
    return;
  }
  const { members } = parent.tree;
  const key = parent.key ?? '';
  // Of repeated keys the first counts.
  members.set(key, members.get(key) ?? tree);
  parent.key = undefined;
}

/** For a container: an empty one, to be filled. */
function treeOf(token: string, missing: ReadonlySet<string>): Tree {
  if (token === '{') {
    return { kind: 'object', members: new Map() };
  }
  if (token === '[') {
    return { kind: 'array', elements: [] };
  }
  if (token === 'null') {
    return { kind: 'null' };
  }
  if (token.startsWith('"')) {
    const text = JSON.parse(token) as string;
    return missing.has(text) ? { kind: 'null' } : { kind: 'text', text };
  }
  return { kind: /^[-\d]/.test(token) ? 'number' : 'text', text: token };
}

/** The value at a path; undefined: the record has none. */
export function find(tree: Tree, path: Path): Tree | undefined {
  let found: Tree | undefined = tree;
  for (const step of path) {
    if (step.kind === 'key') {
      found = found?.kind === 'object' ? found.members.get(step.key) : undefined;
    } else if (step.kind === 'index') {
      found = found?.kind === 'array' ? found.elements[step.index] : undefined;
    } else if (step.kind === 'match') {
      const elements: Tree[] = found?.kind === 'array' ? found.elements : [];
      found = elements.find((element) => {
        const member = element.kind === 'object' ? element.members.get(step.key) : undefined;
        return member !== undefined && 'text' in member && member.text === step.text;
      });
    }
  }
  return found;
}

/** The value of the first path that is not missing. */
export function findFirst(tree: Tree, paths: readonly Path[]): Tree | undefined {
  return paths.map((path) => find(tree, path)).find((found) => !isMissing(found));
}

/** Whether a value counts as missing: absent, null or blank text. */
export function isMissing(tree: Tree | undefined): boolean {
  return (
    tree === undefined || tree.kind === 'null' || ('text' in tree && /^[\t-\r ]*$/.test(tree.text))
  );
}

/** A record as a tree that keeps how scalars were written, and what a path finds in it. */
import type { Path } from '../mapping/path.ts';

export type Tree =
  | { kind: 'text'; text: string }
  | { kind: 'number'; text: string }
  | { kind: 'null' }
  | { kind: 'object'; members: Map<string, Tree> }
  | { kind: 'array'; elements: Tree[] };

/** The tree of a text that is known to be JSON; texts that are `missing` are nothing. */
export function parseTree(json: string, missing: ReadonlySet<string> = new Set()): Tree {
  let at = 0;
  const tokens = /[\s:,]*("(?:[^"\\]|\\.)*"|[{}[\]]|[^\s:,{}[\]"]+)/g;
  const next = (): string => {
    tokens.lastIndex = at;
    const token = tokens.exec(json)?.[1] ?? '';
    at = tokens.lastIndex;
    return token;
  };
  const value = (token: string): Tree => {
    if (token === '{') {
      const members = new Map<string, Tree>();
      for (let key = next(); key !== '}'; key = next()) {
        const member = value(next());
        const name = JSON.parse(key) as string;
        // Of a repeated key the first counts.
        members.set(name, members.get(name) ?? member);
      }
      return { kind: 'object', members };
    }
    if (token === '[') {
      const elements: Tree[] = [];
      for (let element = next(); element !== ']'; element = next()) {
        elements.push(value(element));
      }
      return { kind: 'array', elements };
    }
    if (token === 'null') {
      return { kind: 'null' };
    }
    if (token.startsWith('"')) {
      const text = JSON.parse(token) as string;
      return missing.has(text) ? { kind: 'null' } : { kind: 'text', text };
    }
    return { kind: /^[-\d]/.test(token) ? 'number' : 'text', text: token };
  };
  return value(next());
}

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

/** The first of the paths whose value is not missing. */
export function findFirst(tree: Tree, paths: readonly Path[]): Tree | undefined {
  return paths.map((path) => find(tree, path)).find((found) => !isMissing(found));
}

export function isMissing(tree: Tree | undefined): boolean {
  return (
    tree === undefined || tree.kind === 'null' || ('text' in tree && /^[\t-\r ]*$/.test(tree.text))
  );
}

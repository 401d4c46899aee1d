/**
 * What a TMDL file says, apart from how it is written. Power BI Desktop writes a model's files again when it
 * saves them, so that bytes do not tell whether a person has changed anything.
 */
import { sortKeys } from './sort-keys.ts';

/** An object, or a property, which is one without a name that has a value. */
interface Node {
  /** `measure`, `ref table` or the name of a property, in lower case. */
  kind: string;
  name?: string;
  description?: string;
  /** A property's value, or the expression behind `=`. */
  value?: string;
  children: Node[];
}

interface Line {
  /** Characters of white space at its beginning. */
  indent: number;
  text: string;
}

const NAME = String.raw`'(?:[^']|'')*'|[^\s=:']+`;
const PROPERTY = /^(\w+)\s*:\s*(.*)$/;
const OBJECT = new RegExp(String.raw`^((?:ref\s+)?\w+)(?:\s+(${NAME}))?\s*(?:=\s*(.*))?$`);
const FENCE = '```';

/**
 * A text that is the same for two files that say the same: without regard to quotes that names need not
 * have, white space, the order of properties and objects, and what Desktop notes for itself. Undefined:
 * this is not TMDL.
 */
export function tmdlMeaning(text: string): string | undefined {
  const lines = text.split(/\r?\n/).map(toLine);
  const nodes = readNodes(lines, -1);
  return nodes === undefined || lines.length > 0 ? undefined : JSON.stringify(canonical(nodes));
}

function toLine(raw: string): Line {
  const text = raw.trim();
  return { indent: text === '' ? 0 : raw.length - raw.trimStart().length, text };
}

/** Takes the lines that are deeper than `parentIndent`. */
function readNodes(lines: Line[], parentIndent: number): Node[] | undefined {
  const nodes: Node[] = [];
  let description: string[] = [];
  for (let line = lines[0]; line !== undefined; line = lines[0]) {
    if (line.text !== '' && line.indent <= parentIndent) {
      break;
    }
    lines.shift();
    if (line.text === '') {
      continue;
    }
    if (line.text.startsWith('///')) {
      description.push(line.text.slice(3).trim());
      continue;
    }
    const node = readNode(line, lines);
    if (node === undefined) {
      return undefined;
    }
    if (description.length > 0) {
      node.description = description.join('\n');
    }
    description = [];
    nodes.push(node);
  }
  return description.length > 0 ? undefined : nodes;
}

function readNode(line: Line, lines: Line[]): Node | undefined {
  const [, property, value] = PROPERTY.exec(line.text) ?? [];
  if (property !== undefined && value !== undefined) {
    return { kind: property.toLowerCase(), value: propertyValue(property, value), children: [] };
  }
  const [, kind, name, expression] = OBJECT.exec(line.text) ?? [];
  if (kind === undefined) {
    return undefined;
  }
  const node: Node = { kind: kind.replace(/\s+/, ' ').toLowerCase(), children: [] };
  if (name !== undefined) {
    node.name = unquote(name);
  }
  if (expression !== undefined) {
    node.value = readExpression(expression, line, lines);
  }
  const children = readNodes(lines, line.indent);
  if (children === undefined) {
    return undefined;
  }
  node.children = children;
  return node;
}

/** Behind `=` on the same line, or the lines below it that are as deep as the first of them. */
function readExpression(sameLine: string, owner: Line, lines: Line[]): string {
  if (sameLine === FENCE) {
    const end = lines.findIndex(({ text }) => text === FENCE);
    return expressionText(lines.splice(0, end === -1 ? lines.length : end + 1).slice(0, -1));
  }
  if (sameLine !== '') {
    return expressionText([{ indent: 0, text: sameLine }]);
  }
  const depth = lines.find(({ text }) => text !== '')?.indent ?? 0;
  if (depth <= owner.indent) {
    return '';
  }
  const end = lines.findIndex(({ text, indent }) => text !== '' && indent < depth);
  return expressionText(lines.splice(0, end === -1 ? lines.length : end));
}

function expressionText(lines: readonly Line[]): string {
  const depth = Math.min(...lines.filter(({ text }) => text !== '').map(({ indent }) => indent));
  const text = lines
    .map((line) => (line.text === '' ? '' : ' '.repeat(line.indent - depth) + line.text))
    .join('\n')
    .replace(/^\n+|\n+$/g, '');
  return jsonMeaning(text) ?? text;
}

function jsonMeaning(text: string): string | undefined {
  if (!/^[[{]/.test(text)) {
    return undefined;
  }
  try {
    return JSON.stringify(sortKeys(JSON.parse(text)));
  } catch {
    return undefined;
  }
}

function propertyValue(property: string, value: string): string {
  if (/(?<!source)(?:column|hierarchy)$/i.test(property)) {
    const parts = value.match(/'(?:[^']|'')*'|[^.']+/g) ?? [];
    return JSON.stringify(parts.map(unquote));
  }
  return /^"(?:[^"]|"")*"$/.test(value) ? value.slice(1, -1).replaceAll('""', '"') : value;
}

function unquote(name: string): string {
  return name.startsWith("'") ? name.slice(1, -1).replaceAll("''", "'") : name;
}

/** Levels of a hierarchy have an order; other objects and properties have none. */
function canonical(nodes: readonly Node[]): string[] {
  return nodes
    .filter((node) => !isNoteOfDesktop(node))
    .map((node, index) =>
      JSON.stringify([
        node.kind,
        node.name,
        node.description,
        // `isHidden` alone is `isHidden: true`.
        node.name === undefined && node.value === 'true' ? undefined : node.value,
        node.kind === 'level' ? index : undefined,
        canonical(node.children),
      ]),
    )
    .sort();
}

/** Desktop's version, how its editor shows a query or format, and what it has inferred. */
function isNoteOfDesktop({ kind, name }: Node): boolean {
  return (
    kind === 'changedproperty' || (kind === 'annotation' && /^PBI(?!_QueryOrder$)/.test(name ?? ''))
  );
}

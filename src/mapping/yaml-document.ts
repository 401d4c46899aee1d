/** Parses a YAML file, and reports problems with line and column. */
import {
  type Document,
  isPair,
  isScalar,
  LineCounter,
  type Node,
  parseDocument,
  visit,
  type YAMLError,
} from 'yaml';
import { ClicklakeError } from '../errors.ts';

export interface YamlText {
  document: Document.Parsed;
  /** `file:line:column` for an offset in the text. */
  placeOf(offset: number): string;
}

/**
 * `name`: the file's name for messages. Throws `config_invalid` if the text is not exactly one YAML
 * document.
 */
export function parseYaml(text: string, name: string): YamlText {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false });
  const placeOf = (offset: number): string => {
    const { line, col } = lineCounter.linePos(offset);
    return `${name}:${line}:${col}`;
  };
  const [error] = document.errors;
  if (error !== undefined) {
    const lineOf = (offset: number): number => lineCounter.linePos(offset).line;
    const { message, hint } = explain(error, document.contents, lineOf);
    throw new ClicklakeError('config_invalid', `${placeOf(error.pos[0])}: ${message}`, { hint });
  }
  return { document, placeOf };
}

function explain(
  error: YAMLError,
  contents: Node | null,
  lineOf: (offset: number) => number,
): { message: string; hint: string } {
  if (error.code === 'MULTIPLE_DOCS') {
    return {
      message: 'a second YAML document begins here',
      hint: 'a configuration is one document: put its keys above the line ---',
    };
  }
  const key = error.code === 'DUPLICATE_KEY' ? findKey(contents, error.pos[0]) : undefined;
  if (key !== undefined) {
    return {
      message: `${key.name} is given twice, first on line ${lineOf(key.firstOffset)}`,
      hint: 'remove one of the two: only one would be used',
    };
  }
  return {
    message: error.message.charAt(0).toLowerCase() + error.message.slice(1),
    hint: 'the file must be YAML; clicklake init in another folder writes an example',
  };
}

/** The key that begins at `offset`, with its parent keys, and where its map has it first. */
function findKey(
  contents: Node | null,
  offset: number,
): { name: string; firstOffset: number } | undefined {
  let found: { name: string; firstOffset: number } | undefined;
  visit(contents, {
    Map(_key, map, ancestors) {
      const pair = map.items.find(({ key }) => startOf(key) === offset);
      if (pair === undefined) {
        return undefined;
      }
      const keys = [...ancestors, pair].filter(isPair).map(({ key }) => String(key));
      const first = map.items.find(({ key }) => String(key) === String(pair.key));
      found = { name: keys.join('.'), firstOffset: startOf(first?.key) ?? offset };
      return visit.BREAK;
    },
  });
  return found;
}

function startOf(key: unknown): number | undefined {
  return isScalar(key) ? key.range?.[0] : undefined;
}

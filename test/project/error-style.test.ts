import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const SRC = fileURLToPath(new URL('../../src/', import.meta.url));
const MESSAGE = /new ClicklakeError\(\s*'[a-z_]+',\s*(['`"])((?:(?!\1)[\s\S])*)\1/g;
const HINT = /\bhint:\s+(['`"])((?:(?!\1)[\s\S])*)\1/g;
/** Names that are written so. */
const NAME = /^(?:Clicklake|Databricks|Delta|DuckDB|Java|Maven|Spark)\b/;

/** Every message and hint of an error, as it is written in the sources. */
const TEXTS = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .flatMap((path) => {
    const source = readFileSync(`${SRC}${path}`, 'utf8');
    return [MESSAGE, HINT].flatMap((pattern) =>
      [...source.matchAll(pattern)].map(([, , text = '']) => ({ path, text })),
    );
  });

describe('messages and hints of errors', () => {
  it('are found', () => {
    expect(TEXTS.length).toBeGreaterThan(100);
  });

  it.each(TEXTS)('begin in lower case and end without a full stop: $text ($path)', ({ text }) => {
    expect(/^[A-Z][a-z ]/.test(text) && !NAME.test(text)).toBe(false);
    expect(text).not.toMatch(/[^.`]\.$/);
    expect(text.trim()).toBe(text);
  });
});

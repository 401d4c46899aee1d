import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { configSchema } from '../../src/config/schema.ts';
import { readExactly } from '../../src/engines/exact-lines.ts';
import { type Mapping, readMapping } from '../../src/mapping/mapping.ts';
import { listPresets, PLAIN_PRESET, readPreset } from '../../src/mapping/presets.ts';
import { layOut } from '../../src/mapping/record-layout.ts';
import { SAMPLES } from '../fixtures/preset-samples.ts';

const names = listPresets().filter((name) => name !== PLAIN_PRESET);

function mappingOf(name: string): Mapping {
  return readMapping({}, [], readPreset(name)).mapping;
}

describe('a preset', () => {
  it.each(names)('is a mapping without problems: %s', (name) => {
    const text = readPreset(name) ?? {};
    expect(readMapping(text, []).problems).toEqual([]);
    expect(configSchema.safeParse({ sources: { shop: text } }).error).toBeUndefined();
  });

  it.each(names)('says in a comment whose records it reads: %s', (name) => {
    const text = readFileSync(new URL(`../../presets/${name}.yaml`, import.meta.url), 'utf8');
    expect(text).toMatch(/^# [A-Z]/);
    expect(text).toMatch(/\n$/);
  });

  it.each(names)('finds in sample records every field and part of an item it names: %s', (name) => {
    const mapping = mappingOf(name);
    const layout = layOut(mapping, []);
    const read = (SAMPLES[name]?.records ?? []).map((record) =>
      readExactly(Buffer.from(JSON.stringify(record)), false, layout),
    );
    expect(read.map(({ problem }) => problem)).toEqual(read.map(() => null));
    const found = layout.fields.filter((_, index) => read.some(({ fields }) => fields[index]));
    const named = layout.fields.filter(({ places }) => places.length > 0);
    expect(found.map((field) => field.name)).toEqual(
      expect.arrayContaining(named.map((field) => field.name)),
    );
    const items = read.flatMap((line) => (line.items === null ? [] : JSON.parse(line.items)));
    const parts = Object.keys(Object.assign({}, ...items));
    expect(parts).toEqual(expect.arrayContaining(Object.keys(mapping.items?.fields ?? {})));
  });
});

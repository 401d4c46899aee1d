import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { configSchema } from '../../src/config/schema.ts';
import { readMapping } from '../../src/mapping/mapping.ts';
import { listPresets, readPreset } from '../../src/mapping/presets.ts';
import { openTestLake } from './lake-support.ts';

const PAGE = readFileSync(new URL('../../docs/mapping.md', import.meta.url), 'utf8');

/** The blocks of code in this language. */
function blocks(text: string, language: string): string[] {
  const pattern = new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm');
  return [...text.matchAll(pattern)].map(([, code]) => code ?? '');
}

/** The rows of the table that begins with this cell, without its head. */
function tableOf(text: string, first: string): string[][] {
  const [table = ''] = text.slice(text.indexOf(`| ${first} |`)).split('\n\n');
  const rows = table.trimEnd().split('\n').slice(2);
  return rows.map((row) => row.split('|').map((cell) => cell.trim().replaceAll('`', '')));
}

function readSources(code: string) {
  const { sources } = configSchema.parse(parse(code));
  return sources ?? {};
}

describe('docs/mapping.md', () => {
  it('names every preset', () => {
    const names = tableOf(PAGE, 'preset').map(([, name]) => name);
    expect(names.toSorted()).toEqual(listPresets());
  });

  it('shows mappings without problems', () => {
    const mappings = blocks(PAGE, 'yaml').flatMap((code) => Object.values(readSources(code)));
    expect(mappings.length).toBeGreaterThan(5);
    for (const { preset, ...mapping } of mappings) {
      const base = preset === undefined ? {} : readPreset(preset);
      expect(readMapping(mapping, [], base).problems).toEqual([]);
    }
  });

  const examples = PAGE.slice(PAGE.indexOf('## Two examples')).split('\n### ').slice(1);

  it.each(examples.map((text) => [text.split('\n')[0], text] as const))(
    'says what its example comes to: %s',
    async (_, text) => {
      const sources = readSources(blocks(text, 'yaml')[0] ?? '');
      await using test = await openTestLake({}, (settings) => ({ ...settings, sources }));
      const path = `${test.folder}/example.json`;
      await writeFile(path, `${JSON.stringify(JSON.parse(blocks(text, 'json')[0] ?? ''))}\n`);
      await test.lake.ingest([{ kind: 'file', path }], { source: 'web' });
      await test.lake.run({ fullRefresh: false });
      const [event = {}] = await test.rows('SELECT * FROM silver_events');
      const said = tableOf(text, 'column').map(([, column = '', value]) => [column, value]);
      expect(said.length).toBeGreaterThan(3);
      expect(said).toEqual(said.map(([column = '']) => [column, String(event[column])]));
    },
  );
});

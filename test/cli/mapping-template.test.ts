import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { formatShare, renderSource, renderSources } from '../../src/cli/mapping-template.ts';
import { type MappingText, readMapping } from '../../src/mapping/mapping.ts';
import { judgeRecords } from '../../src/pipeline/judge-records.ts';
import type { Proposal } from '../../src/pipeline/propose.ts';

function proposalOf(text: MappingText, types: readonly string[] = []): Proposal {
  const { mapping } = readMapping(text, []);
  const lines = types.map((event_type) => Buffer.from(`${JSON.stringify({ event_type })}\n`));
  const judged = judgeRecords([lines], mapping, { types: new Map(), receivedAtMicros: 0n });
  const used = [{ field: 'user_id', paths: [{ path: 'a\nb', records: 1 }] }];
  const unmapped = [{ path: 'b\nc', filled: 1, total: 2, examples: ['x'] }];
  return { text, mapping, judged, used, unmapped, presets: [], unlike: [], furtherEvents: [] };
}

describe('the section of a proposal', () => {
  it('is YAML of the same mapping, whatever names are in it', () => {
    const name = fc.string({ minLength: 1, maxLength: 12, unit: 'grapheme' });
    const odd = fc.oneof(name, fc.constantFrom('true', 'no', '~', '1', '# a', 'a: b', '"', 'é\n'));
    const paths = fc.oneof(odd, fc.array(odd, { maxLength: 3 }));
    const text = fc.record<MappingText>(
      {
        fields: fc.record({ user_id: paths, price: paths }, { requiredKeys: ['user_id'] }),
        missing: fc.array(odd, { minLength: 1, maxLength: 2 }),
        event_id: fc.constant('content' as const),
        event_types: fc.dictionary(odd, fc.constant('purchase'), { minKeys: 1, maxKeys: 3 }),
        items: fc.record({ from: odd, product_id: paths }),
      },
      { requiredKeys: ['fields'] },
    );
    fc.assert(
      fc.property(text, name, fc.array(odd, { maxLength: 3 }), (mapping, file, types) => {
        const section = renderSources(renderSource('web', file, proposalOf(mapping, types)));
        expect(parse(section)).toEqual({ sources: { web: mapping } });
      }),
    );
  });

  it('names a preset and what it found', () => {
    const section = renderSources(renderSource('on', 'a.json', proposalOf({ preset: 'segment' })));
    expect(parse(section)).toEqual({ sources: { on: { preset: 'segment' } } });
    expect(section).toContain('#   user_id: a\\nb');
    expect(section).toContain('#   b\\nc (50 %)');
  });
});

describe('a share', () => {
  it.each([
    [0, 9, '0 %'],
    [9, 9, '100 %'],
    [1, 3, '33 %'],
    [1, 10_000, '<1 %'],
    [9_999, 10_000, '99 %'],
  ])('of %i in %i is %s', (count, total, text) => {
    expect(formatShare(count, total)).toBe(text);
  });
});

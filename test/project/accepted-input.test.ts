import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { BUILT_IN_EVENT_TYPE_ALIASES, BUILT_IN_EVENT_TYPES } from '../../src/config/event-types.ts';
import { classifyLine } from '../fixtures/judge-line.ts';
import { RECEIVED_AT_MICROS, record } from '../fixtures/lines/line-case.ts';

const PAGE = readFileSync(new URL('../../docs/accepted-input.md', import.meta.url), 'utf8');

/** The cells of the table that follows a heading of the page, without its head. */
function tableUnder(heading: string, start: string): string[][] {
  const section = PAGE.slice(PAGE.indexOf(`\n${heading}\n`));
  const table = section.slice(section.indexOf(`\n| ${start}`) + 1).split('\n\n')[0]!;
  return table
    .trim()
    .split('\n')
    .slice(2)
    .map((row) => row.split(' |').map((cell) => cell.replace(/^\|? ?/, '').trim()));
}

function unquote(code: string): string {
  return code.replace(/^`|`$/g, '');
}

function judge(line: string) {
  return classifyLine(
    Buffer.from(line),
    { receivedAtMicros: RECEIVED_AT_MICROS, isFirstLineOfFile: false },
    {
      eventTypes: new Set(BUILT_IN_EVENT_TYPES),
      aliases: new Map(Object.entries(BUILT_IN_EVENT_TYPE_ALIASES)),
    },
  );
}

function judgeField(fields: Record<string, string>) {
  const verdict = judge(record(fields)('e1'));
  return verdict.kind === 'event' ? verdict : undefined;
}

describe('docs/accepted-input.md', () => {
  it.each(tableUnder('### Timestamps', '`event_timestamp`'))(
    'says what %s means: %s',
    (value, means) => {
      const verdict = judge(record({ event_timestamp: unquote(value!) })('e1'));
      if (verdict.kind === 'quarantined') {
        expect(unquote(means!)).toBe(verdict.reason);
      } else if (verdict.kind === 'event') {
        const micros = verdict.event.event_timestamp;
        const seconds = new Date(Number(micros / 1000n))
          .toISOString()
          .slice(0, 19)
          .replace('T', ' ');
        const fraction = String(micros % 1_000_000n).padStart(6, '0');
        expect(means).toBe(fraction === '000000' ? seconds : `${seconds}.${fraction}`);
      }
    },
  );

  it.each(tableUnder('### Numbers', 'sent'))(
    'says what %s is as price and quantity',
    (value, price, quantity) => {
      const sent = unquote(value!);
      const asPrice = judgeField({ price: sent })!;
      const cents = asPrice.event.price;
      const priceText = cents === null ? 'null' : (Number(cents) / 100).toFixed(2);
      expect(price).toBe(asPrice.unreadable.price ? 'unreadable' : priceText);
      const asQuantity = judgeField({ quantity: sent })!;
      const quantityText = String(asQuantity.event.quantity);
      expect(quantity).toBe(asQuantity.unreadable.quantity ? 'unreadable' : quantityText);
    },
  );

  it.each(
    tableUnder('## Reasons for quarantine', 'reason').filter(([, , example]) =>
      example!.startsWith('`'),
    ),
  )('gives an example of %s', (reason, _, example) => {
    const verdict = judge(unquote(example!));
    expect(verdict).toMatchObject({ kind: 'quarantined' });
    if (verdict.kind === 'quarantined') {
      expect(verdict.reason.replace(/:.*/, '')).toBe(unquote(reason!).replace(/:.*/, ''));
    }
  });

  it('names every built-in spelling of an event type', () => {
    const table = tableUnder('### Event types', 'canonical name');
    const named = Object.fromEntries(
      table.flatMap(([canonical, ...spellings]) =>
        spellings
          .flatMap((cell) => cell.split(', '))
          .filter((spelling) => spelling !== '')
          .map((spelling) => [unquote(spelling).toLowerCase(), unquote(canonical!)]),
      ),
    );
    const itself = Object.fromEntries(BUILT_IN_EVENT_TYPES.map((name) => [name, name]));
    expect({ ...itself, ...named }).toEqual({ ...itself, ...BUILT_IN_EVENT_TYPE_ALIASES });
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CATEGORIES } from '../../src/simulate/catalogue.ts';
import {
  EVENT_TYPES,
  NO_PRODUCT,
  PAGE,
  PRICE_NONE,
  PRICE_UNREADABLE,
  pageOf,
  QUANTITY_UNREADABLE,
} from '../../src/simulate/events.ts';
import { EXTRA_FIELDS } from '../../src/simulate/extra-fields.ts';
import { createIdentityKeys } from '../../src/simulate/identity.ts';
import { createLineDescriber, joinFields } from '../../src/simulate/line-fields.ts';
import { createLineWriter, MAX_LINE_BYTES } from '../../src/simulate/line-writer.ts';
import { DEFAULT_PROFILE } from '../../src/simulate/profile.ts';
import { allocateRecords, FIELD, RECORD_INTS, type Records } from '../../src/simulate/records.ts';
import { openShop } from '../../src/simulate/shop.ts';
import { CAMPAIGNS, EXTERNAL_SITES, SEARCH_TERMS } from '../../src/simulate/vocabulary.ts';
import { propertyRuns } from '../fixtures/long-runs.ts';

const SEED = 0xfedc_ba98;
const shop = openShop({ ...DEFAULT_PROFILE, products: 30 }, SEED);
const { deviceCount, countryCount, catalogue } = shop;
const keys = createIdentityKeys(SEED);
const NO_RATES = { extraFields: 0, spellings: 0 };

const upTo = (max: number) => fc.nat({ max });
const anyPage = fc.oneof(
  ...[
    [PAGE.none, 1],
    [PAGE.home, 1],
    [PAGE.list, CATEGORIES.length],
    [PAGE.product, catalogue.count],
    [PAGE.search, SEARCH_TERMS.length],
    [PAGE.cart, 1],
    [PAGE.checkout, 1],
    [PAGE.thanks, 1],
    [PAGE.external, EXTERNAL_SITES.length],
    [PAGE.campaign, CAMPAIGNS.length],
  ].map(([kind, count]) => upTo(count! - 1).map((detail) => pageOf(kind!, detail))),
);
const anyRecord = fc.record({
  visitor: upTo(0x7fff_ffff),
  visit: upTo(3_660 * 64),
  step: upTo(399),
  type: upTo(EVENT_TYPES.length - 1),
  device: upTo(deviceCount),
  country: upTo(countryCount),
  isOtherAccount: fc.boolean(),
  countsMicroseconds: fc.boolean(),
  product: fc.integer({ min: NO_PRODUCT, max: catalogue.count - 1 }),
  hasPrice: fc.boolean(),
  quantity: upTo(9),
  order: upTo(400),
  page: anyPage,
  referrer: anyPage,
  // All bits of what is said of the sender, and the number of the device.
  sender: upTo((deviceCount << 6) - 1),
  // From 1999 to 2100, the first and the last of February and March often.
  shownUs: fc.oneof(
    fc.integer({ min: Date.UTC(1999, 0) * 1_000, max: Date.UTC(2100, 11) * 1_000 }),
    fc
      .tuple(fc.integer({ min: 1999, max: 2100 }), upTo(60), upTo(86_399_999_999))
      .map(([year, day, us]) => Date.UTC(year, 1, 1 + day) * 1_000 + us),
  ),
});
type AnyRecord = typeof anyRecord extends fc.Arbitrary<infer T> ? T : never;

function recordsOf(list: readonly AnyRecord[]): Records {
  const records = { ...allocateRecords(list.length), count: list.length };
  for (const [index, one] of list.entries()) {
    const at = index * RECORD_INTS;
    records.shownUs[index] = one.countsMicroseconds
      ? one.shownUs
      : Math.floor(one.shownUs / 1_000) * 1_000;
    records.ints[at + FIELD.visitor] = one.visitor;
    records.ints[at + FIELD.act] = one.visit * 1_024 + one.step;
    records.ints[at + FIELD.traits] =
      one.type |
      (one.device << 3) |
      (one.country << 6) |
      (Number(one.isOtherAccount) << 14) |
      (Number(one.countsMicroseconds) << 15);
    records.ints[at + FIELD.product] = one.product;
    const hasPrice = one.hasPrice && one.product !== NO_PRODUCT;
    records.ints[at + FIELD.priceCents] = hasPrice
      ? catalogue.priceCents[one.product]!
      : PRICE_NONE;
    records.ints[at + FIELD.quantityOrder] = one.quantity + 256 * one.order;
    records.ints[at + FIELD.page] = one.page;
    records.ints[at + FIELD.referrer] = one.referrer;
    records.ints[at + FIELD.sender] = one.sender;
  }
  return records;
}

/** The same lines by the careful writer, which makes a list of fields of each. */
function writeCarefully(records: Records): string[] {
  const describeLine = createLineDescriber(shop, keys);
  return Array.from({ length: records.count }, (_, index) =>
    joinFields(describeLine(records, index).fields),
  );
}

function writeQuickly(records: Records, rates: typeof NO_RATES): string[] {
  const out = new Uint8Array(records.count * MAX_LINE_BYTES);
  const sizeBytes = createLineWriter(shop, SEED, rates).write(records, out);
  const lines = Buffer.from(out.buffer, 0, sizeBytes).toString().split('\n');
  expect(lines.pop()).toBe('');
  return lines;
}

describe('plain lines', () => {
  it('are what the careful writer makes of the same records', () => {
    fc.assert(
      fc.property(fc.array(anyRecord, { minLength: 1, maxLength: 20 }), (list) => {
        const records = recordsOf(list);
        expect(writeQuickly(records, NO_RATES)).toEqual(writeCarefully(records));
      }),
      propertyRuns(300, 3_000),
    );
  });

  it('take turns with lines that are not plain', () => {
    const list = fc.sample(anyRecord, { numRuns: 600, seed: 6 });
    const records = recordsOf(list);
    for (let index = 0; index < records.count; index += 3) {
      const at = index * RECORD_INTS;
      if (index % 2 === 0) {
        records.ints[at + FIELD.priceCents] = PRICE_UNREADABLE;
      } else {
        records.ints[at + FIELD.quantityOrder]! |= QUANTITY_UNREADABLE;
      }
    }
    expect(writeQuickly(records, NO_RATES)).toEqual(writeCarefully(records));
  });

  it('have extra fields at their end, as many as are asked for', () => {
    const records = recordsOf(fc.sample(anyRecord, { numRuns: 2_000, seed: 7 }));
    const plain = writeCarefully(records);
    const written = writeQuickly(records, { extraFields: 0.3, spellings: 0 });
    const found = new Set<string>();
    let count = 0;
    for (const [index, line] of written.entries()) {
      const start = plain[index]!.slice(0, -1);
      expect(line.startsWith(start)).toBe(true);
      const rest = line.slice(start.length);
      if (rest !== '}') {
        count++;
        found.add(rest.slice(1, -1));
      }
    }
    expect([...found].sort()).toEqual([...EXTRA_FIELDS].sort());
    expect(count).toBeGreaterThan(500);
    expect(count).toBeLessThan(700);
  });
});

import { describe, expect, it } from 'vitest';
import { linesOf } from '../../fixtures/record-lines.ts';
import {
  contexts,
  ENRICHED_EVENTS,
  enrichedLine,
  entity,
  selfDescribingEvent,
} from '../../fixtures/snowplow-tsv.ts';

async function recordOf(fields: Record<number, string>): Promise<unknown> {
  const [line = ''] = await linesOf('snowplow_tsv', Buffer.from(enrichedLine(fields)));
  return JSON.parse(line);
}

const PREFIX = 'com_snowplowanalytics_snowplow_ecommerce';

describe("Snowplow's enriched TSV", () => {
  it('names columns by their numbers, and leaves empty ones out', async () => {
    const numbers = {
      ...{ 0: 'app_id', 6: 'event_id', 17: 'network_userid', 31: 'page_referrer' },
      ...{ 37: 'page_urlfragment', 43: 'refr_urlfragment', 51: 'mkt_campaign', 57: 'se_value' },
      ...{ 66: 'tr_country', 72: 'ti_quantity', 77: 'useragent', 92: 'br_features_silverlight' },
      ...{ 101: 'dvce_type', 108: 'tr_currency', 115: 'geo_timezone', 121: 'refr_device_tstamp' },
      ...{ 124: 'derived_tstamp', 130: 'true_tstamp' },
    };
    const names = Object.values(numbers).map((name) => [name, name]);
    expect(await recordOf(numbers)).toEqual(Object.fromEntries(names));
  });

  it('takes fields as they are: quotes are none', async () => {
    const record = await recordOf({ 30: '"Tea" & more', 77: 'say "x', 55: 'a\\tb' });
    expect(record).toEqual({
      ...{ page_title: '"Tea" & more', useragent: 'say "x', se_label: 'a\\tb' },
    });
  });

  it('takes events and entities out of their descriptions, byte for byte', async () => {
    const text = enrichedLine({
      52: contexts(
        entity('product', '{"id":1.10}'),
        entity('someThing-new', '[12345678901234567890]'),
      ),
      58: selfDescribingEvent(entity('snowplow_ecommerce_action', '{ "type": "list" }')),
      122: contexts(entity('product', '{"id":"é"}')),
    });
    expect(await linesOf('snowplow_tsv', Buffer.from(text))).toEqual([
      `{"unstruct_event_${PREFIX}_snowplow_ecommerce_action_1":{ "type": "list" },` +
        `"contexts_${PREFIX}_product_1":[{"id":1.10},{"id":"é"}],` +
        `"contexts_${PREFIX}_some_thing_new_1":[[12345678901234567890]]}`,
    ]);
  });

  it.each([
    ['no JSON', '{"schema":'],
    ['no list', '{"schema":"iglu:a/b/jsonschema/1-0-0","data":{"id":1}}'],
    ['no entities', contexts('{"id":1}')],
    ['no object', '[1]'],
  ])('keeps as text what describes nothing: %s', async (_, text) => {
    expect(await recordOf({ 52: text, 58: text })).toEqual({
      contexts: text,
      unstruct_event: text,
    });
  });

  it('gives the same in portions of any size', async () => {
    const whole = await linesOf('snowplow_tsv', ENRICHED_EVENTS);
    expect(whole).toHaveLength(4);
    for (const chunkBytes of [1, 7, 1000]) {
      expect(await linesOf('snowplow_tsv', ENRICHED_EVENTS, chunkBytes)).toEqual(whole);
    }
  });

  it('takes lines of fewer and of more columns, if they are all alike', async () => {
    const short = `shop\tweb${'\t'.repeat(105)}\n`;
    const older = await linesOf(
      'snowplow_tsv',
      Buffer.from(`${short}\r\n${short.trimEnd()}${'\t'.repeat(105)}\r\n`),
    );
    expect(older).toEqual([
      '{"app_id":"shop","platform":"web"}',
      '',
      '{"app_id":"shop","platform":"web"}',
    ]);
    const newer = enrichedLine({ 0: 'shop' }).replace('\n', '\tnew');
    expect(await linesOf('snowplow_tsv', Buffer.from(newer))).toEqual(['{"app_id":"shop"}']);
  });

  it.each<[string, Buffer, RegExp]>([
    [
      'is truncated',
      Buffer.from(ENRICHED_EVENTS).subarray(0, -150),
      /fields, not 131 as in its first line, at line 4/,
    ],
    ['is not UTF-8', Buffer.from(`${ENRICHED_EVENTS}\xe9`, 'latin1'), /not UTF-8: see line 5/],
  ])('is refused when it %s', async (_, bytes, message) => {
    await expect(linesOf('snowplow_tsv', bytes)).rejects.toThrow(message);
  });
});

/** The input of the benchmark in other layouts: the same events nested, as a CSV, as one array. */
import { createReadStream, createWriteStream, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { cached } from './make-input.ts';

type Event = Readonly<Record<string, string | number>>;

const COLUMNS = [
  ...['event_id', 'user_id', 'session_id', 'event_type', 'page_url', 'product_id', 'device'],
  ...['country', 'event_timestamp', 'order_id', 'currency', 'quantity', 'price', 'app_version'],
];
const CHUNK_CHARACTERS = 1_000_000;

const SEGMENT_NAMES: Readonly<Record<string, string>> = {
  page_view: 'Page Viewed',
  product_view: 'Product Viewed',
  search: 'Products Searched',
  add_to_cart: 'Product Added',
  checkout: 'Checkout Started',
  purchase: 'Order Completed',
};

/** A line of text that stands for an event, and what stands before, between and behind such lines. */
export interface Layout {
  name: string;
  suffix: string;
  before: string;
  between: string;
  behind: string;
  write(event: Event): string;
}

export const NESTED: Layout = {
  ...{ name: 'nested', suffix: 'ndjson', before: '', between: '\n', behind: '\n' },
  write: (event) => JSON.stringify(asSegment(event)),
};

export const CSV: Layout = {
  ...{ name: 'csv', suffix: 'csv', before: `${COLUMNS.join(',')}\n`, between: '\n', behind: '\n' },
  write: (event) => COLUMNS.map((column) => event[column] ?? '').join(','),
};

export const ARRAY: Layout = {
  ...{ name: 'array', suffix: 'json', before: '[\n', between: ',\n', behind: '\n]\n' },
  write: (event) => JSON.stringify(event),
};

/** The events of each file of `input`, without lines that are damaged; returns their folder. */
export async function makeLayout(input: string, layout: Layout): Promise<string> {
  return cached(`${input}-${layout.name}`, async (folder) => {
    for (const file of readdirSync(input).sort()) {
      const target = join(folder, file.replace('ndjson', layout.suffix));
      await writeFileOf(layout, () => eventsOf(join(input, file)), target);
    }
  });
}

/** One file of at least so many bytes: the events of the input again and again. Returns its path. */
export async function makeLargeFile(
  input: string,
  layout: Layout,
  sizeBytes: number,
): Promise<string> {
  const name = `large.${layout.suffix}`;
  const folder = await cached(`${input}-${layout.name}-${sizeBytes}`, (target) =>
    writeFileOf(layout, () => repeatedEvents(input), join(target, name), sizeBytes),
  );
  return join(folder, name);
}

async function writeFileOf(
  layout: Layout,
  events: () => AsyncIterable<Event>,
  path: string,
  maxBytes = Number.POSITIVE_INFINITY,
): Promise<void> {
  await pipeline(Readable.from(textOf(layout, events(), maxBytes)), createWriteStream(path));
}

async function* textOf(
  layout: Layout,
  events: AsyncIterable<Event>,
  maxBytes: number,
): AsyncGenerator<string> {
  let text = layout.before;
  let written = 0;
  let isFirst = true;
  for await (const event of events) {
    text += `${isFirst ? '' : layout.between}${layout.write(event)}`;
    isFirst = false;
    if (text.length > CHUNK_CHARACTERS) {
      written += text.length;
      yield text;
      text = '';
      if (written >= maxBytes) {
        break;
      }
    }
  }
  yield `${text}${layout.behind}`;
}

async function* repeatedEvents(input: string): AsyncGenerator<Event> {
  for (;;) {
    for (const file of readdirSync(input).sort()) {
      yield* eventsOf(join(input, file));
    }
  }
}

async function* eventsOf(path: string): AsyncGenerator<Event> {
  for await (const line of createInterface({ input: createReadStream(path) })) {
    if (line.endsWith('}')) {
      yield JSON.parse(line) as Event;
    }
  }
}

function asSegment(event: Event): object {
  const { event_id, user_id, session_id, event_type, event_timestamp, ...rest } = event;
  const { device, country, page_url, product_id, price, quantity, app_version, ...sale } = rest;
  const product = { product_id, price, quantity };
  return {
    ...{ messageId: event_id, type: 'track', userId: user_id, timestamp: event_timestamp },
    event: SEGMENT_NAMES[String(event_type)] ?? event_type,
    context: {
      ...{ sessionId: session_id, device: { type: device }, location: { country } },
      app: { name: 'shop', version: app_version },
      library: { name: 'analytics.js', version: '2.1.0' },
      page: { url: page_url, path: page_url, title: 'Shop', referrer: null },
    },
    properties: { ...sale, ...(price === undefined ? product : { products: [product] }) },
  };
}

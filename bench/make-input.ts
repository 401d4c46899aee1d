/**
 * Input for the benchmark: daily files of one shop, the same bytes for the same arguments. About 1 % of
 * the lines are repeated deliveries, 0.5 % are invalid (cut short, or without a user).
 */

import { once } from 'node:events';
import { createWriteStream, existsSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';

const TYPES = [
  'page_view',
  'page_view',
  'product_view',
  'product_view',
  'search',
  'add_to_cart',
  'checkout',
  'purchase',
];
const DEVICES = ['mobile', 'mobile', 'desktop', 'tablet'];
const COUNTRIES = ['US', 'DE', 'GB', 'FR', 'ES', 'IT', 'NL', 'BR'];
const DAY_MS = 86_400_000;
const FIRST_DAY = Date.UTC(2026, 0, 1);
const DAYS = 14;

/** Writes the files once; returns their folder. */
export async function makeInput(folder: string, lineCount: number): Promise<string> {
  const target = join(folder, `lines-${lineCount}`);
  if (existsSync(target)) return target;
  const unfinished = `${target}.tmp`;
  mkdirSync(unfinished, { recursive: true });
  const random = seeded(42);
  const perDay = Math.ceil(lineCount / DAYS);
  for (let day = 0; day < DAYS; day += 1) {
    const stream = createWriteStream(
      join(unfinished, `day-${String(day).padStart(2, '0')}.ndjson`),
    );
    const count = Math.min(perDay, lineCount - day * perDay);
    for (const text of dayOfLines(random, FIRST_DAY + day * DAY_MS, count)) {
      if (!stream.write(text)) await once(stream, 'drain');
    }
    stream.end();
    await once(stream, 'finish');
  }
  renameSync(unfinished, target);
  return target;
}

function* dayOfLines(random: () => number, dayMs: number, count: number): Generator<string> {
  let lines: string[] = [];
  for (let written = 0; written < count; ) {
    const session = hex(random, 32);
    const user = `u${Math.floor(random() * random() * 1_500_000)}`;
    const device = pick(random, DEVICES);
    const country = pick(random, COUNTRIES);
    let time = dayMs + Math.floor(random() * DAY_MS);
    for (
      let left = 1 + Math.floor(-Math.log(random() + 1e-9) * 5);
      left > 0 && written < count;
      left -= 1
    ) {
      time += Math.floor(random() * 60_000);
      const line = eventLine(random, { session, user, device, country, time });
      lines.push(spoil(random, line));
      written += 1;
      if (random() < 0.01 && written < count) {
        lines.push(line);
        written += 1;
      }
    }
    if (lines.length > 5000) {
      yield `${lines.join('\n')}\n`;
      lines = [];
    }
  }
  if (lines.length > 0) yield `${lines.join('\n')}\n`;
}

interface Visit {
  session: string;
  user: string;
  device: string;
  country: string;
  time: number;
}

function eventLine(random: () => number, visit: Visit): string {
  const type = pick(random, TYPES);
  const product = `P${Math.floor(random() * random() * 20_000)}`;
  const subject =
    type === 'page_view' || type === 'search'
      ? `"page_url":"/c/${product}"`
      : `"product_id":"${product}"`;
  const sale =
    type === 'purchase'
      ? `,"order_id":"o${hex(random, 8)}","currency":"EUR","quantity":${1 + Math.floor(random() * 3)},"price":${Math.floor(random() * 20_000) / 100}`
      : '';
  return `{"event_id":"${hex(random, 32)}","user_id":"${visit.user}","session_id":"${visit.session}","event_type":"${type}",${subject},"device":"${visit.device}","country":"${visit.country}","event_timestamp":"${new Date(visit.time).toISOString()}"${sale}}`;
}

function spoil(random: () => number, line: string): string {
  if (random() >= 0.005) return line;
  return random() < 0.5
    ? line.slice(0, 1 + Math.floor(random() * (line.length - 2)))
    : line.replace('"user_id"', '"usr"');
}

function pick(random: () => number, values: readonly string[]): string {
  return values[Math.floor(random() * values.length)] ?? '';
}

function hex(random: () => number, length: number): string {
  let text = '';
  while (text.length < length)
    text += Math.floor(random() * 0x1_0000_0000)
      .toString(16)
      .padStart(8, '0');
  return text.slice(0, length);
}

function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

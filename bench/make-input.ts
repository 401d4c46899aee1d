/**
 * Input for the benchmark: daily files of one shop, the same bytes for the same arguments. 1 % of the
 * lines are repeated deliveries (most in the same file, some in the next day's), 0.5 % are invalid, and
 * every tenth visit sends a field that nobody has declared.
 */
import { once } from 'node:events';
import {
  closeSync,
  createWriteStream,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { join } from 'node:path';

/** Changes with the content, so that files of an older generator are not taken for new ones. */
const GENERATOR_VERSION = 3;
const LINES_PER_DAY = 357_143;
const MIN_DAYS = 14;
const DAY_MS = 86_400_000;
const FIRST_DAY_MS = Date.UTC(2026, 0, 1);
const CHUNK_CHARACTERS = 1_000_000;

const TYPES =
  'page_view page_view product_view product_view search add_to_cart checkout purchase'.split(' ');
const DEVICES = ['mobile', 'mobile', 'desktop', 'tablet'];
const COUNTRIES = ['US', 'DE', 'GB', 'FR', 'ES', 'IT', 'NL', 'BR'];

type Random = () => number;

/**
 * Who the events say they are of: `user` and session in each; `device` and session, and a user in the visits
 * of those who log in; or `device` and no session.
 */
export type Identity = 'user' | 'device' | 'no session';
/** One of so many visitors logs in, in the middle of each visit. */
const VISITORS_PER_LOGIN = 4;

/** Fourteen files, or as many as it takes to keep a day below 360 thousand lines. */
export function countDays(lineCount: number): number {
  return Math.max(MIN_DAYS, Math.round(lineCount / LINES_PER_DAY));
}

/** Writes the files, unless an earlier benchmark has; returns their folder. */
export async function makeInput(
  cache: string,
  lineCount: number,
  seed: number,
  days = countDays(lineCount),
  identity: Identity = 'user',
): Promise<string> {
  const name = `lines-${lineCount}-${days}-${seed}${suffixOf(identity)}-v${GENERATOR_VERSION}`;
  return cached(join(cache, name), async (folder) => {
    const random = seeded(seed);
    const perDay = Math.ceil(lineCount / days);
    let late: string[] = [];
    for (let day = 0; day < days; day += 1) {
      const count = Math.max(0, Math.min(perDay, lineCount - day * perDay));
      const path = join(folder, dayName(day));
      late = await writeDay({ path, random, day, count, identity }, late);
    }
  });
}

/**
 * What one more day brings to a shop that has sent `history`: `lineCount` lines, of them 1 % repeated
 * deliveries of lines of its last two weeks and 0.2 % late events of sessions of its last three days. `step` counts such days from 0. Returns the file.
 */
export async function makeNextDay(
  cache: string,
  history: string,
  lineCount: number,
  step: number,
  identity: Identity = 'user',
): Promise<string> {
  const files = readdirSync(history).sort();
  const name = `next-${lineCount}-${step}-of-${files.length}${suffixOf(identity)}-v${GENERATOR_VERSION}`;
  const folder = await cached(join(cache, name), async (target) => {
    const random = seeded(1000 + step);
    const repeated = linesOf(history, files.slice(-14), Math.ceil(lineCount / 100));
    const late = linesOf(history, files.slice(-3), Math.ceil(lineCount / 500))
      .filter((line) => line.endsWith('}') && /"(?:user|anonymous)_id"/.test(line))
      .map((line) => line.replace(/"event_id":"[^"]*"/, `"event_id":"${makeId(random)}"`));
    const day = files.length + step;
    const path = join(target, 'next.ndjson');
    await writeDay({ path, random, day, count: lineCount, identity }, [...repeated, ...late]);
  });
  return join(folder, 'next.ndjson');
}

function suffixOf(identity: Identity): string {
  return identity === 'user' ? '' : `-${identity.replace(' ', '-')}`;
}

interface Day {
  path: string;
  random: Random;
  day: number;
  count: number;
  identity: Identity;
}

/** Writes `count` lines, the given ones first; returns lines that will be delivered again tomorrow. */
async function writeDay(
  { path, random, day, count, identity }: Day,
  first: readonly string[],
): Promise<string[]> {
  const stream = createWriteStream(path);
  const again: string[] = [];
  const taken = first.slice(0, count);
  let text = taken.map((line) => `${line}\n`).join('');
  let written = taken.length;
  while (written < count) {
    for (const line of visitLines(random, FIRST_DAY_MS + day * DAY_MS, identity)) {
      if (written === count) {
        break;
      }
      text += `${line}\n`;
      written += 1;
      const chance = random();
      if (chance < 0.002) {
        again.push(line);
      } else if (chance < 0.01 && written < count) {
        text += `${line}\n`;
        written += 1;
      }
    }
    if (text.length > CHUNK_CHARACTERS) {
      if (!stream.write(text)) {
        await once(stream, 'drain');
      }
      text = '';
    }
  }
  stream.end(text);
  await once(stream, 'finish');
  return again;
}

/** The events of one session: six on average, up to a minute apart. */
function visitLines(random: Random, dayMs: number, identity: Identity): string[] {
  const product = () => `P${Math.floor(random() * random() * 20_000)}`;
  const user = Math.floor(random() * random() * 1_500_000);
  const idsAt = idsOf(user, makeId(random), identity);
  const place = `"device":"${pick(random, DEVICES)}","country":"${pick(random, COUNTRIES)}"`;
  const undeclared = random() < 0.1 ? ',"app_version":"4.2"' : '';
  let timeMs = dayMs + Math.floor(random() * DAY_MS);
  const lines: string[] = [];
  for (let left = 1 + Math.floor(-Math.log(random() + 1e-9) * 5); left > 0; left -= 1) {
    timeMs += Math.floor(random() * 60_000);
    const type = pick(random, TYPES);
    const subject =
      type === 'page_view' || type === 'search'
        ? `"page_url":"/c/${product()}"`
        : `"product_id":"${product()}"`;
    const sale = type === 'purchase' ? makeSale(random) : '';
    const at = new Date(timeMs).toISOString();
    const line = `{"event_id":"${makeId(random)}",${idsAt(lines.length)},"event_type":"${type}",${subject},${place},"event_timestamp":"${at}"${sale}${undeclared}}`;
    lines.push(random() < 0.005 ? spoil(random, line) : line);
  }
  return lines;
}

/** The ids of the n-th event of a visit. */
function idsOf(user: number, session: string, identity: Identity): (index: number) => string {
  const ofSession = identity === 'no session' ? '' : `,"session_id":"${session}"`;
  if (identity === 'user') {
    return () => `"user_id":"u${user}"${ofSession}`;
  }
  const before = `"anonymous_id":"a${user}"${ofSession}`;
  const after = user % VISITORS_PER_LOGIN === 0 ? `"user_id":"u${user}",${before}` : before;
  return (index) => (index < 3 ? before : after);
}

function makeSale(random: Random): string {
  const price = Math.floor(random() * 20_000) / 100;
  return `,"order_id":"o${makeId(random).slice(0, 8)}","currency":"EUR","quantity":${1 + Math.floor(random() * 3)},"price":${price}`;
}

function spoil(random: Random, line: string): string {
  const kind = random();
  if (kind < 0.4) {
    return line.slice(0, 1 + Math.floor(random() * (line.length - 2)));
  }
  if (kind < 0.6) {
    return line.replace('"user_id"', '"usr"');
  }
  if (kind < 0.8) {
    return line.replace(/"event_type":"/, '$&un');
  }
  return line.replace(/T(\d\d):/, ' at $1:');
}

function pick(random: Random, values: readonly string[]): string {
  return values[Math.floor(random() * values.length)] ?? '';
}

const HEX = Array.from({ length: 0x1_0000 }, (_, value) => value.toString(16).padStart(4, '0'));

/** 32 hexadecimal digits. */
function makeId(random: Random): string {
  let text = '';
  for (let part = 0; part < 8; part += 1) {
    text += HEX[Math.floor(random() * 0x1_0000)];
  }
  return text;
}

/** Sfc32. Its state is wide, so that files of different seeds do not share stretches of numbers, and ids. */
function seeded(seed: number): Random {
  let [a, b, c, counter] = [seed | 0, 0x9e3779b9 | 0, 0x243f6a88, 1];
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 4_294_967_296;
  };
  // The first numbers of similar seeds are similar.
  for (let round = 0; round < 16; round += 1) {
    next();
  }
  return next;
}

function dayName(day: number): string {
  const date = new Date(FIRST_DAY_MS + day * DAY_MS).toISOString().slice(0, 10);
  return `events-${date}.ndjson`;
}

/** About `count` lines, evenly from the beginnings of the files. */
function linesOf(folder: string, files: readonly string[], count: number): string[] {
  const perFile = Math.ceil(count / files.length);
  const buffer = Buffer.alloc(perFile * 400);
  const lines = files.flatMap((name) => {
    const file = openSync(join(folder, name), 'r');
    const size = readSync(file, buffer, 0, buffer.length, 0);
    closeSync(file);
    const text = buffer.toString('utf8', 0, size);
    return text.split('\n').slice(0, -1).slice(0, perFile);
  });
  return lines.slice(0, count);
}

/** A folder that is either whole or not there; the stamp is its name. */
export async function cached(
  folder: string,
  fill: (folder: string) => Promise<void>,
): Promise<string> {
  if (existsSync(folder)) {
    return folder;
  }
  const unfinished = `${folder}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true });
  await fill(unfinished);
  renameSync(unfinished, folder);
  return folder;
}

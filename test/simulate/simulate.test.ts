import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { follow } from '../../src/simulate/follow.ts';
import type { SimulateOptions } from '../../src/simulate/options.ts';
import { DEFAULT_PROFILE, readProfile } from '../../src/simulate/profile.ts';
import { simulate } from '../../src/simulate/simulate.ts';
import type { Truth } from '../../src/simulate/truth.ts';
import { classifyLine } from '../fixtures/judge-line.ts';
import { IS_LONG } from '../fixtures/long-runs.ts';
import { RULES } from './recount-truth.ts';

const folder = mkdtempSync(join(tmpdir(), 'clicklake-simulate-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const NOW_MS = Date.UTC(2026, 5, 1);
let runs = 0;

interface Run {
  out: string;
  truth: Truth;
  text: string;
  /** Over the files in their order, names included, and the truth. */
  sha256: string;
}

async function run(options: Partial<SimulateOptions>): Promise<Run> {
  const out = join(folder, `run-${runs++}`);
  const report = await simulate({ out, ...options }, undefined, { nowMs: () => NOW_MS });
  const truth = JSON.parse(readFileSync(report.truthPath, 'utf8')) as Truth;
  const hash = createHash('sha256');
  const texts = truth.lines.files.map((name) => {
    const bytes = readFileSync(join(out, name));
    const plain = name.endsWith('.gz') ? gunzipSync(bytes) : bytes;
    hash.update(name.replace('.gz', '')).update(plain);
    return plain.toString('latin1');
  });
  const truthText = readFileSync(report.truthPath, 'utf8').replaceAll('.ndjson.gz', '.ndjson');
  return { out, truth, text: texts.join(''), sha256: hash.update(truthText).digest('hex') };
}

describe('a simulation', () => {
  it('is the same on every machine: these bytes', async () => {
    const { sha256 } = await run({ events: 5_000, days: 3, seed: 7 });
    // A change of this hash changes what everybody's seeds mean: say so in the changelog.
    expect(sha256).toBe('ba1639be1e2359040287fe96b107e52e61e6fe7f1be7083897aae3976cb554a5');
  });

  // With several threads: test/acceptance/simulate.test.ts, since threads need the compiled worker.
  it('is the same when compressed, and another with another seed', async () => {
    const options = { events: 12_000, days: 2, split: 'hour' } as const;
    const one = await run(options);
    expect((await run({ ...options, gzip: true })).sha256).toBe(one.sha256);
    expect((await run({ ...options, seed: 43 })).sha256).not.toBe(one.sha256);
  });

  it('puts a line into the file of the time it arrives', async () => {
    const byDay = await run({ events: 5_000, days: 4 });
    const byCount = await run({ events: 5_000, days: 4, files: 9 });
    expect(byDay.truth.lines.files).toEqual(
      [1, 2, 3, 4].map((day) => `events-2026-01-0${day}.ndjson`),
    );
    expect(byCount.truth.lines.files).toHaveLength(9);
    // However it is cut, the order of reception is one.
    expect(byCount.text).toBe(byDay.text);
    const first = readFileSync(join(byDay.out, 'events-2026-01-01.ndjson'), 'utf8');
    const dates = first.match(/"event_timestamp":"\d{4}-\d\d-\d\dT/g) ?? [];
    expect(dates.filter((date) => date.includes('2026-01-03'))).toEqual([]);
    const last = readFileSync(join(byDay.out, 'events-2026-01-04.ndjson'), 'utf8');
    expect(last).toContain('"event_timestamp":"2026-01-02T');
  });

  it('is clean when asked to be: in order, once each, spelled in one way', async () => {
    const { text, truth } = await run({ events: 5_000, days: 2, clean: true });
    const lines = text.trimEnd().split('\n');
    expect(lines).toHaveLength(truth.events.events);
    const times = lines.map((line) => {
      expect(line).toMatch(
        /^\{"event_id":"[0-9a-f-]{36}","user_id":"\d{10}","session_id":"[0-9a-f]{16}","event_type":"[a-z_]+"/,
      );
      return (JSON.parse(line) as { event_timestamp: string }).event_timestamp.slice(0, 23);
    });
    expect(times).toEqual([...times].sort());
    expect(new Set(lines.map((line) => line.slice(0, 50))).size).toBe(lines.length);
  });

  it('turns on one kind of dirt alone', async () => {
    const { truth } = await run({ events: 4_000, days: 2, clean: true, dirt: { duplicates: 0.5 } });
    expect(truth.lines.quarantined).toEqual({});
    expect(truth.lines.duplicates / truth.events.events).toBeCloseTo(0.5, 1);
    const { text } = await run({ events: 4_000, days: 2, clean: true, dirt: { extraFields: 0.5 } });
    expect(text).toContain('"schema_version":3');
  });

  it('spells odd lines so that the contract reads them', async () => {
    const { text, truth } = await run({
      events: 4_000,
      days: 2,
      clean: true,
      dirt: { spellings: 0.5 },
    });
    const lines = text.trimEnd().split('\n');
    const context = { receivedAtMicros: BigInt(NOW_MS) * 1_000n, isFirstLineOfFile: false };
    const ids = lines.map((line) => {
      const verdict = classifyLine(Buffer.from(line, 'latin1'), context, RULES);
      return verdict.kind === 'event' ? verdict.event.event_id : verdict.kind;
    });
    expect(new Set(ids).size).toBe(truth.events.events);
    expect(lines.filter((line) => !line.startsWith('{"event_id":"')).length).toBeGreaterThan(100);
  });

  it('takes numbers of events or of visitors', async () => {
    const events = await run({ events: 40_000, clean: true });
    expect(Math.abs(events.truth.events.events / 40_000 - 1)).toBeLessThan(0.08);
    const users = await run({ users: 700, clean: true });
    expect(users.truth.users.users).toBe(700);
    const one = await run({ events: 1, days: 1 });
    expect(one.truth.sessions.sessions).toBeGreaterThan(0);
  });

  it('needs a small heap for many events', () => {
    const wanted = IS_LONG ? 1_000_000 : 300_000;
    const source = fileURLToPath(new URL('../../src/simulate/simulate.ts', import.meta.url));
    const script = join(folder, 'million.mts');
    writeFileSync(
      script,
      `import { simulate } from ${JSON.stringify(source)};\n` +
        `const { events } = await simulate({ out: ${JSON.stringify(join(folder, 'million'))}, events: ${wanted} });\n` +
        'console.log(events, Math.round(process.resourceUsage().maxRSS / 1_000));',
    );
    const { stdout, stderr } = spawnSync(
      process.execPath,
      ['--max-old-space-size=48', '--import', 'tsx', script],
      { encoding: 'utf8', cwd: fileURLToPath(new URL('../../', import.meta.url)) },
    );
    expect(stderr).not.toContain('heap');
    const [events, memoryMb] = stdout.split(' ').map(Number);
    expect(events).toBeGreaterThan(0.95 * wanted);
    expect(memoryMb).toBeLessThan(400);
  });
});

describe('the simulated shop', async () => {
  const { truth } = await run({ events: 300_000, clean: true, seed: 5 });
  const { sessions, events, days, users } = truth;
  const rate = (part: number, whole: number) => part / whole;
  const funnelOf = (column: 0 | 1) => {
    const groups = new Map<string | null, { sessions: number; purchased: number }>();
    for (const row of days.flatMap((day) => day.funnel)) {
      const group = groups.get(row[column]) ?? { sessions: 0, purchased: 0 };
      groups.set(row[column], {
        sessions: group.sessions + row[2],
        purchased: group.purchased + row[6],
      });
    }
    return groups;
  };

  it('lands near the published figures', () => {
    const withBoth = days.reduce(
      (sum, day) => sum + day.conversion_metrics.sessions_with_cart_and_purchase,
      0,
    );
    const conversion = rate(sessions.withPurchase, sessions.sessions);
    expect(conversion).toBeGreaterThan(0.02);
    expect(conversion).toBeLessThan(0.03);
    expect(1 - rate(withBoth, sessions.withAddToCart)).toBeCloseTo(0.7, 1);
    expect(rate(events.byType.add_to_cart, events.byType.product_view)).toBeCloseTo(0.09, 2);
    expect(rate(sessions.bounces, sessions.sessions)).toBeGreaterThan(0.3);
    expect(rate(sessions.bounces, sessions.sessions)).toBeLessThan(0.4);
  });

  it('has devices and countries by their shares, with their own conversion', () => {
    const devices = funnelOf(0);
    const conversionOf = (name: string) => {
      const { sessions: all, purchased } = devices.get(name)!;
      return purchased / all;
    };
    expect(rate(devices.get('mobile')!.sessions, sessions.sessions)).toBeCloseTo(0.67, 1);
    expect(rate(devices.get('desktop')!.sessions, sessions.sessions)).toBeCloseTo(0.3, 1);
    const ratio = conversionOf('desktop') / conversionOf('mobile');
    expect(ratio).toBeGreaterThan(1.4);
    expect(ratio).toBeLessThan(2.1);
    const countries = funnelOf(1);
    const total = DEFAULT_PROFILE.countries.reduce((sum, { share }) => sum + share, 0);
    for (const { code, share } of DEFAULT_PROFILE.countries) {
      const found = rate(countries.get(code)!.sessions, sessions.sessions);
      expect(Math.abs(found - share / total)).toBeLessThan(0.02);
    }
    expect(countries.has(null)).toBe(true);
    expect(devices.has(null)).toBe(true);
  });

  it('has events per visitor as in the log-normal they are modelled on', () => {
    // Median e^1.79 = 6.0, mean e^(1.79 + 1.435^2 / 2) = 16.8.
    expect(rate(sessions.eventCount, users.users)).toBeGreaterThan(14.5);
    expect(rate(sessions.eventCount, users.users)).toBeLessThan(19);
    expect(users.bySessionCount[0]! / users.users).toBeGreaterThan(0.4);
    expect(users.bySessionCount.length).toBeGreaterThan(50);
  });

  it('has products with a log-normal popularity', () => {
    const views = new Map<string, number>();
    for (const [id, count] of days.flatMap((day) => day.products)) {
      views.set(id, (views.get(id) ?? 0) + count);
    }
    const ordered = [...views.values()].sort((a, b) => b - a);
    const total = ordered.reduce((sum, count) => sum + count, 0);
    const topTenth = ordered.slice(0, 200).reduce((sum, count) => sum + count, 0);
    // With sigma 1.9 the most popular tenth gets 1 - Phi(1.2816 - 1.9) = 73 % of the views.
    expect(topTenth / total).toBeGreaterThan(0.65);
    expect(topTenth / total).toBeLessThan(0.81);
  });

  it('has a rhythm of the week and of the local day', async () => {
    const ofWeekday = (weekday: number) =>
      days
        .filter(({ date }) => new Date(date).getUTCDay() === weekday)
        .reduce((sum, day, _, all) => sum + day.sessions.sessions / all.length, 0);
    expect(ofWeekday(0)).toBeGreaterThan(ofWeekday(5));
    const { text } = await run({
      events: 20_000,
      days: 7,
      clean: true,
      profile: { countries: [{ code: 'JP', share: 1, conversion: 1, utc_offset_hours: 9 }] },
    });
    const hours = new Array<number>(24).fill(0);
    for (const match of text.matchAll(/"event_timestamp":"\d{4}-\d\d-\d\dT(\d\d)/g)) {
      hours[Number(match[1])]!++;
    }
    // The evening in Japan is at noon in UTC, the dead of night at 18:00.
    expect(hours[11]! / hours[18]!).toBeGreaterThan(5);
  });

  it('thinks for log-normal times', async () => {
    const { text } = await run({ events: 60_000, days: 3, clean: true, seed: 8 });
    const lastMs = new Map<string, number>();
    const pauses = new Map<string, number[]>();
    for (const line of text.trimEnd().split('\n')) {
      const event = JSON.parse(line);
      const timeMs = Date.parse(event.event_timestamp);
      const pauseMs = timeMs - (lastMs.get(event.session_id) ?? Number.NaN);
      lastMs.set(event.session_id, timeMs);
      // The purchases of one order are at the same instant.
      if (pauseMs > 0) {
        const known = pauses.get(event.event_type) ?? [];
        pauses.set(event.event_type, known);
        known.push(Math.log(pauseMs / 1_000));
      }
    }
    const check = (type: string, medianSeconds: number, sigma: number) => {
      const logs = pauses.get(type)!;
      const mean = logs.reduce((sum, log) => sum + log, 0) / logs.length;
      const variance = logs.reduce((sum, log) => sum + (log - mean) ** 2, 0) / logs.length;
      expect(Math.abs(mean - Math.log(medianSeconds)), type).toBeLessThan(0.12);
      expect(Math.abs(Math.sqrt(variance) - sigma), type).toBeLessThan(0.1);
    };
    check('product_view', 24, 1.1);
    check('search', 24, 1.1);
    check('add_to_cart', 18, 0.9);
    check('checkout', 25, 0.8);
    check('purchase', 75, 0.7);
  });

  it('is late with a heavy tail', async () => {
    const dirt = { late: 0.3 };
    const { out, truth } = await run({ events: 60_000, clean: true, dirt, split: 'hour', seed: 9 });
    // What is under way at the end arrives then: only the first weeks tell the delays.
    let events = 0;
    let byADay = 0;
    let byAWeek = 0;
    for (const name of truth.lines.files) {
      const hour = /events-(\d{4}-\d\d-\d\dT\d\d)/.exec(name)![1]!;
      const arrivedMs = Date.parse(`${hour}:30:00Z`);
      const text = readFileSync(join(out, name), 'latin1');
      for (const [, date, time] of text.matchAll(
        /"event_timestamp":"(2026-01-[01]\d)T([\d:]{8})/g,
      )) {
        const delayMs = arrivedMs - Date.parse(`${date}T${time}Z`);
        events += 1;
        byADay += delayMs > 24 * 3_600_000 ? 1 : 0;
        byAWeek += delayMs > 168 * 3_600_000 ? 1 : 0;
      }
    }
    // Log-normal with a median of two hours and sigma 2: 10.7 % of the late are later than a day,
    // 1.3 % than a week.
    expect(byADay / events / 0.3).toBeGreaterThan(0.08);
    expect(byADay / events / 0.3).toBeLessThan(0.135);
    expect(byAWeek / events / 0.3).toBeGreaterThan(0.007);
    expect(byAWeek / events / 0.3).toBeLessThan(0.022);
  });

  it('has dirt at the rates configured', async () => {
    const dirty = (await run({ events: 200_000, seed: 6 })).truth;
    const count = dirty.events.events;
    expect(dirty.lines.duplicates / count).toBeCloseTo(0.01, 3);
    const { conflicting_event_id: conflicts, ...malformed } = dirty.lines.quarantined;
    const sum = Object.values(malformed).reduce((total, lines) => total + lines, 0);
    expect(Math.abs(sum / count - 0.002)).toBeLessThan(0.0005);
    expect(Math.abs(conflicts! / count - 0.0005)).toBeLessThan(0.0003);
  });
});

describe('what cannot be simulated', () => {
  const refused: [Partial<SimulateOptions>, string][] = [
    [{ events: 0 }, '--events 0: must be a whole number from 1 to 2,000,000,000'],
    [{ events: 1.5 }, '--events 1.5: must be a whole number'],
    [{ users: -1 }, '--users -1'],
    [{ events: 10, users: 10 }, '--events and --users exclude each other'],
    [{ split: 'day', files: 2 }, '--split and --files exclude each other'],
    [{ split: 'week' as 'day' }, '--split week: must be hour or day'],
    [{ files: 0 }, '--files 0'],
    [{ days: 0 }, '--days 0'],
    [{ events: 1e9, days: 2 }, '--days 2: too few for so many events'],
    [{ start: '2026-02-30' }, '--start 2026-02-30: must be a day as in 2026-01-01'],
    [{ start: '1999-01-01' }, '--start 1999-01-01: must be 2000-01-02 or later'],
    [{ start: '2026-05-20' }, 'the simulated time ends on 2026-06-18, which is not over'],
    [{ seed: 2 ** 32 }, '--seed 4294967296'],
    [{ threads: 0 }, '--threads 0'],
    [{ dirt: { late: 0.6 } }, '--late 0.6: must be a rate from 0 to 0.5'],
    [{ dirt: { outOfOrder: Number.NaN } }, '--out-of-order NaN'],
    [{ dirt: { duplicates: 0.5, malformed: 0.5, conflicts: 0.1 } }, 'more than 1 (100%) together'],
    [{ profile: { products: 0 } }, 'profile given at products'],
    [{ out: '' }, '--out'],
  ];
  it.each(refused)('is refused before anything is written: %j', async (options, message) => {
    const out = join(folder, 'never');
    await expect(
      simulate({ out, ...options }, undefined, { nowMs: () => NOW_MS }),
    ).rejects.toMatchObject({ message: expect.stringContaining(message), exitCode: 2 });
    expect(existsSync(out)).toBe(false);
  });

  it('is a second simulation in one folder, unless it may overwrite the first', async () => {
    const first = await run({ events: 500, days: 3 });
    writeFileSync(join(first.out, 'mine.ndjson'), 'kept');
    const again = { out: first.out, events: 500, days: 2 };
    const effects = { nowMs: () => NOW_MS };
    await expect(simulate(again, undefined, effects)).rejects.toMatchObject({
      message: expect.stringContaining('holds files of an earlier simulation'),
      hint: expect.stringContaining('--overwrite'),
    });
    await simulate({ ...again, overwrite: true }, undefined, effects);
    expect(readdirSync(first.out).sort()).toEqual([
      'events-2026-01-01.ndjson',
      'events-2026-01-02.ndjson',
      'mine.ndjson',
      'truth.json',
    ]);
  });

  it('is refused where it cannot be written, saying so', async () => {
    const out = join(folder, 'file');
    writeFileSync(out, '');
    await expect(
      simulate({ out, events: 10 }, undefined, { nowMs: () => NOW_MS }),
    ).rejects.toMatchObject({ code: 'storage_failed', message: expect.stringContaining(out) });
  });

  it('leaves nothing when it is stopped, so that it can be begun again', async () => {
    const out = join(folder, 'stopped');
    const stop = new AbortController();
    const options = { out, events: 50_000, days: 20 };
    const seen: string[][] = [];
    const stopped = simulate(
      options,
      ({ daysDone }) => {
        seen.push(readdirSync(out));
        if (daysDone > 5) {
          stop.abort();
        }
      },
      { nowMs: () => NOW_MS, signal: stop.signal },
    );
    await expect(stopped).rejects.toMatchObject({ name: 'AbortError' });
    expect(seen.at(-1)).toContain('events-2026-01-03.ndjson');
    expect(readdirSync(out)).toEqual([]);
    await simulate({ ...options, events: 500 }, undefined, { nowMs: () => NOW_MS });
  });

  it('is one at a time in a folder', async () => {
    const out = join(folder, 'shared');
    const effects = { nowMs: () => NOW_MS };
    const both = await Promise.allSettled(
      [1, 2].map((seed) => simulate({ out, events: 5_000, days: 3, seed }, undefined, effects)),
    );
    const [done, refused] = both[0]!.status === 'fulfilled' ? both : both.toReversed();
    expect(done).toMatchObject({ status: 'fulfilled' });
    expect(refused).toMatchObject({ status: 'rejected', reason: { code: 'usage' } });
    const truth = JSON.parse(readFileSync(join(out, 'truth.json'), 'utf8'));
    const lines = truth.lines.files.flatMap((name: string) =>
      readFileSync(join(out, name), 'latin1').trimEnd().split('\n'),
    );
    expect(lines).toHaveLength(truth.lines.received);
  });

  it('keeps its truth to the whole folder when an earlier one cannot be removed', async () => {
    const { out } = await run({ events: 500, days: 3 });
    rmSync(join(out, 'events-2026-01-02.ndjson'));
    mkdirSync(join(out, 'events-2026-01-02.ndjson'));
    await expect(
      simulate({ out, events: 10, overwrite: true }, undefined, { nowMs: () => NOW_MS }),
    ).rejects.toMatchObject({ message: expect.stringContaining(out) });
    expect(existsSync(join(out, 'truth.json'))).toBe(false);
  });

  it('overwrites only files that are named as its own are', async () => {
    const { out } = await run({ events: 500, days: 2 });
    const others = [
      'events-20260101.ndjson',
      'events-2026-01.ndjson',
      'events-2024-05-05T10-30.ndjson',
    ];
    for (const name of others) {
      writeFileSync(join(out, name), 'mine');
    }
    await simulate({ out, events: 10, days: 1, overwrite: true }, undefined, {
      nowMs: () => NOW_MS,
    });
    expect(readdirSync(out).sort()).toEqual(
      ['events-2026-01-01.ndjson', 'truth.json', ...others].sort(),
    );
  });

  it('says what is wrong when its folder is taken away', async () => {
    const out = join(folder, 'gone');
    const simulated = simulate(
      { out, events: 20_000, days: 10 },
      ({ daysDone }) => daysDone > 4 && rmSync(out, { recursive: true, force: true }),
      { nowMs: () => NOW_MS },
    );
    await expect(simulated).rejects.toMatchObject({
      code: 'storage_failed',
      message: expect.stringContaining(out),
    });
  });
});

describe('a profile', () => {
  const write = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };

  it('is YAML or JSON, completed from the defaults', async () => {
    const yaml = write(
      'p.yaml',
      'currency: USD\ndevices:\n  - { name: app, share: 1, conversion: 2 }\n',
    );
    expect(await readProfile(yaml)).toEqual({
      ...DEFAULT_PROFILE,
      currency: 'USD',
      devices: [{ name: 'app', share: 1, conversion: 2 }],
    });
    expect(await readProfile(write('p.json', '{"products": 5}'))).toMatchObject({ products: 5 });
    expect(await readProfile(write('empty.yaml', ''))).toEqual(DEFAULT_PROFILE);
  });

  it.each([
    ['curency: USD', 'curency'],
    ['currency: euro', 'currency: must be three capital letters'],
    ['devices: []', 'devices'],
    [
      'devices: [{ name: a, share: 1, conversion: 1 }, { name: a, share: 1, conversion: 1 }]',
      'listed twice',
    ],
    ['hours: [1, 2]', 'hours'],
    ['a: [', 'neither YAML nor JSON'],
  ])('is refused with the place that is wrong: %s', async (text, message) => {
    await expect(readProfile(write('bad.yaml', text))).rejects.toMatchObject({
      code: 'config_invalid',
      message: expect.stringContaining(message),
    });
  });

  it('is refused when it is not there', async () => {
    await expect(readProfile(join(folder, 'none.yaml'))).rejects.toMatchObject({
      code: 'not_found',
    });
  });
});

describe('a shop that goes on', () => {
  /** A clock that only sleeping moves, and that stops what follows. */
  const quickClock = (stop: AbortController, untilMs: number) => {
    let nowMs = NOW_MS;
    const sleep = async (durationMs: number) => {
      nowMs += durationMs;
      if (nowMs >= untilMs) {
        stop.abort();
      }
    };
    return { nowMs: () => nowMs, processId: 1, sleep };
  };

  it('adds whole files of lines whose time is now, until it is stopped', async () => {
    const out = join(folder, 'follow');
    mkdirSync(out);
    const stop = new AbortController();
    const effects = quickClock(stop, NOW_MS + 60_000);
    const report = await follow(
      { out, ratePerSecond: 200, everySeconds: 5 },
      stop.signal,
      undefined,
      effects,
    );
    const names = readdirSync(out);
    expect(names).toEqual([...names].sort());
    expect(names).toHaveLength(report.files);
    expect(report.files).toBe(12);
    // A minute of 200 a second; visits come in lumps.
    expect(Math.abs(report.lines / 12_000 - 1)).toBeLessThan(0.15);
    const lines = names.flatMap((name) =>
      readFileSync(join(out, name), 'latin1').trimEnd().split('\n'),
    );
    expect(lines).toHaveLength(report.lines);
    const plain = lines.filter((line) =>
      /^\{"event_id":"[0-9a-f-]{36}","user_id":"\d{10}".*\}$/.test(line),
    );
    const recent = plain.filter((line) => /"event_timestamp":"2026-06-01T00:0[01]:/.test(line));
    expect(recent.length / plain.length).toBeGreaterThan(0.9);
  });

  it('is at its rate from the first second on, however high', async () => {
    const out = join(folder, 'quick');
    const stop = new AbortController();
    const counts: number[] = [];
    let nowMs = NOW_MS + 980;
    const effects = {
      nowMs: () => nowMs,
      processId: 1,
      // A timer is late, now more, now less.
      sleep: async (durationMs: number) => {
        nowMs += durationMs + (counts.length % 3) * 40;
        if (counts.length === 10) {
          stop.abort();
        }
      },
    };
    await follow(
      { out, ratePerSecond: 2_000 },
      stop.signal,
      ({ lines }) => counts.push(lines - counts.reduce((sum, count) => sum + count, 0)),
      effects,
    );
    // Visits come in lumps.
    for (const count of counts) {
      expect(Math.abs(count / 2_000 - 1)).toBeLessThan(0.25);
    }
  });

  it('loses nothing between files that are far apart, and remembers the late ones', async () => {
    const out = join(folder, 'seldom');
    const stop = new AbortController();
    const effects = quickClock(stop, NOW_MS + 10 * 3_600_000);
    const options = { out, ratePerSecond: 5, everySeconds: 1_800, dirt: { late: 0.3 } };
    const { lines } = await follow(options, stop.signal, undefined, effects);
    // Of the late ones, nearly every other event, many arrive after the ten hours only.
    const share = lines / (10 * 3_600 * 5);
    expect(share).toBeGreaterThan(0.8);
    expect(share).toBeLessThan(1);
  });

  it('shares a folder with another that follows, and its ids with none', async () => {
    const out = join(folder, 'together');
    const together = [1, 2].map(async (processId) => {
      const stop = new AbortController();
      let nowMs = NOW_MS;
      const sleep = async (durationMs: number) => {
        await new Promise((resolve) => setImmediate(resolve));
        nowMs += durationMs;
        if (nowMs > NOW_MS + 5_000) {
          stop.abort();
        }
      };
      const effects = { nowMs: () => nowMs, processId, sleep };
      return await follow(
        { out, ratePerSecond: 300, clean: true },
        stop.signal,
        undefined,
        effects,
      );
    });
    const reports = await Promise.all(together);
    const names = readdirSync(out);
    expect(names).toHaveLength(reports[0]!.files + reports[1]!.files);
    const ids = names.flatMap((name) =>
      [...readFileSync(join(out, name), 'latin1').matchAll(/"event_id":"([^"]+)"/g)].map(
        ([, id]) => id,
      ),
    );
    expect(ids).toHaveLength(reports[0]!.lines + reports[1]!.lines);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('refuses a rate it cannot keep', async () => {
    await expect(
      follow({ out: join(folder, 'never'), ratePerSecond: 0 }, new AbortController().signal),
    ).rejects.toMatchObject({ message: expect.stringContaining('--rate 0') });
  });

  it('adds nothing to a complete simulation, whose truth would not hold any more', async () => {
    const out = join(folder, 'complete');
    mkdirSync(out);
    writeFileSync(join(out, 'truth.json'), '{}');
    await expect(follow({ out }, new AbortController().signal)).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining('holds a complete simulation'),
    });
    expect(readdirSync(out)).toEqual(['truth.json']);
  });
});

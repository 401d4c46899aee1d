/** The options of `simulate`, their defaults and their validation. */

import { isTimeZone } from '../contract/time-zone.ts';
import { ClicklakeError } from '../errors.ts';
import { checkProfile, type ShopProfile } from './profile.ts';
import { DEFAULT_SENDER, IDENTITIES, type SenderRules } from './sender-rules.ts';

/** How often something goes wrong on the way; each from 0 (never) to its limit. */
export interface DirtRates {
  /** Part of the events that are delivered once more, with the same content. */
  duplicates: number;
  /** Part of the events that arrive hours to weeks after they happened. */
  late: number;
  /** Part of the events overtaken on the way by others, seconds to minutes. */
  outOfOrder: number;
  /** Lines that belong in quarantine, per event; they come in addition to the events. */
  malformed: number;
  /** Lines that use an event's id for other content, per event; in addition to the events. */
  conflicts: number;
  /** Part of the visitors whose clock is wrong: the time of their acts is what their clock says. */
  clockSkew: number;
  /** Part of the events that robots make: many views, no purchase. */
  bots: number;
  /** Part of the lines with fields the event contract does not know. */
  extraFields: number;
  /** Part of the lines that spell the same content differently. */
  spellings: number;
  /** Part of the sessions in which the account or the device changes on the way. */
  mixedSessions: number;
  /** Part of the events about a product: their price or quantity is there, but not a number. */
  unreadableNumbers: number;
}

export const DEFAULT_DIRT: DirtRates = {
  duplicates: 0.01,
  late: 0.03,
  outOfOrder: 0.05,
  malformed: 0.002,
  conflicts: 0.0005,
  clockSkew: 0.01,
  bots: 0.01,
  extraFields: 0.05,
  spellings: 0.05,
  mixedSessions: 0.002,
  unreadableNumbers: 0.0005,
};

const NO_DIRT: DirtRates = {
  duplicates: 0,
  late: 0,
  outOfOrder: 0,
  malformed: 0,
  conflicts: 0,
  clockSkew: 0,
  bots: 0,
  extraFields: 0,
  spellings: 0,
  mixedSessions: 0,
  unreadableNumbers: 0,
};

/** Maximum rate of one kind of defect. */
const MAX_RATE = 0.5;

/** A day's visits are sorted in memory, and every visitor is remembered. */
const MAX_EVENTS_A_DAY = 150_000_000;
const MAX_EVENTS = 2_000_000_000;
const EVENTS_PER_USER = 17;

/** What comes in addition to an event: at most one line. */
const MAX_EXTRA_RATE = 1;

/** How the lines are spread over files, by the time they arrive. */
export type Split = { by: 'day' | 'hour' } | { by: 'count'; files: number };

/** What a caller may ask for. What is left out has the default named. */
export interface SimulateOptions {
  /** The landing folder; created when missing. */
  out: string;
  /** About how many events (1,000,000); or `users`, exactly how many visitors. Not both. */
  events?: number | undefined;
  users?: number | undefined;
  /** Length of the simulated time in days (30), and its first day, YYYY-MM-DD in UTC (2026-01-01). */
  days?: number | undefined;
  start?: string | undefined;
  /** 0 to 4294967295 (42). */
  seed?: number | undefined;
  /** One file per day (default) or hour of arrival; or `files`, that many of equal duration. */
  split?: 'day' | 'hour' | undefined;
  files?: number | undefined;
  /** Compress the files (false). */
  gzip?: boolean | undefined;
  /** Threads that work; the bytes do not depend on it (1). */
  threads?: number | undefined;
  /** Remove an earlier simulation's files from `out` first (false: refuse). */
  overwrite?: boolean | undefined;
  /** No dirt but what `dirt` names (false). */
  clean?: boolean | undefined;
  dirt?: Partial<DirtRates> | undefined;
  profile?: Partial<ShopProfile> | undefined;
  /** What events say about their sender (`DEFAULT_SENDER`). */
  sender?: Partial<SenderRules> | undefined;
  /** IANA name: the rhythm of the day is that of its clocks (default: of each visitor's country). */
  timeZone?: string | undefined;
}

/** A validated simulation with all defaults filled in. */
export interface SimulationPlan {
  out: string;
  size: { by: 'events'; events: number } | { by: 'users'; users: number };
  days: number;
  startMs: number;
  endMs: number;
  seed: number;
  split: Split;
  isGzip: boolean;
  threads: number;
  overwrite: boolean;
  dirt: DirtRates;
  profile: ShopProfile;
  sender: SenderRules;
  timeZone: string | undefined;
}

const DEFAULT_EVENTS = 1_000_000;
const DEFAULT_DAYS = 30;
const DEFAULT_START = '2026-01-01';
export const DEFAULT_SEED = 42;

export const DAY_MS = 86_400_000;
export const HOUR_MS = 3_600_000;

/**
 * Turns options into a plan. Throws `usage` or `config_invalid` for what cannot be done, before
 * anything is written. `nowMs`: events later than a day after their reception are not valid, so the
 * simulated time must be over.
 */
export function planSimulation(options: SimulateOptions, nowMs: number): SimulationPlan {
  refuseBoth('events', options.events, 'users', options.users);
  refuseBoth('split', options.split, 'files', options.files);
  const days = whole('days', options.days ?? DEFAULT_DAYS, 1, 3_660);
  const startMs = parseStart(options.start ?? DEFAULT_START);
  const endMs = startMs + days * DAY_MS;
  if (endMs > nowMs) {
    throw new ClicklakeError(
      'usage',
      `the simulated time ends on ${new Date(endMs - 1).toISOString().slice(0, 10)}, which is not over`,
      { hint: 'choose an earlier --start or fewer --days: events from the future are rejected' },
    );
  }
  const eventsADay = (options.events ?? (options.users ?? 0) * EVENTS_PER_USER) / days;
  if (eventsADay > MAX_EVENTS_A_DAY) {
    throw usage('days', days, 'too few for so many events; 150,000,000 a day is the most');
  }
  if (options.out === '') {
    throw usage('out', '', 'must name a folder');
  }
  return {
    out: options.out,
    size:
      options.users === undefined
        ? { by: 'events', events: whole('events', options.events ?? DEFAULT_EVENTS, 1, MAX_EVENTS) }
        : { by: 'users', users: whole('users', options.users, 1, MAX_EVENTS / EVENTS_PER_USER) },
    days,
    startMs,
    endMs,
    seed: whole('seed', options.seed ?? DEFAULT_SEED, 0, 0xffffffff),
    split: planSplit(options, endMs - startMs),
    isGzip: options.gzip ?? false,
    threads: whole('threads', options.threads ?? 1, 1, 64),
    overwrite: options.overwrite ?? false,
    dirt: planDirt(options.clean ?? false, options.dirt ?? {}),
    profile: checkProfile(options.profile ?? {}, 'given'),
    sender: planSender(options.sender ?? {}),
    timeZone: checkTimeZone(options.timeZone),
  };
}

export function planSender(given: Partial<SenderRules>): SenderRules {
  const sender = { ...DEFAULT_SENDER, ...given };
  if (!IDENTITIES.includes(sender.identity)) {
    throw usage('identity', sender.identity, `must be ${IDENTITIES.join(' or ')}`);
  }
  return sender;
}

function checkTimeZone(name: string | undefined): string | undefined {
  if (name !== undefined && !isTimeZone(name)) {
    throw usage('time-zone', name, 'must be the IANA name of a time zone, as in Asia/Jakarta');
  }
  return name;
}

/** The rates in force: the defaults (or none, when clean), changed by what is given. */
export function planDirt(isClean: boolean, given: Partial<DirtRates>): DirtRates {
  const dirt = { ...(isClean ? NO_DIRT : DEFAULT_DIRT) };
  for (const name of Object.keys(dirt) as (keyof DirtRates)[]) {
    const rate = given[name];
    if (rate !== undefined) {
      if (!(rate >= 0 && rate <= MAX_RATE)) {
        throw usage(
          flagOf(name),
          rate,
          `must be a rate from 0 to ${MAX_RATE} (${100 * MAX_RATE}%)`,
        );
      }
      dirt[name] = rate;
    }
  }
  if (dirt.duplicates + dirt.malformed + dirt.conflicts > MAX_EXTRA_RATE) {
    throw new ClicklakeError(
      'usage',
      '--duplicates, --malformed and --conflicts: more than 1 (100%) together',
      { hint: 'see clicklake simulate --help' },
    );
  }
  return dirt;
}

function planSplit(options: SimulateOptions, durationMs: number): Split {
  if (options.files !== undefined) {
    const mostFiles = Math.min(100_000, durationMs / 60_000);
    return { by: 'count', files: whole('files', options.files, 1, mostFiles) };
  }
  const split: string = options.split ?? 'day';
  if (split !== 'day' && split !== 'hour') {
    throw usage('split', split, 'must be hour or day');
  }
  return { by: split };
}

function parseStart(text: string): number {
  const startMs = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  if (Number.isNaN(startMs) || new Date(startMs).toISOString().slice(0, 10) !== text) {
    throw usage('start', text, 'must be a day as in 2026-01-01');
  }
  if (startMs < Date.UTC(2000, 0, 2)) {
    throw usage('start', text, 'must be 2000-01-02 or later: earlier events are rejected');
  }
  return startMs;
}

/** Throws `usage` unless `value` is a whole number from `least` to `most`. */
export function whole(name: string, value: number, least: number, most: number): number {
  if (!Number.isInteger(value) || value < least || value > most) {
    const range = `from ${least.toLocaleString('en-US')} to ${Math.floor(most).toLocaleString('en-US')}`;
    throw usage(name, value, `must be a whole number ${range}`);
  }
  return value;
}

function refuseBoth(name: string, value: unknown, other: string, otherValue: unknown): void {
  if (value !== undefined && otherValue !== undefined) {
    throw new ClicklakeError('usage', `--${name} and --${other} exclude each other`, {
      hint: `leave out --${name} or --${other}`,
    });
  }
}

function usage(name: string, value: unknown, rule: string): ClicklakeError {
  return new ClicklakeError('usage', `--${name} ${value}: ${rule}`, {
    hint: 'see clicklake simulate --help',
  });
}

/** `clockSkew` as the command line spells it: `clock-skew`. */
function flagOf(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

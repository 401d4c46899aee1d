/**
 * Random folders, files that come late, go or change, and a clock that moves: what each discovery of
 * a lake with many files finds is compared with the rule of docs/operations.md, "Files that other
 * tools write".
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { openContexts } from '../../src/lake/open-context.ts';
import type { LakeContext } from '../../src/pipeline/context.ts';
import { type DiscoverOptions, discover } from '../../src/pipeline/discover.ts';
import { openMemoryStorage } from '../../src/storage/memory.ts';
import { IS_LONG } from '../fixtures/long-runs.ts';
import { seeded } from '../fixtures/messy-lines.ts';
import { settingsFor } from './lake-support.ts';

const HOUR_MS = 60 * 60 * 1_000;
const DAY_MS = 24 * HOUR_MS;
const DUE_AFTER_MS = 23 * HOUR_MS;
const MANY_FILES = 8;
const STEPS = 12;

const SOURCES = ['web', 'web-2', 'web=', 'w/eu', 'ä', '\u{ff5e}', '\u{1f600}'];
/** Of 2026-01-31. */
const SPELLINGS: ((year: string, month: string, day: string) => string)[] = [
  (...date) => date.join('-'),
  (...date) => `date=${date.join('-')}`,
  (...date) => date.join(''),
  (...date) => date.join('/'),
  (...date) => `${date.join('.')}T00`,
  (...date) => `\u{ff5e}${date.join('_')}`,
  (year, month, day) => `year=${year}/month=${month}/day=${day}`,
];
const UNDATED = ['a', 'Z', 'undated/b', '~x/c', 'date', 'date=/d', '0', 'ß', 'month=02'];
const BELOW = ['', '/05', '/05/x', '/2020-01-01', '/a b'];

interface Place {
  folder: string;
  /** What comes before the date in `folder`, and the date; undefined: it has none. */
  dated?: { parent: string; day: string };
}

interface PlacedFile {
  place: Place;
  sizeBytes: number;
  isReadable: boolean;
}

function isoDay(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

/** What happens to a lake, and what is in it. */
class History {
  nowMs: number;
  /** By path: the files of Bronze, and those that the ledger lists. */
  readonly files = new Map<string, PlacedFile>();
  readonly ledger = new Map<string, PlacedFile>();
  lastFullMs: number | undefined;
  readonly #random: () => number;
  readonly #context: LakeContext;
  readonly #sources: readonly string[];
  readonly #spellings: (typeof SPELLINGS)[number][];

  constructor(random: () => number, context: LakeContext, nowMs: number) {
    this.#random = random;
    this.#context = context;
    this.nowMs = nowMs;
    this.#sources = [this.pick(SOURCES), this.pick(SOURCES)];
    this.#spellings = [this.pick(SPELLINGS)];
  }

  pick<Value>(values: readonly Value[]): Value {
    return values[Math.floor(this.#random() * values.length)] as Value;
  }

  happens(probability: number): boolean {
    return this.#random() < probability;
  }

  #newPlace(): Place {
    const source = `bronze/${this.pick(this.#sources)}`;
    if (this.happens(0.15)) {
      return { folder: `${source}/${this.pick(UNDATED)}` };
    }
    const daysAgo = Math.floor(this.#random() * this.pick([3, 30, 700])) - 1;
    const day = isoDay(this.nowMs - daysAgo * DAY_MS);
    const [year = '', month = '', ofMonth = ''] = day.split('-');
    const spelled = this.pick(this.#spellings)(year, month, ofMonth);
    return {
      folder: `${source}/${spelled}${this.pick(BELOW)}`,
      dated: { parent: `${source}/${spelled.slice(0, spelled.indexOf(year))}`, day },
    };
  }

  async #write(path: string, text: string, file: Omit<PlacedFile, 'sizeBytes'>): Promise<void> {
    await this.#context.storage.write(path, Buffer.from(text));
    this.files.set(path, { ...file, sizeBytes: text.length });
  }

  async #remove(path: string): Promise<void> {
    await this.#context.storage.delete(path);
    this.files.delete(path);
  }

  async addFile(): Promise<void> {
    const known = [...this.ledger.values()].map(({ place }) => place);
    const place = known.length > 0 && this.happens(0.3) ? this.pick(known) : this.#newPlace();
    const isReadable = !this.happens(0.03);
    const name = `${this.#random()}`.slice(2);
    const path = `${place.folder}/${name}${isReadable ? '' : '.gz'}`;
    await this.#write(path, `{"id":"${name}"}\n`, { place, isReadable });
  }

  /** Someone uses another folder layout, damages a file of the ledger, or mends what is wrong. */
  async change(): Promise<void> {
    if (this.happens(0.3)) {
      this.#spellings.push(this.pick(SPELLINGS));
    }
    if (this.ledger.size > 0 && this.happens(0.25)) {
      const [path, file] = this.pick([...this.ledger]);
      await (this.happens(0.5) ? this.#remove(path) : this.#write(path, '{}\n', file));
    } else if (this.happens(0.6)) {
      for (const path of this.damaged()) {
        const file = this.ledger.get(path)!;
        await this.#write(path, ' '.repeat(file.sizeBytes), file);
      }
      for (const path of this.unreadable()) {
        await this.#remove(path);
      }
    }
  }

  unlisted(): string[] {
    return [...this.files.keys()].filter(
      (path) => !this.ledger.has(path) && this.files.get(path)?.isReadable,
    );
  }

  unreadable(): string[] {
    return [...this.files.keys()].filter((path) => !this.files.get(path)?.isReadable);
  }

  damaged(): string[] {
    return [...this.ledger.keys()].filter(
      (path) => this.files.get(path)?.sizeBytes !== this.ledger.get(path)?.sizeBytes,
    );
  }

  isFullListingDue(): boolean {
    return (
      this.ledger.size < MANY_FILES ||
      this.lastFullMs === undefined ||
      this.nowMs >= this.lastFullMs + DUE_AFTER_MS
    );
  }

  /** Whether a run may leave the file out. */
  isOld(path: string): boolean {
    const { dated } = (this.files.get(path) ?? this.ledger.get(path))!.place;
    const days = [...this.ledger.values()].flatMap(({ place }) =>
      place.dated !== undefined && place.dated.parent === dated?.parent ? [place.dated.day] : [],
    );
    const [oldest, newest] = [days.toSorted()[0], days.toSorted().at(-1)];
    if (dated === undefined || oldest === undefined || newest === undefined) {
      return false;
    }
    const end = Math.min(Date.parse(newest), Date.parse(isoDay(this.nowMs))) - DAY_MS;
    // In another spelling than the oldest date, one before it in the same year may come after it.
    return dated.day.slice(0, 4) >= oldest.slice(0, 4) && Date.parse(dated.day) < end;
  }

  /** Discovers what is new, and compares that with what is there. */
  async discover(options: DiscoverOptions): Promise<void> {
    const isFull = options.listsAll || this.isFullListingDue();
    const expected = [this.unlisted(), this.damaged(), this.unreadable()];
    const sure = expected.map((paths) => paths.filter((path) => isFull || !this.isOld(path)));
    const { discovered, damaged, unreadable, leftOut } = await discover(this.#context, options);
    const pathsOf = (files: readonly { path: string }[]) => files.map(({ path }) => path);
    const found = [discovered, pathsOf(damaged), pathsOf(unreadable)];
    for (const [kind, paths] of found.entries()) {
      expect(expected[kind]).toEqual(expect.arrayContaining(paths));
      expect(paths).toEqual(expect.arrayContaining(sure[kind] ?? []));
      expect(new Set(paths).size).toBe(paths.length);
    }
    if (isFull) {
      expect(leftOut).toEqual([]);
    }
    if (options.addFound !== undefined) {
      return;
    }
    if (damaged.length + unreadable.length > 0) {
      this.lastFullMs = undefined;
    } else if (leftOut.length === 0 && this.ledger.size >= MANY_FILES) {
      this.lastFullMs = this.nowMs;
    }
    for (const path of discovered) {
      this.ledger.set(path, this.files.get(path)!);
    }
  }
}

it.each(Array.from({ length: IS_LONG ? 300 : 6 }, (_, seed) => seed))(
  'a discovery finds all but late files in old date folders (history %i)',
  async (seed) => {
    const folder = await mkdtemp(join(tmpdir(), 'clicklake-test-'));
    const storage = openMemoryStorage();
    let history: History | undefined;
    const { context, close } = await openContexts(settingsFor(join(folder, 'lake')), {
      ...{ manyFiles: MANY_FILES, now: () => history?.nowMs ?? 0, wrapStorage: () => storage },
    });
    onTestFinished(async () => {
      await close();
      await storage.dispose();
      await rm(folder, { recursive: true, force: true });
    });
    history = new History(
      seeded(seed),
      context,
      Date.UTC(2026, seed % 12, 1 + (seed % 28), seed % 24),
    );
    for (let step = 0; step < STEPS; step += 1) {
      const fileCount = history.pick(step === 0 ? [5, 20] : [0, 2, 5]);
      for (let file = 0; file < fileCount; file += 1) {
        await history.addFile();
      }
      await history.change();
      if (history.happens(0.2)) {
        // As a preview does.
        await history.discover({ listsAll: false, addFound: async (entries) => [...entries] });
      }
      await history.discover({ listsAll: history.happens(0.1) });
      history.nowMs += history.pick([0, 1, 5, 12, 30, 100]) * HOUR_MS;
    }
  },
);

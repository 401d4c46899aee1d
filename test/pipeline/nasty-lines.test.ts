import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunReport } from '../../src/pipeline/reports.ts';
import { type LineCase, RECEIVED_AT_MICROS } from '../fixtures/lines/line-case.ts';
import { hugeLines, NASTY_LINES } from '../fixtures/lines/nasty-lines.ts';
import { openTestLake, type TestLake } from './lake-support.ts';

const LINES = [...NASTY_LINES, ...hugeLines()];

let lake: TestLake;
let report: RunReport;
/** Silver by event id; quarantine reasons by the line's bytes as exported. */
const events = new Map<string, Record<string, unknown>>();
const reasons = new Map<string, string[]>();

beforeAll(async () => {
  lake = await openTestLake({ now: () => Number(RECEIVED_AT_MICROS / 1000n) });
  const together = LINES.filter((line) => !line.isFirstLineOfFile);
  // The same lines through both ways of reading: a file that the text reader takes, one it does not.
  const plain = together.filter(({ bytes }) => isPlain(bytes));
  const odd = together.filter(({ bytes }) => !isPlain(bytes));
  await lake.receive('plain.ndjson', joinLines(plain));
  await lake.receive('odd.ndjson', joinLines(odd));
  for (const [index, line] of LINES.filter(
    ({ isFirstLineOfFile }) => isFirstLineOfFile,
  ).entries()) {
    await lake.receive(`first-${index}.ndjson`, joinLines([line]));
  }
  report = await lake.lake.run({ fullRefresh: false });
  for (const row of await lake.rows('SELECT * FROM silver_events')) {
    events.set(String(row.event_id), row);
  }
  const quarantine = await lake.rows(
    'SELECT reason, COALESCE(raw_base64, to_base64(encode(raw_text))) AS bytes FROM silver_quarantine',
  );
  for (const { reason, bytes } of quarantine) {
    reasons.set(String(bytes), [...(reasons.get(String(bytes)) ?? []), String(reason)]);
  }
});

afterAll(async () => {
  await lake[Symbol.asyncDispose]();
});

describe('a lake on DuckDB', () => {
  it.each(LINES.map((line) => [line.name.slice(0, 100), line] as const))('judges %s', (_, line) => {
    const { outcome, bytes } = line;
    if (outcome.kind === 'quarantined') {
      expect(reasons.get(bytes.toString('base64'))).toContain(outcome.reason);
    } else if (outcome.kind === 'event') {
      expect(reasons.get(bytes.toString('base64'))).toBeUndefined();
      const row = events.get(outcome.event.event_id);
      expect(row).toMatchObject(asQueried(outcome.event));
    }
  });

  it('accounts for every line', () => {
    const received = LINES.filter(({ outcome }) => outcome.kind !== 'blank');
    const quarantined = Object.values(report.quarantined).reduce((sum, count) => sum + count, 0);
    expect(report.lines).toBe(received.length);
    expect(report.valid + report.duplicates + quarantined).toBe(report.lines);
    expect(report.valid).toBe(received.filter(({ outcome }) => outcome.kind === 'event').length);
  });

  it('verifies', async () => {
    const { checks } = await lake.lake.verify();
    expect(checks.filter((check) => !check.isEqual)).toEqual([]);
  });

  it('gives quarantined lines back byte for byte', async () => {
    const chunks: Buffer[] = [];
    await lake.lake.exportQuarantine({}, async (chunk) => {
      chunks.push(chunk);
    });
    const exported = Buffer.concat(chunks);
    for (const { outcome, bytes, name } of LINES) {
      if (outcome.kind !== 'quarantined') {
        continue;
      }
      expect(exported.includes(Buffer.concat([bytes, Buffer.from('\n')])), name).toBe(true);
    }
  });

  it('counts unreadable numbers and undeclared fields', () => {
    const expected = { quantity: 0, price: 0 };
    const fields = new Map<string, number>();
    for (const { outcome } of LINES) {
      if (outcome.kind !== 'event') {
        continue;
      }
      if (outcome.unreadable.quantity) {
        expected.quantity += 1;
      }
      if (outcome.unreadable.price) {
        expected.price += 1;
      }
      for (const name of outcome.unknownFields) {
        fields.set(name, (fields.get(name) ?? 0) + 1);
      }
    }
    expect(report.unreadableNumbers).toMatchObject(expected);
    const { names, more } = report.unknownFields;
    expect(Object.keys(names)).toHaveLength(100);
    expect(more + 100).toBeGreaterThanOrEqual(fields.size);
    const least = Math.min(...Object.values(names));
    for (const [name, count] of fields) {
      expect(Object.hasOwn(names, name) ? names[name] : least, name).toBeGreaterThanOrEqual(count);
    }
  });
});

function isPlain(bytes: Buffer): boolean {
  return (
    !bytes.includes(0x0d) &&
    !bytes.includes(0x00) &&
    bytes.length < 1_000_000 &&
    bytes.toString('utf8').length > 0 &&
    Buffer.from(bytes.toString('utf8')).equals(bytes) &&
    !bytes.includes('\x02\x03\x02\x03')
  );
}

function joinLines(lines: readonly LineCase[]): Buffer {
  return Buffer.concat(lines.flatMap(({ bytes }) => [bytes, Buffer.from('\n')]));
}

/** The event as `clicklake query --json` shows it. */
function asQueried(event: Extract<LineCase['outcome'], { kind: 'event' }>['event']) {
  const { event_timestamp: micros, price, ...same } = event;
  return {
    ...same,
    event_timestamp: isoOf(micros),
    price: price === null ? null : decimalOf(price),
  };
}

function isoOf(micros: bigint): string {
  const text = new Date(Number(micros / 1_000_000n) * 1000).toISOString().slice(0, -5);
  const fraction = micros % 1_000_000n;
  return fraction === 0n ? `${text}Z` : `${text}.${String(fraction).padStart(6, '0')}Z`;
}

function decimalOf(cents: bigint): string {
  const digits = String(cents < 0n ? -cents : cents).padStart(3, '0');
  return `${cents < 0n ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

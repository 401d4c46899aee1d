import { describe, expect, it } from 'vitest';
import { BUILT_IN_EVENT_TYPE_ALIASES, BUILT_IN_EVENT_TYPES } from '../../src/config/event-types.ts';
import type { EventRules } from '../../src/verify/line-judge.ts';
import { classifyLine } from '../fixtures/judge-line.ts';
import { type LineCase, RECEIVED_AT_MICROS } from '../fixtures/lines/line-case.ts';
import { hugeLines, NASTY_LINES } from '../fixtures/lines/nasty-lines.ts';
import { TIMESTAMPS } from '../fixtures/lines/timestamps.ts';

const RULES: EventRules = {
  eventTypes: new Set(BUILT_IN_EVENT_TYPES),
  aliases: new Map(Object.entries(BUILT_IN_EVENT_TYPE_ALIASES)),
};

function judge({ bytes, isFirstLineOfFile }: LineCase) {
  const context = { receivedAtMicros: RECEIVED_AT_MICROS, isFirstLineOfFile };
  const verdict = classifyLine(bytes, context, RULES);
  return verdict.kind === 'quarantined' ? { kind: verdict.kind, reason: verdict.reason } : verdict;
}

describe('classifyLine', () => {
  it.each(NASTY_LINES.map((line) => [line.name.slice(0, 100), line] as const))('%s', (_, line) => {
    expect(judge(line)).toEqual(line.outcome);
  });

  it('judges lines of 20 MB', () => {
    for (const line of hugeLines()) {
      expect(judge(line), line.name).toEqual(line.outcome);
    }
  });

  it('has no two cases of one name and bytes in the tables', () => {
    const keys = NASTY_LINES.map((line) => `${line.name} ${line.bytes.toString('latin1')}`);
    expect(new Set(keys).size).toBe(keys.length);
    expect(TIMESTAMPS.length).toBeGreaterThan(250);
  });
});

/** Which user agents are bots: the list, and the pattern that is made of it. */
import { readFileSync } from 'node:fs';
import { list } from 'isbot';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BOT_LIST } from '../../src/contract/gold-rules.ts';
import { botPattern, portablePattern } from '../../src/engines/bot-pattern.ts';
import { literal } from '../../src/engines/duckdb/sql-text.ts';
import { BROWSERS, botsAmong, CRAWLERS, isBotByList, ODD_AGENTS } from '../fixtures/user-agents.ts';
import { openTestLake, type TestLake } from '../pipeline/lake-support.ts';

describe('the pattern of bots', () => {
  it('comes from the list whose version the tables keep', () => {
    const root = new URL('../../package.json', import.meta.url);
    const { dependencies } = JSON.parse(readFileSync(root, 'utf8'));
    expect(BOT_LIST).toBe(`isbot ${dependencies.isbot}`);
  });

  it('has nothing that RE2 lacks', () => {
    expect(list.some((pattern) => /\(\?<?[!=]/.test(pattern))).toBe(true);
    expect(botPattern()).not.toMatch(/\(\?<?[!=]/);
  });

  it('is found where the pattern of the list is', () => {
    const rewritten = list.filter((pattern) => portablePattern(pattern) !== pattern);
    expect(rewritten.length).toBeGreaterThan(4);
    for (const pattern of rewritten) {
      const wanted = new RegExp(pattern, 'i');
      const made = new RegExp(portablePattern(pattern), 'i');
      for (const agent of shortAgents()) {
        expect(made.test(agent), `${pattern} in ${agent}`).toBe(wanted.test(agent));
      }
    }
  });

  it.each([
    ['(?<=a)b', 'a positive lookbehind'],
    ['a(?=b)', 'a positive lookahead'],
    ['a(?!b)c', 'a lookahead within'],
    ['a(?!b+)', 'a lookahead of a pattern'],
    ['(a)\\1', 'a reference'],
    ['\\p{L}', 'a class of Unicode'],
    ['~', 'the character that stands for others'],
  ])('refuses %s, %s', (pattern) => {
    expect(() => portablePattern(pattern)).toThrow('not portable');
  });

  it.each([
    ['(?<!ab|b)c', ['bc', 'abc', 'xbc'], ['c', 'ac', 'b c', 'cc']],
    ['(?<!ab|xb)c', ['abc', 'xbc'], ['bc', 'c', ' bc', 'aabbc']],
    ['a(?!b)', ['ab', 'AB'], ['a', 'ac', 'aba']],
    ['a(?!(?:bc|bd|e))', ['abc', 'abd', 'ae'], ['ab', 'abb', 'a']],
  ])('says of %s the same without lookarounds', (pattern, without, within) => {
    const made = new RegExp(portablePattern(pattern), 'i');
    expect(without.filter((text) => made.test(text))).toEqual([]);
    expect(within.filter((text) => !made.test(text))).toEqual([]);
  });
});

describe('is_bot_agent', () => {
  let lake: TestLake;
  beforeAll(async () => {
    lake = await openTestLake();
    await lake.receive('blank.ndjson', '\n');
  });
  afterAll(async () => {
    await lake?.[Symbol.asyncDispose]();
  });

  it('takes the bots of another list for bots, but for a few', async () => {
    const bots = await botsAmong(lake, literal, CRAWLERS);
    expect(CRAWLERS.length).toBeGreaterThan(2_000);
    expect(bots.length / CRAWLERS.length).toBeGreaterThan(0.99);
    expect(bots).toEqual(CRAWLERS.filter(isBotByList));
  });

  it('takes no browser for a bot', async () => {
    expect(await botsAmong(lake, literal, BROWSERS)).toEqual([]);
  });

  it('agrees with the list on odd texts', async () => {
    expect(await botsAmong(lake, literal, ODD_AGENTS)).toEqual(ODD_AGENTS.filter(isBotByList));
  });

  it('takes no missing and no blank user agent for a bot', async () => {
    const [row] = await lake.rows(
      `SELECT is_bot_agent(NULL) AS missing, is_bot_agent('') AS empty, is_bot_agent(' \t') AS blank`,
    );
    expect(row).toEqual({ missing: false, empty: false, blank: false });
  });
});

/** Every third crawler, and what looks like words that a lookaround names. */
function shortAgents(): string[] {
  const words = ODD_AGENTS.filter((agent) => agent.length < 100);
  const printable = words.map((agent) => agent.replace(/[^ -~]/gu, '~'));
  return [...printable, ...BROWSERS, ...CRAWLERS.filter((_, number) => number % 3 === 0)];
}

import { describe, expect, it, vi } from 'vitest';
import { literal } from '../../src/engines/spark/sql-text.ts';
import { openOn, SPARK_URL } from '../fixtures/both-engines.ts';
import { BROWSERS, botsAmong, CRAWLERS, isBotByList, ODD_AGENTS } from '../fixtures/user-agents.ts';

// Seconds on a quiet machine, minutes on a busy one.
vi.setConfig({ testTimeout: 1_800_000 });

describe.skipIf(SPARK_URL === undefined)('bots on Spark', () => {
  it('are those of the list, which has no browser and no blank text', async () => {
    await using lake = await openOn('spark');
    await lake.receive('blank.ndjson', Buffer.from('\n'));
    const agents = [...CRAWLERS, ...BROWSERS, ...ODD_AGENTS];
    expect(await botsAmong(lake, literal, agents)).toEqual(agents.filter(isBotByList));
    expect(await botsAmong(lake, literal, BROWSERS)).toEqual([]);
    const [row] = await lake.rows(
      `SELECT is_bot_agent(NULL) AS missing, is_bot_agent('') AS empty, is_bot_agent(' \\t') AS blank`,
    );
    expect(row).toEqual({ missing: false, empty: false, blank: false });
  });
});

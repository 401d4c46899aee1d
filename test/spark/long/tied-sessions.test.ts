/** Sessions whose events are hard to put in order, because they share instants. */
import { describe, expect, it } from 'vitest';
import { type EngineName, joinLines, runSteps, SPARK_URL } from '../../fixtures/both-engines.ts';
import { sessionsOfOneSecond, tiedSessions } from '../../fixtures/tied-sessions.ts';

describe.skipIf(SPARK_URL === undefined)('Spark', () => {
  it.each([false, true])(
    'comes to the sessions of DuckDB where instants tie (skipped checkout: %s)',
    async (skipCheckout) => {
      const events = [...tiedSessions(1000), ...sessionsOfOneSecond(1000)];
      const lines = events.map((event) => Buffer.from(JSON.stringify(event)));
      const files = [{ name: 'tied.ndjson', bytes: joinLines(lines) }];
      const outcome = (engine: EngineName) =>
        runSteps([{ engine, files }], (settings) => ({ ...settings, funnel: { skipCheckout } }));
      const onSpark = await outcome('spark');
      expect(onSpark).toEqual(await outcome('duckdb'));
      expect(onSpark.differences).toEqual([]);
    },
    1_200_000,
  );
});

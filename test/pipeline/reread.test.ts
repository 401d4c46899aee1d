import { expect, it } from 'vitest';
import { openTestLake } from './lake-support.ts';

/** The space at the start is JSON; the quick reader leaves such lines to the exact one. */
const oddLine = (index: number): string =>
  ` ${JSON.stringify({
    event_id: `e${index}`,
    user_id: 'u',
    session_id: 's',
    event_type: 'page_view',
    event_timestamp: '2026-01-05T10:00:00Z',
    page_url: 'x'.repeat(9_000),
  })}\n`;

it('run reads any number of lines exactly, also more than it holds at a time', async () => {
  await using lake = await openTestLake();
  const lines = Array.from({ length: 8_000 }, (_, index) => oddLine(index));
  await lake.receive('odd.ndjson', lines.join(''));
  const report = await lake.lake.run({ fullRefresh: false });
  expect(report).toMatchObject({ lines: 8_000, valid: 8_000, duplicates: 0, quarantined: {} });
});

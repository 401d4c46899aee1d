/** An ingest says when what it took does not fit the mapping of its source. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openTestLake, type TestLake } from './lake-support.ts';

/** Ten of them are more than the few that are looked at first. */
const OTHER_NAMES = Array.from(
  { length: 200 },
  (_, index) =>
    `{"id":"e${index}","customer_id":"c${index % 7}","event":"page_view","ts":"2026-02-01T10:00:${String(index % 60).padStart(2, '0')}Z"}\n`,
);
const OWN_NAMES =
  '{"event_id":"1","user_id":"u","event_type":"page_view","event_timestamp":"2026-02-01T10:00:00Z"}\n';

async function ingestText({ folder, lake }: TestLake, name: string, text: string) {
  const path = join(folder, name);
  await writeFile(path, text);
  return await lake.ingest([{ kind: 'file', path }], { source: 'web' });
}

it('records of other names are kept in Bronze, with the reason and a mapping for them', async () => {
  await using test = await openTestLake();
  const report = await ingestText(test, 'a.json', OTHER_NAMES.join(''));
  expect(report).toMatchObject({
    lineCount: 200,
    withoutEvents: {
      records: 200,
      reason: 'missing:event_id',
      recordsWithReason: 200,
      example: OTHER_NAMES[0]?.trim(),
      proposal: {
        mapping: {
          fields: {
            event_id: 'id',
            user_id: 'customer_id',
            event_type: 'event',
            event_timestamp: 'ts',
          },
        },
        valid: 200,
      },
    },
  });
});

it('records that no mapping would make events of have the reason alone', async () => {
  await using test = await openTestLake();
  const report = await ingestText(test, 'a.json', '{"a":1}\n{"a":2}\n');
  expect(report.withoutEvents).toMatchObject({ reason: 'missing:event_id', proposal: null });
});

it('the report says what no mapping of fields can mend', async () => {
  await using test = await openTestLake();
  const zoom = OWN_NAMES.replace('page_view', 'zoom');
  expect((await ingestText(test, 'a.json', zoom)).withoutEvents).toMatchObject({
    ...{ hasObjects: true, isRead: false },
    unknownTypes: [{ type: 'zoom', records: 1 }],
  });
  expect((await test.lake.run()).sourcesWithoutEvents).toMatchObject([{ hasObjects: true }]);
  const { withoutEvents } = await ingestText(test, 'b.json', '{"a":1},{"a":2}\nx\n["y"]\n');
  expect(withoutEvents).toMatchObject({ hasObjects: false, isRead: true });
  expect(withoutEvents).not.toHaveProperty('unknownTypes');

  await using other = await openTestLake();
  await ingestText(other, 'b.json', 'x y\n');
  expect((await other.lake.run()).sourcesWithoutEvents).toMatchObject([{ hasObjects: false }]);
});

it('one event far behind the others is enough', async () => {
  await using test = await openTestLake();
  const report = await ingestText(test, 'a.json', OTHER_NAMES.join('') + OWN_NAMES);
  expect(report.withoutEvents).toBeUndefined();
});

it('nothing is said of a source with events from before, nor of what is taken with its mapping', async () => {
  await using test = await openTestLake();
  await ingestText(test, 'a.json', OWN_NAMES);
  await test.lake.run();
  expect((await ingestText(test, 'b.json', OTHER_NAMES.join(''))).withoutEvents).toBeUndefined();

  await using mapped = await openTestLake({}, (settings) => ({
    ...settings,
    sources: {
      web: {
        fields: {
          event_id: 'id',
          user_id: 'customer_id',
          event_type: 'event',
          event_timestamp: 'ts',
        },
      },
    },
  }));
  expect((await ingestText(mapped, 'b.json', OTHER_NAMES.join(''))).withoutEvents).toBeUndefined();
});

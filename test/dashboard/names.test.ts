/** Names that the page shows, in its form of filters. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { valuesNamed } from '../../src/dashboard/names.ts';
import type { View } from '../../src/dashboard/view.ts';
import { ask } from './ask.ts';
import { findChromium, startChromium } from './browser.ts';
import { type ServedLake, serveLake } from './served-lake.ts';

const session = (id: string, fields: object): string =>
  JSON.stringify({
    ...{ event_id: id, user_id: id, session_id: id, event_type: 'page_view' },
    ...{ event_timestamp: '2026-01-05T10:00:00Z', ...fields },
  });
const LINES = [
  session('a', { country: 'DE', campaign_name: 'Spring' }),
  session('b', { country: 'DE' }),
  session('c', { country: 'DZ', campaign_name: 'Spring' }),
  session('d', { country: 'FR', campaign_name: 'Campaign 7' }),
  session('e', {}),
];
const PERIOD = 'from=2026-01-05&to=2026-01-05';

let lake: ServedLake;
beforeAll(async () => {
  lake = await serveLake({ lines: LINES });
});
afterAll(() => lake?.stop());

it.each([
  ['Germany', 'country', ['DE'], ['DE']],
  ['germany', 'country', ['FR', 'DE'], ['DE']],
  ['DE', 'country', ['DE'], ['DE']],
  ['Ger', 'country', ['DE'], ['Ger']],
  ['not sent', 'country', ['DE'], ['']],
  ['No campaign', 'campaign', [], ['']],
  ['no campaign', 'campaign', ['no campaign'], ['no campaign', '']],
  ['Sale', 'campaign', ['sale'], ['Sale']],
  ['no campaign', 'device', ['mobile'], ['no campaign']],
])('%s of %s', (text, dimension, known, values) => {
  expect(valuesNamed(text, dimension, known)).toEqual(values);
});

it.each([
  // Algeria too.
  ['country.contains=ger', 3],
  ['country.contains=germ', 2],
  ['country.contains=DZ', 1],
  ['country.contains=not sent', 1],
  ['country.contains=xyz', 0],
  ['campaign.contains=campaign', 1],
  ['campaign.contains=No campaign', 2],
])('a part of a name: %s', async (query, sessions) => {
  const { body } = await ask(lake.address, `/api/view?${PERIOD}&${encodeURI(query)}`);
  expect((JSON.parse(body) as View).totals.sessions).toBe(sessions);
});

describe.skipIf(findChromium() === undefined)('the form of filters (needs Chromium)', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startChromium();
  });
  afterAll(() => browser?.close());

  it.each([
    ['country', 'is', 'Germany', 'country=DE', 'Country is Germany'],
    ['country', 'contains', 'Ger', 'country.contains=Ger', 'Country contains Ger'],
    ['campaign', 'isNot', 'no campaign', 'campaign.not=', 'Campaign is not no campaign'],
  ])('takes the name shown: %s %s %s', async (dimension, operator, text, query, chip) => {
    const page = await browser.newPage();
    await page.goto(`${lake.address}?${PERIOD}`);
    await page.getByText('Add a filter').click();
    await page.getByLabel('Filter by').selectOption(dimension);
    await page.getByLabel('Condition').selectOption(operator);
    if (dimension === 'country') {
      const offered = page.locator('#filter-values option');
      const values = await offered.evaluateAll((all) =>
        all.map((each) => each.getAttribute('value')),
      );
      expect(values).toEqual(['Germany', 'not sent', 'Algeria', 'France']);
    }
    await page.getByLabel('Value').fill(text);
    await page.keyboard.press('Enter');
    await page.waitForURL((url) => url.search.endsWith(`&${query}`));
    await page.getByRole('button', { name: `Remove filter: ${chip}` }).waitFor();
    await page.close();
  });
});

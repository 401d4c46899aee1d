/** Makes the pictures of the dashboard in docs/images (`npm run screenshots`); needs Chromium. */
import { mkdir } from 'node:fs/promises';
import { startChromium } from '../test/dashboard/browser.ts';
import { serveLake } from '../test/dashboard/served-lake.ts';

const PICTURES = [
  { name: 'overview', query: '', width: 1240, colorScheme: 'light' },
  { name: 'dark', query: '?page=acquisition', width: 1240, colorScheme: 'dark' },
  { name: 'phone', query: '', width: 390, colorScheme: 'light' },
] as const;

const lake = await serveLake({ events: '60k' });
const browser = await startChromium();
await mkdir('docs/images', { recursive: true });
for (const { name, query, width, colorScheme } of PICTURES) {
  const page = await browser.newPage({ viewport: { width, height: 860 }, colorScheme });
  await page.goto(`${lake.address}${query}`);
  await page.waitForSelector('main[aria-busy=false] .panel canvas');
  // The currency comes last.
  await page.getByText('Amounts are in').waitFor();
  // The folder of this lake says nothing to a reader.
  await page.locator('.lake').evaluate((element) => {
    element.textContent = './lake';
  });
  await page.screenshot({ path: `docs/images/dashboard-${name}.png` });
  await page.close();
}
await browser.close();
await lake.stop();

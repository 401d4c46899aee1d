/** Makes the pictures of the dashboard in docs/images (`npm run screenshots`); needs Chromium. */
import { mkdir } from 'node:fs/promises';
import { startChromium } from '../test/dashboard/browser.ts';
import { serveLake } from '../test/dashboard/served-lake.ts';

const PICTURES = [
  { name: 'overview', width: 1240, height: 860, colorScheme: 'light', scrollTo: 'h1' },
  { name: 'dark', width: 1240, height: 860, colorScheme: 'dark', scrollTo: '#durations' },
  { name: 'phone', width: 390, height: 860, colorScheme: 'light', scrollTo: 'h1' },
] as const;

const lake = await serveLake({ events: '60k' });
const browser = await startChromium();
await mkdir('docs/images', { recursive: true });
for (const { name, width, height, colorScheme, scrollTo } of PICTURES) {
  const page = await browser.newPage({ viewport: { width, height }, colorScheme });
  await page.goto(lake.address);
  // The last to come.
  await page.waitForSelector('#health');
  // The folder of this lake says nothing to a reader.
  await page.locator('.lake').evaluate((element) => {
    element.textContent = './lake';
  });
  await page.locator(scrollTo).scrollIntoViewIfNeeded();
  await page.locator(scrollTo).evaluate((element) => element.scrollIntoView());
  await page.screenshot({ path: `docs/images/dashboard-${name}.png` });
  await page.close();
}
await browser.close();
await lake.stop();

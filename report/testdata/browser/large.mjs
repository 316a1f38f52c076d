// Opens a long report and measures how long that takes, and what one then does
// with it.
//
//   node large.mjs CHROMIUM FILE
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';

const [executablePath, file] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
page.setDefaultTimeout(120_000);
const problems = [];
page.on('pageerror', (e) => problems.push(e.message));

const drawn = () => page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
const took = {};
async function timed(what, act) {
  const start = performance.now();
  await act();
  await drawn();
  took[what] = performance.now() - start;
}

await timed('opened', () => page.goto(pathToFileURL(file).href));
took.painted = await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0].startTime);
took.elements = await page.evaluate(() => document.getElementsByTagName('*').length);

const records = page.locator('#records .listing');
const status = records.locator('[role=status]');
await records.locator('input').scrollIntoViewIfNeeded();
if (await status.textContent() !== '10,000 rows') problems.push(`the records are ${await status.textContent()}`);
await timed('filtered', async () => {
  await records.locator('input').fill('rec-9999');
  await page.waitForFunction(() => document.querySelector('#records [role=status]').textContent === '1 of 10,000 rows match');
});
await records.locator('input').press('Escape');
await timed('sorted', () => records.locator('.sort').nth(1).click());
await timed('unfolded', () => records.locator('details.rest > summary').first().click());
const rows = await records.locator('details.rest').first().locator('tbody tr').count();
if (rows !== 500) problems.push(`${rows} rows are unfolded`);
if (!await page.getByText('more events are in the JSON document').count()) problems.push('what is left out is not told');
await browser.close();
process.stdout.write(JSON.stringify([{ name: 'large', problems, took }]));

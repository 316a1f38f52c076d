// Opens the page of a batch of a thousand hosts, measures how long that takes,
// and finds a host on it.
//
//   node batch.mjs CHROMIUM FILE
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';

const [executablePath, file] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
page.setDefaultTimeout(120_000);
const problems = [];
const url = pathToFileURL(file).href;
page.on('pageerror', (e) => problems.push(e.message));
page.on('console', (m) => { if (['error', 'warning'].includes(m.type())) problems.push(`console: ${m.text()}`); });
page.on('request', (r) => { if (r.url().split('#')[0] !== url) problems.push(`a request leaves: ${r.url()}`); });

const drawn = () => page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
const took = {};
async function timed(what, act) {
  const start = performance.now();
  await act();
  await drawn();
  took[what] = performance.now() - start;
}

await timed('opened', () => page.goto(url));
took.painted = await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0].startTime);
took.elements = await page.evaluate(() => document.getElementsByTagName('*').length);

const hosts = page.locator('#hosts .listing');
await hosts.locator('input').scrollIntoViewIfNeeded();
if (await hosts.locator('[role=status]').textContent() !== '1,000 rows') problems.push(`the hosts are ${await hosts.locator('[role=status]').textContent()}`);
await timed('filtered', async () => {
  await hosts.locator('input').fill('WS-999');
  await page.waitForFunction(() => document.querySelector('#hosts [role=status]').textContent === '1 of 1,000 rows match');
});
const href = await hosts.locator('tbody th a').first().getAttribute('href');
if (href !== 'hosts/collection-ws-999/report.html') problems.push(`the host's report is ${href}`);
await hosts.locator('input').press('Escape');
await timed('sorted', () => hosts.locator('.sort').first().click());

// The heads and the first column of the matrix stay when it is scrolled.
const stays = await page.evaluate(() => {
  const box = document.querySelector('.matrix .scroll');
  box.scrollIntoView();
  const at = () => [box.querySelector('thead th').getBoundingClientRect(), box.querySelector('tbody tr:last-child th').getBoundingClientRect().left].map((r) => (typeof r === 'number' ? r : [r.left, r.top])).flat();
  const before = at();
  box.scrollTo(400, 200);
  return [before, at(), box.scrollLeft];
});
if (String(stays[0]) !== String(stays[1]) || stays[2] !== 400) problems.push(`the matrix's heads move: ${JSON.stringify(stays)}`);
await browser.close();
process.stdout.write(JSON.stringify([{ name: 'batch', problems, took }]));

// What the report's script is for: filter, sort, fold, copy, follow a link.

const settled = 300; // ms, longer than the filter waits for more letters

export async function lists(page, problem) {
  const listings = page.locator('.listing:has(.tools)');
  for (let i = 0; i < await listings.count(); i++) {
    const list = listings.nth(i);
    const name = await list.locator('.tools').getAttribute('aria-label');
    await filters(page, list, (text) => problem(`${name}: ${text}`));
    await sorts(list, (text) => problem(`${name}: ${text}`));
  }
}

const rowsOf = (list) => list.evaluate((e) => [...e.querySelectorAll('table')].filter((t) => !t.closest('.cards')).flatMap((t) => [...t.tBodies[0].rows].map((r) => r.textContent.trim())));
const cardsOf = (list) => list.locator('.cards > .card:not([hidden])').count();

async function filters(page, list, problem) {
  const input = list.locator('input[type=search]');
  const status = list.locator('[role=status]');
  const before = await rowsOf(list);
  const cards = await cardsOf(list);

  await input.fill('no row has this \u2603');
  await page.waitForFunction((e) => e.textContent.startsWith('0 of '), await status.elementHandle());
  if ((await rowsOf(list)).length || await cardsOf(list)) problem('a filter that fits nothing leaves something');
  if (!/^0 of [\d,]+ rows match$/.test(await status.innerText())) problem(`nothing matches, and it says ${await status.innerText()}`);
  await input.press('Escape');
  if ((await rowsOf(list)).length !== before.length || await cardsOf(list) !== cards) problem('Escape does not clear the filter');

  const word = before[before.length - 1].split(/\s+/).sort((a, b) => b.length - a.length)[0].slice(0, 60);
  await input.fill(word);
  await page.waitForTimeout(settled);
  const found = await rowsOf(list);
  if (!found.length || found.length > before.length) problem(`${found.length} rows for ${word}`);
  await input.press('Escape');

  for (const text of await list.evaluate(pick)) problem(text);
  if (String(await rowsOf(list)) !== String(before)) problem('rows are not as they were once no filter is left');
}

// pick presses every chip in turn; it runs in the page.
function pick(list) {
  const bad = [];
  const rows = () => [...list.querySelectorAll('table')].filter((t) => !t.closest('.cards')).reduce((n, t) => n + t.tBodies[0].rows.length, 0);
  const total = rows();
  for (const chip of list.querySelectorAll('.tools .pick button')) {
    const n = Number(chip.querySelector('.n').textContent.replaceAll(',', ''));
    chip.click();
    const said = list.querySelector('[role=status]').textContent;
    if (chip.getAttribute('aria-pressed') !== 'true') bad.push('a chip does not say that it is pressed');
    if (rows() !== n) bad.push(`${chip.textContent}: ${rows()} rows, want ${n}`);
    if (n < total && !said.startsWith(`${n.toLocaleString('en-US')} of `)) bad.push(`the status says ${said} for ${n} rows`);
    chip.click();
  }
  return bad;
}

async function sorts(list, problem) {
  for (const text of await list.evaluate((element) => {
    const bad = [];
    const rows = () => [...element.querySelectorAll('table')].filter((t) => !t.closest('.cards')).flatMap((t) => [...t.tBodies[0].rows].map((r) => r.textContent.trim()));
    const before = rows();
    for (const b of element.querySelectorAll('thead .sort')) {
      const said = [], orders = [];
      for (let click = 0; click < 3; click++) {
        b.click();
        said.push(b.closest('th').getAttribute('aria-sort'));
        orders.push(rows());
      }
      if (String(said) !== 'ascending,descending,') bad.push(`${b.textContent}: aria-sort is ${said} in turn`);
      if (String(orders[2]) !== String(before)) bad.push(`${b.textContent}: the third click does not bring the first order back`);
      if (orders.some((o) => String([...o].sort()) !== String([...before].sort()))) bad.push(`${b.textContent}: sorting loses or makes rows`);
    }
    return bad;
  })) problem(text);
}

// lines are those of a text that say something.
const lines = (text) => text.split('\n').map((l) => l.trim()).filter(Boolean).join('\n');

export async function copying(page, problem) {
  const buttons = page.locator('.copy:visible');
  const n = await buttons.count();
  if (!n && await page.locator('pre.line, td code').count()) problem('there is nothing to copy with');
  for (let i = 0; i < n; i += Math.max(1, Math.floor(n / 12))) {
    const b = buttons.nth(i);
    const shown = await b.evaluate((e) => {
      const code = e.closest('pre, .path, [data-copy]') || (e.previousElementSibling?.matches('code') ? e.previousElementSibling : e.parentElement);
      return 'copy' in code.dataset ? [...code.querySelectorAll('p, li')].map((p) => p.textContent).join('\n') : code.textContent.trim();
    });
    await b.click();
    await page.waitForFunction(() => document.querySelector('body > [role=status]').textContent.startsWith('Copied'));
    const got = await page.evaluate(() => navigator.clipboard.readText());
    if (lines(got) !== lines(shown)) problem(`copied ${JSON.stringify(got.slice(0, 80))}, shown is ${JSON.stringify(shown.slice(0, 80))}`);
  }
}

export async function folding(page, problem) {
  const folds = page.locator('.fold');
  for (let i = 0; i < await folds.count(); i++) {
    const b = folds.nth(i);
    const section = page.locator('main > section:has(> h2)').nth(i);
    const height = async () => (await section.boundingBox()).height;
    const tall = await height();
    await b.click();
    if (await b.getAttribute('aria-expanded') !== 'false' || await height() > Math.max(160, tall / 2)) problem(`${await b.innerText()} does not fold`);
    await b.click();
    if (await b.getAttribute('aria-expanded') !== 'true') problem(`${await b.innerText()} does not unfold`);
  }
  const open = page.locator('.card > details[open]');
  const n = await open.count();
  if (n) {
    await open.first().locator('summary').first().click();
    if (await open.count() !== n - 1) problem('a card does not fold');
  }
  await page.getByRole('button', { name: 'Fold all', exact: true }).click();
  if (await open.count()) problem('cards stay unfolded');
  await page.getByRole('button', { name: 'Unfold all', exact: true }).click();
  if (await page.locator('.card > details:not([open])').count() || await page.locator('.folded').count()) problem('something stays folded');
  const whole = page.locator('.whole:visible').first();
  if (await whole.count()) {
    await whole.click();
    if (await whole.getAttribute('aria-expanded') !== 'true') problem('a long text does not unfold');
  }
}

// links: one leads to its card though that is folded, in a folded section and
// filtered away.
export async function links(page, problem) {
  const id = await page.evaluate(() => document.querySelector('#records .card')?.id);
  if (!id) return;
  await page.evaluate(() => document.querySelectorAll('.card > details').forEach((d) => { d.open = false; }));
  const input = page.locator('#records input[type=search]');
  if (await input.count()) {
    await input.fill('no row has this \u2603');
    await page.waitForTimeout(settled);
  }
  await page.locator('#records .fold').click();
  await page.evaluate((to) => { location.hash = to; }, id);
  await page.waitForTimeout(settled);
  const card = page.locator(`[id="${id}"]`);
  if (!await card.isVisible() || !await card.locator('details').first().getAttribute('open').then((a) => a !== null)) problem('a link leads to what is hidden');
  const top = (await card.boundingBox())?.y ?? -1;
  if (top < -5 || top > 900) problem(`the link's target stands at ${top}`);
}

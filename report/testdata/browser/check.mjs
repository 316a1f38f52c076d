// Opens reports in a browser and says what is wrong with them.
//
//   node check.mjs CHROMIUM PICTURES FILE... --briefly FILE...
//
// Of the files behind --briefly only what their content could break is checked.
// It writes one JSON document: an array of { name, problems }. Pictures
// and a PDF of every file are put into the folder PICTURES.
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { lists, copying, folding, links } from './using.mjs';
import { names, headings, tables, contrast, keyboard } from './reading.mjs';

const [executablePath, pictures, ...named] = process.argv.slice(2);
const behind = named.indexOf('--briefly');
const files = behind < 0 ? named : named.slice(0, behind);
const brief = behind < 0 ? [] : named.slice(behind + 1);
const whole = Boolean(process.env.HIVETRIAGE_PICTURES); // a picture of a long page takes a minute
const longest = 120_000; // ms, for a busy machine
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
const results = [];

// visit opens a file in a browser of its own and gathers what must not be: a
// request, a dialog, an error.
async function visit(file, options, use) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const problems = [];
  const url = pathToFileURL(file).href;
  await context.route('**', (route) => {
    if (route.request().url().split('#')[0] === url) return route.continue();
    problems.push('a request leaves: ' + route.request().url());
    return route.abort();
  });
  const page = await context.newPage();
  page.setDefaultTimeout(longest);
  page.on('console', (m) => { if (['error', 'warning'].includes(m.type())) problems.push(`console: ${m.text()}`); });
  page.on('pageerror', (e) => problems.push(`error: ${e.message}`));
  page.on('dialog', async (d) => { problems.push(`a dialog: ${d.message()}`); await d.dismiss(); });
  page.on('popup', () => problems.push('a window opens'));
  await page.goto(url);
  try {
    await use(page, (text) => problems.push(text), context);
  } catch (e) {
    problems.push(e.message);
  }
  await context.close();
  return problems;
}

async function check(file, name, options, use) {
  results.push({ name: `${path.basename(file, '.html')}/${name}`, problems: await visit(file, options, use) });
}

// withoutScript: every section is there to be read, and nothing that only a
// script could make work.
async function withoutScript(page, problem) {
  for (const text of await page.evaluate(() => {
    const bad = [];
    if (document.querySelector('button, input')) bad.push('there are controls that do nothing');
    for (const d of document.querySelectorAll('details:not([open])')) {
      d.firstElementChild.click();
      if (!d.open) bad.push('a folded part does not open');
    }
    for (const s of document.querySelectorAll('main > section')) {
      s.scrollIntoView();
      if (s.innerText.trim().length < 10 || s.getBoundingClientRect().height < 20) bad.push(`section ${s.id} is not readable`);
    }
    return bad;
  })) problem(text);
}

// hostileText: what the evidence says is text.
async function hostileText(page, problem) {
  for (const text of await page.evaluate(() => {
    const bad = [];
    if (document.scripts.length !== 1) bad.push(`${document.scripts.length} scripts`);
    if (document.querySelector('img, iframe, object, embed, link, base, form, audio, video')) bad.push('an element that loads');
    for (const e of document.querySelectorAll('*')) {
      for (const a of e.attributes) if (/^on/i.test(a.name) || /^\s*javascript:/i.test(a.value)) bad.push(`attribute ${a.name}=${a.value}`);
    }
    return bad;
  })) problem(text);
  for (const text of await page.evaluate(() => {
    const bad = [];
    const attempt = (what, act) => { try { act(); bad.push(what); } catch { /* refused, as it should be */ } };
    attempt('a text could become markup', () => { document.createElement('p').innerHTML = '<b>x</b>'; });
    attempt('a text could become a script', () => { document.createElement('script').text = 'window.ran = 1'; });
    attempt('an attribute could become code', () => { document.createElement('a').setAttribute('onclick', 'window.ran = 1'); });
    return bad;
  })) problem(text);
}

// looks: the pictures are for people to look at; that nothing runs over the edge is checked.
async function looks(file, page, problem) {
  await page.addStyleTag({ content: '* { content-visibility: visible !important; }' });
  const base = path.join(pictures, path.basename(file, '.html'));
  const shown = { 360: 'dark', 1280: 'light' }; // what there is a picture of
  for (const width of [360, 1280]) {
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await page.setViewportSize({ width, height: 900 });
      const over = await page.evaluate(() => document.scrollingElement.scrollWidth - innerWidth);
      if (over > 0) problem(`at ${width} pixels the page is ${over} too wide`);
      if (colorScheme === shown[width]) await page.screenshot({ path: `${base}-${width}-${colorScheme}.png`, fullPage: whole });
      if (width === 360) for (const text of await contrast(page)) problem(`${colorScheme}: ${text}`);
    }
  }
}

async function prints(file, page, problem) {
  await page.evaluate(() => {
    document.querySelectorAll('details').forEach((d) => { d.open = false; });
    addEventListener('beforeprint', () => { window.closedAtPrint = document.querySelectorAll('details:not([open])').length; });
  });
  const pdf = await page.pdf({ path: path.join(pictures, path.basename(file, '.html') + '.pdf'), format: 'A4', printBackground: true, preferCSSPageSize: true });
  if (pdf.length < 10_000) problem(`the PDF has ${pdf.length} bytes`);
  if (await page.evaluate(() => window.closedAtPrint) !== 0) problem('a folded part is not printed');
  if (await page.evaluate(() => document.querySelectorAll('details[open]').length) !== 0) problem('what was folded stays open after printing');
}

for (const file of brief) {
  await check(file, 'lists', {}, lists);
  await check(file, 'folding', {}, folding);
  await check(file, 'links', {}, links);
}
for (const file of files) {
  await check(file, 'without script', { javaScriptEnabled: false }, withoutScript);
  await check(file, 'hostile text', {}, hostileText);
  await check(file, 'lists', {}, lists);
  await check(file, 'copying', { permissions: ['clipboard-read', 'clipboard-write'] }, copying);
  await check(file, 'folding', {}, folding);
  await check(file, 'links', {}, links);
  await check(file, 'names', {}, names);
  await check(file, 'headings', {}, headings);
  await check(file, 'tables', {}, tables);
  await check(file, 'keyboard', {}, keyboard);
  await check(file, 'looks', {}, (page, problem) => looks(file, page, problem));
  await check(file, 'prints', {}, (page, problem) => prints(file, page, problem));
}
await browser.close();
// What 'hostile text' tries is refused, as it should be, and the browser says so.
for (const r of results.filter((r) => r.name.endsWith('/hostile text'))) {
  r.problems = r.problems.filter((p) => !/^console: .*(Trusted|Content Security Policy)/s.test(p));
}
process.stdout.write(JSON.stringify(results));

// Checks for those who do not see the page, or use it without a mouse.

// names: every control and landmark says what it is.
export async function names(page, problem) {
  for (const text of await page.evaluate(() => {
    const bad = [];
    const named = (e) => (e.getAttribute('aria-label') || document.getElementById(e.getAttribute('aria-labelledby'))?.textContent || e.labels?.[0]?.textContent || e.textContent || '').trim();
    for (const e of document.querySelectorAll('a, button, input, summary, meter, section, nav, article, [role=region], [role=img], [role=group]')) {
      if (!named(e) && e.tagName !== 'METER') bad.push(`no name: ${e.outerHTML.slice(0, 120)}`);
    }
    const ids = new Set();
    for (const e of document.querySelectorAll('[id]')) {
      if (ids.has(e.id)) bad.push(`two elements have the id ${e.id}`);
      ids.add(e.id);
    }
    for (const e of document.querySelectorAll('[aria-labelledby]')) if (!document.getElementById(e.getAttribute('aria-labelledby'))) bad.push(`labelled by nothing: ${e.id}`);
    for (const e of document.querySelectorAll('summary button, summary a, button a, a a, button button')) bad.push(`a control in a control: ${e.outerHTML.slice(0, 120)}`);
    if (!document.documentElement.lang || !document.title) bad.push('no language or no title');
    for (const [what, n] of [['main', 1], ['h1', 1], ['header', 1], ['nav', 1], ['footer', 1]]) if (document.querySelectorAll(what).length !== n) bad.push(`${what} is not there once`);
    return bad;
  })) problem(text);
}

export async function headings(page, problem) {
  for (const text of await page.evaluate(() => {
    const bad = [];
    let level = 0;
    for (const h of document.querySelectorAll('h1, h2, h3, h4, h5, h6')) {
      const n = Number(h.tagName[1]);
      if (n > level + 1) bad.push(`h${n} after h${level}: ${h.textContent.slice(0, 80)}`);
      if (!h.textContent.trim()) bad.push(`an empty h${n}`);
      level = n;
    }
    return bad;
  })) problem(text);
}

export async function tables(page, problem) {
  for (const text of await page.evaluate(() => {
    const bad = [];
    for (const t of document.querySelectorAll('table')) {
      const heads = t.tHead?.rows[0]?.cells ?? [];
      if (!heads.length || [...heads].some((h) => h.tagName !== 'TH' || h.scope !== 'col' || !h.textContent.trim())) bad.push(`a table without headers: ${t.textContent.slice(0, 80)}`);
      for (const r of t.tBodies[0].rows) if (r.cells.length !== heads.length) bad.push(`${r.cells.length} cells under ${heads.length} headers: ${r.textContent.slice(0, 80)}`);
      if (!t.closest('[role=region][tabindex="0"]')) bad.push('a table that cannot be scrolled with the keyboard');
    }
    return bad;
  })) problem(text);
}

const fewestContrast = 4.5; // of small text, WCAG 1.4.3

// contrast gives every pair of colours of text and ground that is too close.
export function contrast(page) {
  return page.evaluate((fewest) => {
    const parse = (c) => (c.match(/[\d.]+/g) || []).map(Number);
    const light = ([r, g, b]) => {
      const [x, y, z] = [r, g, b].map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
      return 0.2126 * x + 0.7152 * y + 0.0722 * z;
    };
    const ground = (e) => {
      for (; e; e = e.parentElement) {
        const c = parse(getComputedStyle(e).backgroundColor);
        if (c.length === 3 || c[3] === 1) return c;
      }
      return [255, 255, 255];
    };
    const bad = new Map();
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let n = walk.nextNode(); n; n = walk.nextNode()) {
      const e = n.parentElement;
      if (!n.data.trim() || e.closest('svg, script, style')) continue;
      const style = getComputedStyle(e);
      const a = light(parse(style.color)), b = light(ground(e));
      const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
      if (ratio < fewest) bad.set(`${e.tagName}.${e.className}`, `contrast ${ratio.toFixed(2)} of ${e.tagName}.${e.className}: ${n.data.trim().slice(0, 40)}`);
    }
    return [...bad.values()];
  }, fewestContrast);
}

const mostStops = 120; // of the Tab key that are walked

// keyboard: the skip link comes first and works, every stop can be seen, and
// none holds the focus.
export async function keyboard(page, problem) {
  await page.keyboard.press('Tab');
  if (!await page.evaluate(() => document.activeElement.matches('.skip'))) problem('the skip link does not come first');
  await page.keyboard.press('Enter');
  if (await page.evaluate(() => location.hash) !== '#main') problem('the skip link leads nowhere');
  await page.evaluate(() => { history.replaceState(null, '', location.pathname); document.activeElement.blur(); });
  let last = '';
  for (let i = 0; i < mostStops; i++) {
    await page.keyboard.press('Tab');
    const stop = await page.evaluate(() => {
      const e = document.activeElement;
      if (e === document.body) return null;
      const style = getComputedStyle(e);
      e.stop ||= `${e.tagName} ${(e.getAttribute('aria-label') || e.textContent).slice(0, 60)} ${Math.random()}`;
      return { name: e.stop, seen: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2 };
    });
    if (!stop) break;
    if (!stop.seen) problem(`the focus cannot be seen on ${stop.name}`);
    if (stop.name === last) { problem(`the focus is held by ${stop.name}`); break; }
    last = stop.name;
  }
}

// Finds, sorts, folds and copies what is on the page. Nothing is fetched, and a
// text of the case is only ever set as text. The report is whole without this.
'use strict';
(() => {
  const make = (tag, attributes = {}, ...children) => {
    const e = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) e.setAttribute(name, value);
    e.append(...children);
    return e;
  };
  const button = (attributes, ...children) => make('button', { type: 'button', ...attributes }, ...children);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const count = (n) => n.toLocaleString('en-US');
  const clip = (s, n = 80) => (s.length > n ? s.slice(0, n - 1) + '…' : s);

  // say tells those who do not see what changed.
  const live = make('p', { class: 'sr', role: 'status' });
  document.body.append(live);
  const say = (text) => { live.textContent = text; };

  // --- Copying, and unfolding long texts -----------------------------------

  // A text is copied as it is shown: what cannot be seen stays an escape, so
  // no hidden character or line break comes along.
  const copied = async (source, text) => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const selection = getSelection();
      selection.removeAllRanges();
      const range = document.createRange();
      range.selectNodeContents(source);
      selection.addRange(range);
      if (!document.execCommand('copy')) {
        say('Not copied: the text is selected; copy it with the keyboard.');
        return;
      }
    }
    say('Copied: ' + clip(text));
  };

  const machineText = /[\\/]|^[0-9a-f]{16,}$|^S-1-/i;
  const copyable = 'pre.line, .path, [data-copy], td.m, td code, th code, dd code, li code';
  const dressed = new WeakSet();

  const textOf = (e) => ('copy' in e.dataset
    ? [...e.children].filter((c) => c.tagName !== 'BUTTON').map((c) => c.textContent).join('\n')
    : e.textContent).trim();

  const addCopy = (e) => {
    if (dressed.has(e)) return;
    dressed.add(e);
    const inner = e.tagName === 'CODE';
    if (inner && e.closest('pre, .path, summary')) return;
    const text = textOf(e);
    if (text.length < 4 || (inner && !machineText.test(text))) return;
    const what = e.dataset.copy || clip(text);
    const b = button({ class: 'copy', 'aria-label': 'Copy ' + what, title: 'Copy' });
    b.addEventListener('click', () => copied(e, text));
    if ('copy' in e.dataset) b.append('Copy ' + what);
    if (inner) e.after(b); else e.append(b);
  };

  const addWhole = (e) => {
    if (dressed.has(e)) return;
    dressed.add(e);
    // The label is no text of the cell, or it would be found and sorted by.
    const b = button({ class: 'whole' });
    const set = (open) => {
      const label = open ? 'Show less' : `Show all ${count(e.textContent.length)} characters`;
      for (const [name, value] of [['aria-label', label], ['data-label', label], ['aria-expanded', open]]) b.setAttribute(name, value);
    };
    b.addEventListener('click', () => set(e.classList.toggle('open')));
    set(false);
    e.after(b);
  };

  // dress gives what stands open its buttons; the rest gets them when it is
  // unfolded.
  const dress = (root) => {
    const open = (e) => !e.parentElement.closest('details:not([open])');
    all(copyable, root).filter(open).forEach(addCopy);
    all('.long', root).filter((e) => open(e) && !e.closest('pre')).forEach(addWhole);
  };
  document.addEventListener('toggle', (event) => {
    if (event.target.open && !printing) dress(event.target);
  }, true);

  // --- Tables: filter and order --------------------------------------------

  const collator = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });
  const timeText = /^\d{4}-\d\d-\d\d /;
  const numberText = /^-?[\d,]+(?:$| )/;

  // comparer picks the order that fits all of a column's texts.
  const comparer = (keys) => {
    const told = keys.filter((k) => k !== '');
    if (told.every((k) => timeText.test(k))) return (a, b) => (a < b ? -1 : a > b ? 1 : 0);
    if (told.every((k) => numberText.test(k))) {
      const number = (k) => parseFloat(k.replaceAll(',', ''));
      return (a, b) => number(a) - number(b);
    }
    return collator.compare;
  };

  const cellText = (row, i) => (row.cells[i] ? row.cells[i].textContent.trim() : '');
  const facetText = (row, i) => {
    const word = row.cells[i].querySelector('.chip, .kind');
    return (word || row.cells[i]).textContent.trim();
  };

  const fewestForFilter = 4; // rows
  const mostChips = 14; // values of a column
  const filterDelay = 120; // ms

  class Listing {
    constructor(element) {
      this.element = element;
      this.tables = all('table', element).filter((t) => !t.closest('.cards'));
      this.bodies = this.tables.map((t) => t.tBodies[0]);
      this.sizes = this.bodies.map((b) => b.rows.length);
      this.rows = this.bodies.flatMap((b) => [...b.rows]);
      this.cards = new Map(this.rows.filter((r) => r.dataset.card).map((r) => [r, document.getElementById(r.dataset.card)]));
      this.heads = [...this.tables[0].tHead.rows[0].cells];
      this.name = this.tables[0].closest('[role=region]').getAttribute('aria-label').toLowerCase();
      this.text = '';
      this.picked = new Map(); // column to the values that are wanted
      this.order = { column: -1, down: false };
      if (this.rows.length >= 2) this.heads.forEach((th, i) => this.addSort(th, i));
      if (this.rows.length >= fewestForFilter) this.addTools();
    }

    addSort(th, column) {
      const b = button({ class: 'sort' });
      b.append(...th.childNodes);
      b.addEventListener('click', () => {
        const { column: old, down } = this.order;
        this.order = old !== column ? { column, down: false } : down ? { column: -1, down: false } : { column, down: true };
        this.heads.forEach((h) => h.removeAttribute('aria-sort'));
        if (this.order.column >= 0) th.setAttribute('aria-sort', this.order.down ? 'descending' : 'ascending');
        this.show();
        say(this.order.column < 0 ? 'In the order of the report' : `Sorted by ${b.textContent}, ${this.order.down ? 'descending' : 'ascending'}`);
      });
      th.append(b);
    }

    addTools() {
      this.input = make('input', { type: 'search', autocomplete: 'off', spellcheck: 'false', 'aria-label': `Filter ${this.name}` });
      this.status = make('p', { class: 'matches', role: 'status' });
      let timer = 0;
      const refresh = () => { this.text = this.input.value; this.show(); };
      this.input.addEventListener('input', () => { clearTimeout(timer); timer = setTimeout(refresh, filterDelay); });
      this.input.addEventListener('keydown', (event) => {
        if (event.key === 'Escape') { this.input.value = ''; refresh(); }
      });
      this.tools = make('div', { class: 'tools', role: 'group', 'aria-label': `Filter ${this.name}` },
        make('label', {}, 'Filter ', this.input));
      this.heads.forEach((th, i) => { if ('facet' in th.dataset) this.addChips(th, i); });
      this.tools.append(this.status);
      this.element.prepend(this.tools);
      this.tell(this.rows.length);
    }

    addChips(th, column) {
      const counts = new Map();
      for (const row of this.rows) {
        const value = facetText(row, column);
        counts.set(value, (counts.get(value) || 0) + 1);
        if (counts.size > mostChips) return;
      }
      counts.delete('');
      if (counts.size < 2) return;
      const title = th.textContent.trim();
      const group = make('div', { class: 'pick', role: 'group', 'aria-label': title }, make('span', { 'aria-hidden': 'true' }, title));
      for (const [value, n] of counts) {
        const b = button({ 'aria-pressed': 'false' }, make('bdi', {}, clip(value, 40)), ' ', make('span', { class: 'n' }, count(n)));
        b.addEventListener('click', () => {
          const wanted = this.picked.get(column) || new Set();
          const on = !wanted.has(value);
          if (on) wanted.add(value); else wanted.delete(value);
          if (wanted.size) this.picked.set(column, wanted); else this.picked.delete(column);
          b.setAttribute('aria-pressed', on);
          this.show();
        });
        group.append(b);
      }
      this.tools.append(group);
    }

    // textOfRow is what a row is found by: its own text and its card's.
    textOfRow(row) {
      this.texts ||= new Map();
      let text = this.texts.get(row);
      if (text === undefined) {
        const card = this.cards.get(row);
        text = (row.textContent + (card ? ' ' + card.textContent : '')).toLowerCase();
        this.texts.set(row, text);
      }
      return text;
    }

    matching() {
      const words = this.text.toLowerCase().split(/\s+/).filter(Boolean);
      const picked = [...this.picked];
      return this.rows.filter((row) => picked.every(([column, wanted]) => wanted.has(facetText(row, column)))
        && words.every((w) => this.textOfRow(row).includes(w)));
    }

    sorted(rows) {
      const { column, down } = this.order;
      if (column < 0) return rows;
      const keys = new Map(rows.map((r) => [r, cellText(r, column)]));
      const compare = comparer([...keys.values()]);
      return [...rows].sort((a, b) => {
        const x = keys.get(a), y = keys.get(b);
        if (x === '' || y === '') return (x === '') - (y === ''); // what is not known comes last
        return down ? compare(y, x) : compare(x, y);
      });
    }

    // show lays the rows that match out over the tables, as many to each as it
    // had at first.
    show() {
      const rows = this.sorted(this.matching());
      let from = 0;
      this.bodies.forEach((body, i) => {
        const to = Math.min(rows.length, from + this.sizes[i]);
        body.replaceChildren(...rows.slice(from, to));
        const fold = this.tables[i].closest('details.rest');
        if (fold) {
          fold.hidden = from === to;
          fold.firstElementChild.textContent = `Rows ${count(from + 1)} to ${count(to)}`;
        }
        from = to;
      });
      const shown = new Set(rows);
      for (const [row, card] of this.cards) card.hidden = !shown.has(row);
      const cards = rows.map((r) => this.cards.get(r)).filter(Boolean);
      if (cards.length) cards[0].parentElement.append(...cards);
      this.tell(rows.length);
      dress(this.element);
    }

    tell(n) {
      if (!this.status) return;
      this.status.textContent = n === this.rows.length ? `${count(n)} rows` : `${count(n)} of ${count(this.rows.length)} rows match`;
    }

    clear() {
      this.text = '';
      this.picked.clear();
      if (this.input) this.input.value = '';
      if (this.tools) all('[aria-pressed]', this.tools).forEach((b) => b.setAttribute('aria-pressed', 'false'));
      this.show();
    }
  }

  const listings = all('.listing').filter((e) => e.querySelector('table')).map((e) => {
    const own = all('table', e).some((t) => !t.closest('.cards'));
    return own ? new Listing(e) : null;
  }).filter(Boolean);

  // --- Sections ------------------------------------------------------------

  const folds = all('main > section > h2').map((h) => {
    const section = h.parentElement;
    const b = button({ class: 'fold', 'aria-expanded': 'true' });
    b.append(...h.childNodes);
    h.append(b);
    const set = (open) => {
      section.classList.toggle('folded', !open);
      b.setAttribute('aria-expanded', open);
    };
    b.addEventListener('click', () => set(section.classList.contains('folded')));
    return { section, set };
  });
  const nav = document.querySelector('.toc');
  const foldAll = button({}, 'Fold all');
  const unfoldAll = button({}, 'Unfold all');
  const setAll = (open) => {
    folds.forEach((f) => f.set(open));
    all('.card > details').forEach((d) => { d.open = open; });
    say(open ? 'All sections are unfolded' : 'All sections are folded');
  };
  foldAll.addEventListener('click', () => setAll(false));
  unfoldAll.addEventListener('click', () => setAll(true));
  if (folds.length) nav.append(make('p', { class: 'folding' }, unfoldAll, ' ', foldAll));

  // reveal opens whatever hides the element that a link leads to.
  const reveal = () => {
    const id = decodeURIComponent(location.hash.slice(1));
    if (!id) return;
    const byRow = listings.find((l) => l.rows.some((r) => r.id === id && !r.isConnected));
    if (byRow) byRow.clear();
    const target = document.getElementById(id);
    if (!target) return;
    const filtered = listings.find((l) => [...l.cards.values()].some((c) => c === target && c.hidden));
    if (filtered) filtered.clear();
    folds.filter((f) => f.section.contains(target) && f.section.classList.contains('folded')).forEach((f) => f.set(true));
    for (let d = target.closest('details'); d; d = d.parentElement.closest('details')) d.open = true;
    if (target.matches('.card')) target.firstElementChild.open = true;
    target.scrollIntoView();
  };
  addEventListener('hashchange', reveal);

  // --- Printing: everything is unfolded, and folded again after ------------

  let printing = false;
  let closed = [];
  let folded = [];
  addEventListener('beforeprint', () => {
    if (printing) return;
    printing = true;
    closed = all('details:not([open])');
    folded = folds.filter((f) => f.section.classList.contains('folded'));
    closed.forEach((d) => { d.open = true; });
    folded.forEach((f) => f.set(true));
  });
  addEventListener('afterprint', () => {
    closed.forEach((d) => { d.open = false; });
    folded.forEach((f) => f.set(false));
    setTimeout(() => { printing = false; });
  });

  dress(document.querySelector('main'));
  reveal();
})();

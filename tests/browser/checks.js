// What a page shows, measured where it is shown. `checks.py` evaluates this expression in the page and calls one of its functions.
(() => {
  const visible = (element) => element.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  const HIDDEN = ".sr, .skip:not(:focus), noscript, template, [hidden], option";
  /** The head of a table that stacks on a narrow screen is cut to a point, as .sr is. */
  const isFolded = (head) => head !== null && getComputedStyle(head).clipPath === "inset(50%)";
  const quiet = (element) => element.closest(HIDDEN) !== null || isFolded(element.closest("thead"));

  function name(element) {
    if (element.id) return `${element.tagName.toLowerCase()}#${element.id}`;
    const classes = typeof element.className === "string" ? element.className.trim() : "";
    return element.tagName.toLowerCase() + (classes ? `.${classes.split(/\s+/).join(".")}` : "");
  }

  /** Every piece of text as it stands on the page: its words, its element, its box. */
  function texts() {
    const found = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const element = node.parentElement;
      if (!node.data.trim() || quiet(element) || !visible(element)) continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      for (const box of range.getClientRects()) {
        if (box.width > 1 && box.height > 1 && !scrolledAway(element, box)) found.push({ text: node.data.trim().slice(0, 40), element, box });
      }
    }
    return found;
  }

  /** Tell whether most of a box lies outside what its scrolling ancestor shows now: scrolling brings it back. */
  function scrolledAway(element, box) {
    const frame = [...ancestors(element)].find((each) => /auto|scroll/.test(overflow(each)));
    const outer = frame?.getBoundingClientRect();
    const middle = (box.top + box.bottom) / 2;
    return Boolean(outer) && (middle > outer.bottom || middle < outer.top);
  }

  const overflow = (element) => getComputedStyle(element).overflowX + getComputedStyle(element).overflowY;

  /** The ancestors that may cut an element, from the inside out, up to the first that scrolls. */
  function* frames(element) {
    for (let above = element; above && above !== document.documentElement; above = above.parentElement) {
      if (/auto|scroll/.test(overflow(above)) && above !== document.body) return;
      if (/hidden|clip/.test(overflow(above))) yield above;
      if (getComputedStyle(above).position === "fixed") return;
    }
  }

  function clipped() {
    const found = new Set();
    const width = document.documentElement.clientWidth;
    for (const { text, element, box } of texts()) {
      for (const frame of frames(element)) {
        const outer = frame.getBoundingClientRect();
        const aside = box.right > outer.right + 2 || box.left < outer.left - 2;
        const slack = box.height * 0.2; // a line box is taller than its letters
        if (aside || box.bottom > outer.bottom + slack || box.top < outer.top - slack) {
          found.add(`${name(element)} "${text}" is cut by ${name(frame)}`);
        }
      }
      const scrolls = [...ancestors(element)].some((each) => /auto|scroll/.test(overflow(each)));
      if (box.right > width + 2 && !scrolls) found.add(`${name(element)} "${text}" runs out of the page`);
    }
    if (document.documentElement.scrollWidth > width + 1) found.add("the page scrolls sideways");
    return [...found];
  }

  function* ancestors(element) {
    for (let above = element; above && above !== document.body; above = above.parentElement) yield above;
  }

  /** Texts on different layers (a dialog, the stale band) may cover one another; on one layer never. */
  const layer = (element) => element.closest("dialog, [popover], .band, .lost, [data-layer]");

  function overlapping() {
    const found = new Set();
    const all = texts();
    all.forEach((a, place) => {
      for (const b of all.slice(place + 1)) {
        if (a.element === b.element || layer(a.element) !== layer(b.element)) continue;
        if (a.element.contains(b.element) || b.element.contains(a.element)) continue;
        const width = Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left);
        const height = Math.min(a.box.bottom, b.box.bottom) - Math.max(a.box.top, b.box.top);
        if (width > 2 && height > Math.min(a.box.height, b.box.height) * 0.3) {
          found.add(`${name(a.element)} "${a.text}" and ${name(b.element)} "${b.text}" overlap`);
        }
      }
    });
    return [...found];
  }

  /** All words a person may see or hear, closed dialogs and labels included. */
  function words() {
    const labels = [...document.querySelectorAll("[aria-label]")].map((each) => each.getAttribute("aria-label"));
    return [document.title, document.body.innerText, ...labels].join("\n");
  }

  /** The words that claim to be in the page's own language; what is marked with another `lang` may be in that, and names are no words. */
  function ownWords() {
    const own = document.documentElement.lang;
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const found = [document.title];
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const element = node.parentElement;
      if (!element.closest("script, style, template, noscript, [translate=no]") && element.closest("[lang]").lang === own) found.push(node.data);
    }
    for (const each of document.querySelectorAll("[aria-label], [placeholder]")) {
      if (each.closest("[lang]").lang === own) found.push(each.getAttribute("aria-label") ?? "", each.getAttribute("placeholder") ?? "");
    }
    return found.join("\n");
  }

  /** Cumulative Layout Shift so far, without what follows a touch or a key. */
  function shift() {
    return new Promise((resolve) => {
      let sum = 0;
      const observer = new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) if (!entry.hadRecentInput) sum += entry.value;
      });
      observer.observe({ type: "layout-shift", buffered: true });
      requestAnimationFrame(() =>
        requestAnimationFrame(() => {
          observer.disconnect();
          resolve(sum);
        }),
      );
    });
  }

  const FOCUSABLE = "a[href], button:not([disabled]), input:not([type=hidden]):not([disabled]), select, textarea, summary";

  function focusable() {
    return [...document.querySelectorAll(FOCUSABLE)].filter((each) => each.checkVisibility() && !each.closest("[inert]")).length;
  }

  function positiveTabindexes() {
    return [...document.querySelectorAll("[tabindex]")].filter((each) => each.tabIndex > 0).map((each) => each.outerHTML.slice(0, 80));
  }

  function unfocus() {
    document.activeElement?.blur();
    getSelection()?.removeAllRanges();
  }

  /** What has the focus now; null when nothing has. */
  function focus() {
    const here = document.activeElement;
    if (!here || here === document.body) return null;
    const box = here.getBoundingClientRect();
    const style = getComputedStyle(here);
    const place = [...document.querySelectorAll("*")].indexOf(here);
    return { html: here.outerHTML.slice(0, 80), place, seen: box.width > 0 && box.height > 0, ring: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0 };
  }

  return { clipped, overlapping, words, ownWords, shift, focusable, positiveTabindexes, unfocus, focus };
})()

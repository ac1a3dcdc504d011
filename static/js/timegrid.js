"use strict";
// timegrid.js adds to the time grid of the staff: arrow keys between the blocks, the summary of a
// class beside its block, the place of a new class in a gap, moving a class by Alt and arrows,
// and the line of the present time. Without it the blocks and buttons are links.
(() => {
  const grid = $("grid");
  if (!grid) return copyWeek();
  const summary = $("summary"), wide = matchMedia("(min-width: 64rem)");
  const edits = () => grid.hasAttribute("data-edit");
  const idOf = block => block.id.split("-")[1];

  /* --- places: the classes of an element say where it is ------------------------------ */

  const number = (el, name) => +(new RegExp(`(?:^| )${name}-(\\d+)`).exec(el.className)?.[1] ?? 0);
  const placeOf = el => ({ col: number(el, "col"), at: number(el, "t") * 60 + number(el, "m"), long: number(el, "d") * 60 + number(el, "dm"), lane: number(el, "o") });
  const from = () => number(grid, "from") * 60, to = () => number(grid, "to") * 60;

  function put(el, col, at, long) {
    const kept = el.className.split(" ").filter(c => !/^(col|t|m)-\d+$/.test(c) && !(long && /^(d|dm)-\d+$/.test(c)));
    const place = [...(col ? [`col-${col}`] : []), `t-${Math.floor(at / 60)}`, `m-${at % 60 - at % 5}`];
    if (long) place.push(`d-${Math.floor(long / 60)}`, `dm-${long % 60}`);
    el.className = [...kept, ...place].join(" ");
  }

  const clock = at => `${String(Math.floor(at / 60)).padStart(2, "0")}:${String(at % 60).padStart(2, "0")}`;
  const dayOfColumn = col => $("grid-day-" + col);
  const when = (col, at) => dayOfColumn(col).querySelector("span").textContent.split(" ")[0] + " " + clock(at);
  const query = (col, at) => `date=${dayOfColumn(col).dataset.day}&time=${clock(at)}`;

  /* --- one tab stop, and arrows between the blocks -------------------------------------- */

  const blocks = () => [...grid.querySelectorAll(".blk")].filter(b => b.getClientRects().length);
  let current = null;

  function stops() {
    const all = blocks();
    if (!current?.isConnected || !all.includes(current)) current = all.find(b => !b.querySelector(".past")) ?? all[0];
    for (const b of all) b.tabIndex = b === current ? 0 : -1;
  }

  function choose(block) {
    if (!block) return;
    current = block;
    stops();
    block.focus();
  }

  function neighbour(block, key) {
    const here = placeOf(block), all = blocks().map(b => ({ b, ...placeOf(b) })).sort((a, b) => a.col - b.col || a.at - b.at || a.lane - b.lane);
    if (key === "ArrowUp" || key === "ArrowDown") {
      const column = all.filter(x => x.col === here.col);
      return column[column.findIndex(x => x.b === block) + (key === "ArrowUp" ? -1 : 1)]?.b;
    }
    if (key === "Home" || key === "End") return all.at(key === "Home" ? 0 : -1)?.b;
    const right = key === "ArrowRight", beside = all.filter(x => right ? x.col > here.col : x.col < here.col);
    const col = right ? beside[0]?.col : beside.at(-1)?.col;
    return beside.filter(x => x.col === col).sort((a, b) => Math.abs(a.at - here.at) - Math.abs(b.at - here.at))[0]?.b;
  }

  /* --- the summary of a class ---------------------------------------------------------- */

  let opened = null; // the block whose summary is open

  async function open(block) {
    if (opened !== block) close();
    opened = block;
    aria(block, "expanded", "true");
    await htmx.ajax("GET", block.getAttribute("href") + "/summary", { source: summary, target: "#summary", swap: "innerHTML" });
    if (opened !== block) return;
    if (summary.querySelector(`[data-class="${idOf(block)}"]`) === null) return location.assign(block.href);
    const first = summary.hidden;
    summary.hidden = false;
    beside();
    if (first) focusOn($("summary-open"));
  }

  // beside puts the summary next to its block, on the side that has room.
  function beside() {
    if (summary.hidden || !opened) return;
    const block = opened.getBoundingClientRect(), width = summary.offsetWidth, height = summary.offsetHeight;
    const x = block.right + width + 16 < innerWidth ? block.right + 8 : block.left - width - 8;
    summary.style.setProperty("--x", Math.max(8, Math.min(x, innerWidth - width - 8)) + "px");
    summary.style.setProperty("--y", Math.max(16, Math.min(block.top - 24, innerHeight - height - 16)) + "px");
  }

  function close() {
    if (!opened) return;
    const at = document.activeElement, had = summary.contains(at) || at === document.body || at === $("main");
    const block = opened.isConnected ? opened : $(opened.id);
    aria(opened, "expanded", null);
    opened = null;
    summary.hidden = true;
    summary.replaceChildren();
    if (had) choose(block ?? current);
  }

  /* --- the place of a new class -------------------------------------------------------- */

  const ghost = $("ghost");

  function gapAt(ev) {
    if (!ghost || ev.target.closest?.(".blk, .gd, .insp")) return null;
    const column = [...grid.querySelectorAll(".gc")].find(c => {
      const box = c.getBoundingClientRect();
      return ev.clientX > box.left && ev.clientX < box.right && ev.clientY > box.top && ev.clientY < box.bottom;
    });
    if (!column) return null;
    const box = column.getBoundingClientRect(), col = number(column, "col");
    const at = from() + Math.floor((ev.clientY - box.top) / box.height * (to() - from()) / 15) * 15;
    const later = blocks().map(placeOf).filter(p => p.col === col && p.at > at).map(p => p.at);
    return { col, at, long: Math.max(15, Math.min(60, to() - at, ...later.map(l => l - at))) };
  }

  function showGhost(gap) {
    if (!ghost) return;
    ghost.hidden = !gap || !!opened;
    if (ghost.hidden) return;
    put(ghost, gap.col, gap.at, gap.long - gap.long % 5);
    ghost.lastElementChild.textContent = when(gap.col, gap.at);
    ghost.href = "/classes/new?" + query(gap.col, gap.at);
  }
  grid.addEventListener("pointermove", ev => { if (ev.pointerType === "mouse") showGhost(gapAt(ev)); });
  grid.addEventListener("pointerleave", () => showGhost(null));

  /* --- moving by Alt and arrows -------------------------------------------------------- */

  let moving = null;

  function move(block, key) {
    moving ??= { block, was: block.className, ...placeOf(block) };
    const col = moving.col + (key === "ArrowRight" ? 1 : key === "ArrowLeft" ? -1 : 0), at = moving.at + (key === "ArrowDown" ? 15 : key === "ArrowUp" ? -15 : 0);
    if (!dayOfColumn(col) || (!wide.matches && col !== moving.col) || at < from() || at >= to()) return;
    Object.assign(moving, { col, at });
    block.classList.add("moving");
    put(block, col, at);
    block.scrollIntoView({ block: "nearest" });
    say(grid.dataset.moved.replace("#", block.querySelector("b").textContent).replace("@", when(col, at)));
  }

  function settle(go) {
    if (!moving) return;
    const { block, was, col, at } = moving, moved = go && block.className !== was;
    moving = null;
    if (moved) location.assign(`/classes/${idOf(block)}/move?${query(col, at)}`);
    else block.className = was;
  }

  /* --- keys and presses ----------------------------------------------------------------- */

  document.addEventListener("keydown", ev => {
    if (ev.defaultPrevented || ev.isComposing || ev.ctrlKey || ev.metaKey || document.querySelector("dialog[open]")) return;
    const block = ev.target.closest?.("#grid .blk"), arrow = ev.key.startsWith("Arrow");
    if (ev.key === "Escape") {
      if (moving) settle(false); else close();
    } else if (block && arrow && ev.altKey) {
      if (!edits()) return;
      ev.preventDefault();
      move(block, ev.key);
    } else if (block && !ev.altKey && (arrow || ev.key === "Home" || ev.key === "End")) {
      ev.preventDefault();
      choose(neighbour(block, ev.key));
    } else if (singleKey(ev)) single(ev, opened ?? block);
  });

  function single(ev, block) {
    const go = url => { ev.preventDefault(); location.assign(url); };
    const { col, at } = block ? placeOf(block) : {};
    switch (ev.key.toLowerCase()) {
      case "h": return go($("grid-today").href);
      case "n": return edits() ? go(block ? "/classes/new?" + query(col, at) : ghost.hidden ? $("new-class").href : ghost.href) : undefined;
      case "e": return edits() && block ? go(`/classes/${idOf(block)}/edit`) : undefined;
      case "c": return edits() && block ? go(`/classes/new?copy=${idOf(block)}`) : undefined;
    }
  }
  document.addEventListener("keyup", ev => {
    if (ev.key !== "Alt" || !moving) return;
    ev.preventDefault();
    settle(true);
  });
  grid.addEventListener("focusout", () => settle(false));
  grid.addEventListener("focusin", ev => {
    const block = ev.target.closest(".blk");
    if (!block) return;
    current = block;
    stops();
  });

  document.addEventListener("click", ev => {
    if (ev.defaultPrevented || ev.button || ev.ctrlKey || ev.metaKey || ev.shiftKey) return;
    const block = ev.target.closest("#grid .blk"), inside = ev.target.closest("#summary, dialog");
    if (block && wide.matches && window.htmx) {
      ev.preventDefault();
      open(block);
    } else if (ev.target.closest("[data-close-summary]") || (opened && !inside)) {
      close();
    } else if (!block && ev.target.closest("#grid") && !ev.target.closest("a")) {
      showGhost(gapAt(ev)); // by touch: the next tap follows the link
    }
  });
  for (const kind of ["scroll", "resize"]) addEventListener(kind, beside, { capture: true, passive: true });

  /* --- what changes while the page is open ----------------------------------------------- */

  let stale = 0;
  document.addEventListener("htmx:after:swap", ev => {
    const push = ev.detail.ctx.sourceElement?.id === "live";
    if (ev.detail.ctx.target?.id?.startsWith("summary")) return;
    stops();
    const low = $("grid-low"), n = grid.querySelectorAll(".bk.low").length;
    low.hidden = !n;
    low.querySelector("b").textContent = n;
    if (opened && !opened.isConnected) return close();
    if (!opened || !push || $(`class-${idOf(opened)}-block`)?.dataset.v === opened.shown) return;
    opened.shown = $(`class-${idOf(opened)}-block`)?.dataset.v;
    clearTimeout(stale);
    stale = setTimeout(() => { if (opened) open(opened); }, 150);
  });

  // The line follows the clock of the studio. At midnight it belongs to another day.
  let last = "";
  function showNow() {
    const at = clockAt(now());
    if (!$("nowline") || at === last) return;
    if (at < last) refetch(true);
    last = at;
    const [hours, minutes] = at.split(":").map(Number), t = hours * 60 + minutes;
    $("nowclock").firstElementChild.textContent = at;
    for (const el of [$("nowline"), $("nowclock")]) {
      el.hidden = t < from() || t >= to();
      put(el, number(el, "col"), t);
    }
  }
  setInterval(showNow, 1000);

  stops();
  showNow();
  const line = $("nowline");
  if (wide.matches && line && !line.hidden && line.offsetTop > grid.clientHeight) grid.scrollTop = line.offsetTop - grid.clientHeight / 3;

  /* --- copying a week: the button says how many classes it makes -------------------------- */

  function copyWeek() {
    const go = $("copy-go");
    $("copy-targets")?.addEventListener("change", ev => ev.currentTarget.requestSubmit());
    if (!go) return;
    const count = () => {
      const n = go.form.querySelectorAll("[type=checkbox]:checked").length;
      go.textContent = n === 1 ? go.dataset.single : go.dataset.count.replace("#", n);
      aria(go, "disabled", n ? null : "true");
    };
    go.form.addEventListener("change", count);
    addEventListener("pageshow", count);
  }
})();

/* The front desk: the parts of the day, the field that adds people, removals, and keys. */

/* --- the day: classes move when they begin and end ------------------------------ */

let movedDay = -60000; // when the page of today last turned into the next day

function sections() {
  const list = $("desk-list");
  if (!list?.hasAttribute("data-today")) return;
  const at = clockBase + now() / 1000, clock = clockAt(now());
  if ($("desk-clock").textContent !== clock) $("desk-clock").textContent = clock;
  if (at >= 86400 && now() - movedDay > 60000) {
    movedDay = now();
    refetch(true);
  }
  const rows = [...list.querySelectorAll(".dk")].map(row => {
    const { starts, ends } = row.querySelector("[data-starts]").dataset;
    return { row, starts: +starts, ends: +ends, off: !!row.querySelector(".is-cancelled") };
  }).sort((a, b) => a.starts - b.starts || a.row.id.localeCompare(b.row.id));
  const soon = Math.min(...rows.filter(r => !r.off && r.starts > at).map(r => r.starts));
  const part = r => r.ends <= at || (r.off && r.starts <= at) ? "past" : r.starts <= at ? "running" : !r.off && r.starts === soon ? "next" : "after";
  for (const ul of list.querySelectorAll("[data-when]")) {
    const wanted = rows.filter(r => part(r) === ul.dataset.when).map(r => r.row);
    if (wanted.length !== ul.children.length || wanted.some((row, i) => ul.children[i] !== row)) {
      if (running && now() - touched < 500) return; // nothing moves under a finger
      const focus = document.activeElement;
      ul.append(...wanted);
      if (document.activeElement !== focus && focus?.isConnected) focus.focus({ preventScroll: true });
    }
    ul.parentElement.hidden = !wanted.length;
  }
  const past = list.querySelectorAll('[data-when="past"] .dk');
  const titles = [...past].map(row => row.querySelector("time").textContent + " " + row.querySelector(".t").textContent).join(" · ");
  write($("desk-past-open")?.querySelector("b"), list.dataset.gone.replace("#", past.length));
  write($("desk-past-open")?.querySelector(".meta"), titles);
  const minutes = Math.max(1, Math.ceil((soon - at) / 60));
  write($("desk-next-title"), soon - at > 5400 ? list.dataset.next : minutes === 1 ? list.dataset.inOne : list.dataset.in.replace("#", minutes));
}

function write(el, text) {
  if (el && el.textContent !== text) el.textContent = text;
}

// The feed has names, so the page asks for it with its own rights, soon after a class changed.
let feedTimer = 0, feedAt = -2000;
function askForFeed() {
  clearTimeout(feedTimer);
  feedTimer = setTimeout(() => {
    if (document.hidden || (running && paused)) return;
    feedAt = now();
    for (const id of ["desk-feed", "unreached"]) $(id)?.dispatchEvent(new Event("news"));
  }, Math.max(300, feedAt + 2000 - now()));
}

/* --- the field that adds people: a combobox with a listbox over the list ------------- */

const searchBox = () => document.querySelector("[data-combobox]");
const options = box => [...($(box.dataset.combobox)?.querySelectorAll(".hit button") ?? [])];
const isFree = option => !isOn(option, "disabled");

function comboboxes() {
  const box = searchBox();
  if (!box) return;
  const list = $(box.dataset.combobox)?.querySelector(".hitlist"), all = options(box);
  box.setAttribute("role", "combobox");
  aria(box, "autocomplete", "list");
  aria(box, "expanded", String(!!list));
  aria(box, "controls", list?.id ?? null);
  list?.setAttribute("role", "listbox");
  for (const option of all) {
    option.parentElement.setAttribute("role", "none");
    option.setAttribute("role", "option");
    option.tabIndex = -1;
  }
  markOption(box, all.find(option => isFree(option) && option.name === "member_id"));
}

// markOption marks the option that Enter takes; none for undefined.
function markOption(box, chosen) {
  for (const option of options(box)) {
    option.classList.toggle("on", option === chosen);
    aria(option, "selected", String(option === chosen));
  }
  aria(box, "activedescendant", chosen?.id ?? null);
  chosen?.scrollIntoView({ block: "nearest" });
}

function closeHits(box = searchBox()) {
  if (!box || !$(box.dataset.combobox)?.firstElementChild) return;
  $(box.dataset.combobox).replaceChildren();
  comboboxes();
}

let hitsTimer = 0, enterAt = "", closedFor = "";

// searchAgain asks for hits that a loaded page has taken off the page while the person types.
function searchAgain() {
  const box = searchBox();
  if (!box || document.activeElement !== box || !box.value.trim() || box.value === closedFor) return;
  if (!$(box.dataset.combobox)?.firstElementChild) box.dispatchEvent(new Event("input", { bubbles: true }));
}

function found(id) {
  const box = searchBox();
  comboboxes();
  clearTimeout(hitsTimer);
  const n = $("hits-" + id)?.dataset.hits ?? "0";
  hitsTimer = setTimeout(() => say(n === "1" ? words.hitsOne : words.hits.replace("#", n)), 500);
  // Enter was pressed before the hits were there, as a scanner does: the only hit is added.
  const free = options(box).filter(option => isFree(option) && option.name === "member_id");
  if (enterAt && enterAt === box.value.trim() && free.length === 1) free[0].click();
  enterAt = "";
}

function added() {
  const box = searchBox();
  if (!box) return;
  clearTimeout(hitsTimer);
  box.value = "";
  closeHits(box);
  const guest = box.closest(".adder").querySelector(".guest");
  if (guest?.open && !guest.querySelector("[aria-invalid]")) {
    guest.open = false;
    guest.querySelectorAll("input:not([type=hidden])").forEach(i => { i.value = ""; });
  }
  comboboxes();
  (document.querySelector(".question button") ?? box).focus({ preventScroll: true });
}

document.addEventListener("keydown", ev => {
  const box = ev.target.closest?.("[data-combobox]");
  if (!box || ev.isComposing) return;
  const all = options(box), at = all.findIndex(option => option.classList.contains("on"));
  if ((ev.key === "ArrowDown" || ev.key === "ArrowUp") && all.length) {
    ev.preventDefault();
    markOption(box, all[ev.key === "ArrowDown" ? (at + 1) % all.length : at > 0 ? at - 1 : all.length - 1]);
  } else if (ev.key === "Enter") {
    const fresh = $(box.dataset.combobox)?.querySelector(".hitlist")?.dataset.for === box.value.trim();
    const option = ev.ctrlKey || ev.metaKey ? all.find(o => o.name === "guest_name") : all[at];
    ev.preventDefault();
    if (fresh && option) option.click();
    else if (box.value.trim()) {
      enterAt = box.value.trim();
      box.form.requestSubmit();
    }
  } else if (ev.key === "Escape") {
    ev.preventDefault();
    closedFor = box.value;
    if (all.length || $(box.dataset.combobox)?.firstElementChild) closeHits(box);
    else box.value = "";
  }
});
document.addEventListener("focusout", ev => {
  const adder = ev.target.closest?.(".adder");
  if (adder && ev.relatedTarget && !adder.contains(ev.relatedTarget)) closeHits();
});

/* --- one class: tabs, menus, guests ---------------------------------------------- */

function tabs() {
  for (const tab of document.querySelectorAll("a[data-tab]")) aria(tab, "current", tab.closest(".panel").dataset.tab === tab.dataset.tab ? "true" : null);
}

document.addEventListener("click", ev => {
  const tab = ev.target.closest("a[data-tab]");
  if (tab && !ev.ctrlKey && !ev.metaKey) {
    ev.preventDefault();
    tab.closest(".panel").dataset.tab = tab.dataset.tab;
    history.replaceState(history.state, "", tab.href);
    closeHits();
    tabs();
  }
  if (ev.target.closest("#print")) print();
  for (const open of document.querySelectorAll(".more[open], .guest[open]")) {
    const inside = open.contains(ev.target);
    if (!inside || (open.matches(".more") && ev.target.closest("a"))) open.open = false;
  }
  if (!ev.target.closest(".adder")) closeHits();
});
document.addEventListener("keydown", ev => {
  const open = ev.key === "Escape" && ev.target.closest?.(".more[open], .guest[open]");
  if (!open) return;
  open.open = false;
  open.querySelector("summary").focus();
});
document.addEventListener("toggle", ev => {
  if (ev.target.matches?.(".guest[open]") && !ev.target.querySelector("[aria-invalid]")) {
    closeHits();
    $("guest-name").focus();
  }
}, true);

// The desk opens a class beside the list: live.js fetches its page and swaps it in.
document.addEventListener("click", ev => {
  const link = ev.target.closest(".desk .dk a, .desk .panel .crumb");
  if (!link || !running || ev.defaultPrevented || ev.button || ev.ctrlKey || ev.metaKey || ev.shiftKey) return;
  ev.preventDefault();
  visit(link.href, link.id.replace(/^panel-(\d+)-back$/, "class-$1-link"));
});

/* --- removals: the reasons beside the row, and a row that undoes it -------------------- */

let removing = null; // the row whose bin was pressed, with its place
document.addEventListener("click", ev => {
  const bin = ev.target.closest("a.bin[data-dialog]"), row = bin?.closest("li");
  if (!bin) return;
  removing = { id: bin.id.split("-")[1], before: row?.nextElementSibling?.id, panel: bin.closest("[data-panel]")?.id };
  const { top, bottom, right } = bin.getBoundingClientRect(), below = innerHeight - bottom > top;
  dialog.classList.toggle("near", !!removing.panel);
  for (const [side, px] of [["top", below && bottom + 4], ["bottom", !below && innerHeight - top + 4], ["end", innerWidth - right], ["start", false]]) {
    dialog.style.setProperty("--near-" + side, px === false ? "auto" : px + "px");
  }
  dialog.style.setProperty("--near-max", (below ? innerHeight - bottom : top) - 12 + "px");
}, true);
dialog.addEventListener("close", () => {
  dialog.classList.remove("near");
  for (const side of ["top", "bottom", "end", "start", "max"]) dialog.style.removeProperty("--near-" + side);
});

// A tombstone stands where a removed person was, for a minute, and has the button that undoes
// the removal. Pushed lists do not have it, so it is put back after each swap.
const tombs = new Map(), tombFor = 60000;

function bury() {
  const notice = document.querySelector(".told-here > .removed"), id = notice?.dataset.removed;
  if (notice && removing?.id === id && !tombs.has(id)) {
    const li = Object.assign(document.createElement("li"), { id: "tomb-" + id, className: "p tomb" });
    li.append(notice);
    tombs.set(id, { li, notice, before: removing.before, panel: removing.panel });
    setTimeout(() => crumble(id), tombFor);
  }
  for (const [id, { li, before, panel }] of tombs) {
    const list = $(panel)?.querySelector(".list-participants > ul"), next = $(before);
    if (!$(panel) || !li.firstElementChild) tombs.delete(id), li.remove();
    else if (!li.isConnected && list) {
      list.insertBefore(li, next?.parentElement === list ? next : null);
      // htmx has not seen it yet, or has let go of it with the list that was replaced.
      li.querySelector("form")?.removeAttribute("data-htmx-powered");
      htmx.process(li);
    }
    else if (!li.isConnected) tombs.delete(id), $(panel).querySelector(".told-here").append(li.firstElementChild);
  }
}

function crumble(id) {
  const tomb = tombs.get(id);
  if (!tomb) return;
  if (tomb.li.matches(":hover, :focus-within")) {
    setTimeout(() => crumble(id), 5000);
    return;
  }
  tombs.delete(id);
  if (told === tomb.notice) told = null;
  tomb.li.remove();
}

/* --- after every swap ----------------------------------------------------------- */

document.addEventListener("htmx:before:swap", ev => {
  // The answer of an undoing takes the place of its tombstone.
  const { sourceElement: form, response } = ev.detail.ctx, id = response && /^removed-(\d+)-form$/.exec(form?.id)?.[1];
  const tomb = tombs.get(id);
  if (!tomb) return;
  tombs.delete(id);
  if (told === tomb.notice) told = null;
}, true);

document.addEventListener("htmx:after:swap", () => { bury(); tabs(); }, true);

document.addEventListener("htmx:after:swap", ev => {
  const ctx = ev.detail.ctx, id = ctx.target?.id ?? "";
  sections();
  fades();
  if (id.startsWith("candidates-")) found(id.slice(11));
  else comboboxes();
  if (id === "main") searchAgain();
  if (ctx.sourceElement?.id === "live") askForFeed();
  if (ctx.response && /^(candidates|guest|asked)-/.test(ctx.request.form?.id)) {
    // After a refusal the hits may have changed, so search again.
    if (ctx.response.status < 300 || document.querySelector(".question")) added();
    else searchBox()?.dispatchEvent(new Event("input", { bubbles: true }));
  }
});

// fades hides the buttons that undo a removal when its time is over.
function fades() {
  for (const form of document.querySelectorAll("[data-fresh]")) form.hidden = secondsLeft(form, "fresh") <= 0;
}

/* --- keys ---------------------------------------------------------------------------- */

const classLinks = () => [...document.querySelectorAll(".dlist .dk > a")].filter(link => link.offsetParent);
const personRows = () => [...document.querySelectorAll(".panel .list-of .p")].filter(row => row.offsetParent);
const handle = row => row.querySelector(".attend, .removed button, .ranks button, button, a");

const deskKeys = {
  j: () => stepClass(1),
  k: () => stepClass(-1),
  a: () => searchBox()?.focus(),
  g: () => openGuest(),
  p: () => { if (document.querySelector(".panel #print, #print")) print(); },
  delete: row => row?.querySelector(".bin")?.click(),
};

function stepClass(by) {
  const links = classLinks(), at = links.findIndex(link => isOn(link, "current"));
  links[at < 0 ? (by > 0 ? 0 : links.length - 1) : at + by]?.click();
}

function stepPerson(by, row) {
  const rows = personRows(), at = rows.indexOf(row);
  const to = rows[at < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.min(Math.max(at + by, 0), rows.length - 1)];
  const el = to && handle(to);
  el?.focus({ preventScroll: true });
  el?.scrollIntoView({ block: "nearest" });
  return !!el;
}

function openGuest() {
  const guest = document.querySelector(".guest");
  if (!guest) return;
  if (guest.open) $("guest-name").focus();
  else guest.open = true;
}

document.addEventListener("keydown", ev => {
  const desk = document.querySelector(".desk"), row = ev.target.closest?.(".panel .list-of .p");
  if (!desk || ev.shiftKey) return;
  if ((ev.key === "ArrowDown" || ev.key === "ArrowUp") && isCommand(ev) && !ev.target.closest?.(".dlist, .menu")) {
    if (stepPerson(ev.key === "ArrowDown" ? 1 : -1, row)) ev.preventDefault();
    return;
  }
  const act = deskKeys[ev.key.toLowerCase()];
  if (!act || !singleKey(ev)) return;
  ev.preventDefault();
  act(row);
});

// command does what an address of the palette asks of the open class.
function command(hash) {
  if (hash === "#guest") openGuest();
  if (hash === "#print") print();
}

comboboxes();
tabs();
sections();
setInterval(() => { sections(); fades(); }, 1000);
if (document.querySelector(".panel")) command(location.hash);

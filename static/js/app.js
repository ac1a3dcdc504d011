// app.js adds to the forms of a page: one key per click, labels during a request, protection
// against accidental presses, text for screen readers, the dialog, and the keyboard control of
// the desk. Without it every form works as a full page load.

/* --- speaking -------------------------------------------------------------- */

const spoken = new Map();
function say(text, now) {
  text = text.trim();
  if (!text || Date.now() - (spoken.get(text) || 0) < 5000) return;
  spoken.set(text, Date.now());
  const node = $(now ? "say-now" : "say");
  node.textContent = "";
  setTimeout(() => { node.textContent = text; }, 60);
  clearTimeout(node.timer);
  node.timer = setTimeout(() => { node.textContent = ""; }, 7000);
}

function speakNew() {
  for (const el of document.querySelectorAll("[data-say]")) {
    if (el.said === el.textContent) continue;
    el.said = el.textContent;
    const what = el.dataset.say;
    say(what && what !== "now" ? what : el.textContent, what === "now");
  }
}

/* --- one press -------------------------------------------------------------- */

const deaf = 500, twice = 700;

document.addEventListener("click", ev => {
  const el = ev.target.closest("button, a.btn, a.bin, a[data-tab]");
  if (!el || el.matches("[type=button], summary, .steps a")) return;
  const now = performance.now();
  const changed = now < (el.deafUntil || 0), again = now - (el.pressedAt || -twice) < twice;
  if (changed || el.ariaDisabled === "true" || (again && el.form?.method === "post")) {
    ev.preventDefault();
    ev.stopImmediatePropagation();
    if (changed && !again) hint(el);
    return;
  }
  el.pressedAt = now;
}, true);

// hint shows next to the button why nothing happened. A row has a line for such text; a form
// inside a row is too narrow for it. A hint about a lost connection stays until there is a
// connection again.
function hint(el, text = words.changed, lost = false) {
  say(text, true);
  const box = el.closest(".row, .line, .hit, .p, .card, .chips, .actions") ?? el.form ?? el.closest("p, div");
  box.querySelector(":scope > .hinted")?.remove();
  const p = Object.assign(document.createElement("p"), { className: "refusal hinted" + (lost ? " lost" : ""), textContent: text });
  if (box.matches(".row")) box.querySelector(".meta").after(p);
  else if (box.matches(".line, .hit, .p, .chips")) box.append(p);
  else (box.matches("p") ? box : [...box.children].find(child => child.contains(el))).before(p);
  if (box.matches(".hit")) p.role = "gridcell";
  if (!lost || !$("live")) setTimeout(() => p.remove(), 6000);
}

function reached() {
  document.querySelectorAll(".hinted.lost").forEach(p => p.remove());
}
addEventListener("online", reached);

// uuid also works on plain HTTP, where browsers offer no randomUUID.
function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  return "10000000-1000-4000-8000-100000000000".replace(/[018]/g, c => (+c ^ (crypto.getRandomValues(new Uint8Array(1))[0] & (15 >> (+c / 4)))).toString(16));
}

// Every request says for whom the page was made, so that it is not carried out for a person who
// has signed in since.
document.addEventListener("formdata", ev => {
  if (who && ev.target.method === "post") ev.formData.set("made_for", who);
});

document.addEventListener("htmx:config:request", ev => {
  const { sourceElement: el, request } = ev.detail.ctx, button = request.submitter;
  if (who) request.headers["Made-For"] = who;
  const action = button?.getAttribute("formaction");
  if (action && button.formMethod === "get") {
    ev.preventDefault();
    location.assign(action);
    return;
  }
  if (action) request.action = action;
  if (request.method !== "POST" || !request.body?.has?.("key") || request.body.get("key")) return;
  // A repeated click sends the same key until its answer is certain.
  const press = request.action + " " + (button?.value ?? "");
  el.keys ??= {};
  request.body.set("key", el.keys[press] ??= uuid());
  el.press = press;
});

document.addEventListener("htmx:before:request", ev => {
  const { sourceElement: el, request } = ev.detail.ctx, button = request.submitter;
  if (request.method !== "POST" || !button) return;
  const row = el.closest("li");
  if (row) row.own = Date.now();
  button.ariaDisabled = "true";
  if (button.hasAttribute("data-optimistic")) button.ariaPressed = String(button.ariaPressed !== "true");
  else if (button.matches(".btn")) {
    button.label = button.textContent;
    button.pending = button.value === "book" ? words.booking : words.pending;
    button.textContent = button.pending;
  }
});

document.addEventListener("htmx:finally:request", ev => {
  const { request, response } = ev.detail.ctx, { submitter: button, form } = request;
  if (response && response.status < 500 && form?.press) delete form.keys[form.press];
  if (!button) return;
  button.ariaDisabled = null;
  if (button.pending && button.textContent === button.pending) button.textContent = button.label;
  button.pending = "";
  if (response?.status === 201) button.deafUntil = performance.now() + 2000;
  if (button.hasAttribute("data-optimistic") && !(response?.status < 300)) {
    // Take the tick back, since the result is not certain, and load the page to see it.
    button.ariaPressed = String(button.ariaPressed !== "true");
    resync();
  }
});

// pressed returns the button of a form or the link that fetches a dialog, and nothing for a
// search field, which sends while the person types.
const pressed = ctx => ctx?.request?.submitter ?? ctx?.sourceElement?.closest?.("a");

document.addEventListener("htmx:error", ev => {
  const el = pressed(ev.detail.ctx);
  if (!el) return;
  // Only the answer was lost. The action may have succeeded, so load the page first.
  hint(el, el.matches("a") ? words.unreached : words.checking, true);
  resyncSoon();
});

document.addEventListener("htmx:response:error", ev => {
  const el = pressed(ev.detail.ctx);
  if (ev.detail.ctx.response.status >= 500 && el) hint(el, words.failed);
});

// place finds the target of a response. A response to a form in the dialog replaces the row or
// the panel that the form changed.
function place(task, ctx, drop, parts) {
  if (task.type !== "main" || ctx.select) return;
  const first = task.fragment.firstElementChild, target = typeof task.target === "string" ? document.querySelector(task.target) : task.target;
  if (!first || !ctx.sourceElement?.closest) return;
  // A morph keeps typed text. The response to this form must replace it.
  ctx.sourceElement.closest("[hx-morph-skip]")?.removeAttribute("hx-morph-skip");
  if (first.tagName === "BODY") {
    // The response is an error page. Show only its sentence.
    drop();
    hint(ctx.request?.submitter ?? ctx.sourceElement, first.querySelector("main h1 + p, main h1")?.textContent ?? words.failed);
    return;
  }
  if (target?.id === "dialog-body") return;
  const home = first.id && $(first.id), inDialog = target?.closest("dialog");
  if (first.dataset.panel && home) first.dataset.tab = home.dataset.tab;
  if (home === target) return;
  if (home) {
    task.target = home;
    task.swapSpec.style = "outerMorph";
  } else if (inDialog || target?.matches("article, #bookings")) {
    drop();
    if (first.matches(".notice")) tell(first);
    // Other parts of the response have refreshed the page. Without them, load the page.
    if (parts < 2) resync();
  }
  if (inDialog) $("dialog").close();
}

// tell shows a notice about an element that is no longer on the page.
function tell(notice) {
  document.querySelectorAll(".notice.told").forEach(n => n.remove());
  notice.classList.add("told");
  (document.querySelector("[id^=panel-][id$=-notice]") ?? $("main")).prepend(notice);
}

/* --- the button of a row follows what is shown ------------------------------ */

const looks = { book: "btn", sheet: "btn", join: "btn out", accept: "btn yes", details: "btn ghost" };

function applyAction(row) {
  const id = row.id.slice(6), button = $(`class-${id}-button`), seats = $(`class-${id}-seats`), personal = $(`class-${id}-personal`);
  if (!button || !seats || !personal) return;
  // A new state removes the message about the last press.
  if (row.dataset.personal !== personal.dataset.personal) row.querySelectorAll(".receipt, .refusal").forEach(p => p.remove());
  row.dataset.personal = personal.dataset.personal;
  const act = personal.dataset.personal ? (personal.dataset.personal === "offer" ? "accept" : "details") : seats.dataset.act || "details";
  if (button.value === act || button.pending) return;
  button.value = act;
  button.className = looks[act];
  button.textContent = words[act === "sheet" ? "book" : act];
  const to = { join: `/classes/${id}/waitlist`, accept: `/offers/${+personal.dataset.offer}/acceptance`, details: `/classes/${id}`, sheet: `/classes/${id}` }[act];
  if (to) button.setAttribute("formaction", to); else button.removeAttribute("formaction");
  if (act === "details" || act === "sheet") button.setAttribute("formmethod", "get"); else button.removeAttribute("formmethod");
  button.deafUntil = performance.now() + deaf;
}

/* --- alerts ------------------------------------------------------------------ */

let title = document.title;
const there = new Set([...document.querySelectorAll("#alerts article")].map(a => a.id));

function watchAlerts() {
  let loud = "";
  for (const card of document.querySelectorAll("#alerts article")) {
    if (!there.has(card.id) && !card.classList.contains("late")) {
      card.classList.add("late");
      if (!spoken.has(card.id)) say([...card.querySelectorAll("h2, p")].map(e => e.textContent).join(". "), true);
      spoken.set(card.id, 1);
    }
    loud ||= card.dataset.title || "";
  }
  document.title = loud ? `${loud} | ${title.split(" | ").pop()}` : title;
}

function countdown() {
  for (const el of document.querySelectorAll("[data-ends]")) {
    const minutes = Math.max(0, Math.ceil((Date.parse(el.dataset.ends) - Date.now()) / 60000));
    const text = minutes > 120 ? "" : words.minutes.replace("#", minutes);
    if (el.textContent !== text) {
      el.textContent = text;
      if (minutes === 5) say(words.five);
      if (minutes === 1) say(words.one);
    }
  }
}

/* --- after every swap --------------------------------------------------------- */

let shown = sheetState();
function sheetState() {
  const sheet = document.querySelector("[data-sheet]");
  if (!sheet) return "";
  const id = sheet.dataset.sheet, seats = $(`class-${id}-seats`), text = part => $(`class-${id}-${part}`)?.textContent;
  return [seats?.dataset.state, seats?.dataset.act, seats?.querySelector(".cost")?.textContent, text("personal"), text("what"), text("meta"), $("balance")?.textContent].join();
}

document.addEventListener("htmx:after:swap", ev => {
  const ctx = ev.detail.ctx;
  if (ctx.title) title = ctx.title;
  document.querySelectorAll(".row").forEach(applyAction);
  watchAlerts();
  tabs();
  if (ctx.sourceElement?.id === "live") {
    // The text of the sheet depends on more than the seats, so load the page.
    if (sheetState() !== shown) resyncSoon();
  } else {
    speakNew();
  }
  shown = sheetState();
  const id = ctx.target?.id ?? "";
  if (id === "dialog-body" && !$("dialog").open && $("dialog-body").firstElementChild) openDialog(ctx.sourceElement);
  if (ctx.response?.status === 422) $("errors")?.focus();
  if (id.startsWith("candidates-")) found(id.slice(11));
  if (ctx.response && /^(candidates|guest)-/.test(ctx.request.form?.id)) {
    // After a refusal the hits may have changed, so search again.
    if (ctx.response.status < 300) added();
    else document.querySelector("[data-combobox]")?.dispatchEvent(new Event("input", { bubbles: true }));
  }
});

/* --- the dialog ----------------------------------------------------------------- */

const dialog = $("dialog");
let opener = "";

function openDialog(from) {
  opener = from?.id ?? "";
  dialog.showModal();
  $("dialog-title")?.focus();
}
dialog.addEventListener("close", () => {
  $("dialog-body").replaceChildren();
  $(opener)?.focus({ preventScroll: true });
});
dialog.addEventListener("click", ev => {
  if (ev.target === dialog || ev.target.closest("[data-close]")) {
    ev.preventDefault();
    dialog.close();
  }
});

/* --- the desk -------------------------------------------------------------------- */

function tabs() {
  for (const tab of document.querySelectorAll("a[data-tab]")) tab.ariaCurrent = tab.closest(".panel").dataset.tab === tab.dataset.tab ? "true" : null;
}
document.addEventListener("click", ev => {
  const tab = ev.target.closest("a[data-tab]");
  if (tab && !ev.ctrlKey && !ev.metaKey) {
    ev.preventDefault();
    tab.closest(".panel").dataset.tab = tab.dataset.tab;
    history.replaceState(null, "", tab.href);
    tabs();
  }
  if (ev.target.closest("#print")) print();
  const eye = ev.target.closest("#show");
  if (eye) {
    const on = eye.ariaPressed !== "true";
    eye.ariaPressed = String(on);
    $("password").type = on ? "text" : "password";
  }
});

// Keys in the hits of "add a member": arrows move, Enter adds, Escape closes.
const hits = () => [...document.querySelectorAll(".hit")].filter(h => h.querySelector("button"));

function comboboxes() {
  for (const box of document.querySelectorAll("[data-combobox]")) {
    const grid = $(box.dataset.combobox.replace("candidates", "hits"));
    box.role = "combobox";
    box.setAttribute("aria-haspopup", "grid");
    box.setAttribute("aria-autocomplete", "list");
    box.ariaExpanded = String(!!grid);
    if (grid) box.setAttribute("aria-controls", grid.id); else box.removeAttribute("aria-controls");
    box.removeAttribute("aria-activedescendant");
  }
}
let foundTimer = 0;
function found(id) {
  comboboxes();
  clearTimeout(foundTimer);
  const n = $("hits-" + id)?.dataset.hits ?? "0";
  foundTimer = setTimeout(() => say(n === "1" ? words.hitsOne : words.hits.replace("#", n)), 500);
}
function added() {
  const box = document.querySelector("[data-combobox]");
  if (!box) return;
  clearTimeout(foundTimer);
  box.value = "";
  $(box.dataset.combobox)?.replaceChildren();
  const guest = box.closest(".adder").querySelector(".guest");
  if (guest?.open && !guest.querySelector("[aria-invalid]")) {
    guest.open = false;
    guest.querySelectorAll("input:not([type=hidden])").forEach(i => { i.value = ""; });
  }
  comboboxes();
  box.focus({ preventScroll: true });
}
document.addEventListener("keydown", ev => {
  const box = ev.target.closest?.("[data-combobox]");
  if (!box || ev.isComposing) return;
  const all = hits(), at = all.findIndex(h => h.classList.contains("on"));
  if (ev.key === "ArrowDown" || ev.key === "ArrowUp") {
    ev.preventDefault();
    const next = all[(at + (ev.key === "ArrowDown" ? 1 : at < 0 ? 0 : all.length - 1)) % all.length] ?? all.at(-1);
    all[at]?.classList.remove("on");
    next?.classList.add("on");
    next?.scrollIntoView({ block: "nearest" });
    if (next) box.setAttribute("aria-activedescendant", next.id);
  } else if (ev.key === "Enter" && (at >= 0 || all.length === 1)) {
    ev.preventDefault();
    (all[at] ?? all[0]).querySelector("button").click();
  } else if (ev.key === "Escape") {
    const list = $(box.dataset.combobox);
    if (list?.firstElementChild) list.replaceChildren(); else box.value = "";
    comboboxes();
  }
});

/* --- recurring dates: what a press would book and cost ----------------------------- */

const series = $("recurring-form");
const dates = () => [...series.querySelectorAll("[data-order]:enabled")].sort((a, b) => a.dataset.order - b.dataset.order);

// tally counts as the server does: in order of the start, with the credits that the earlier
// dates leave.
function tally() {
  const text = series.dataset, standing = $("recurring-standing").checked, waits = $("recurring-waitlist").checked;
  const n = { date: 0, pending: 0, wait: 0, full: 0 };
  let cost = 0;
  for (const box of dates()) {
    const { state, cost: price, usable, near } = box.dataset;
    let as = "";
    if (box.checked || (standing && near !== undefined)) as = state === "full" ? (waits ? "wait" : "full") : +usable < cost + +price ? "pending" : "date";
    if (as === "date") cost += +price;
    if (as) n[as]++;
    box.closest("li").classList.toggle("short", as === "pending");
  }
  const many = (word, k) => k === 1 ? text[word] : text[word + "s"].replace("0", k);
  const rest = ["pending", "wait", "full"].filter(as => n[as]).map(as => many(as, n[as]));
  let sum = n.date ? many("date", n.date) + " · " + (cost ? many("credit", cost) + ", " + text.after.replace("#", text.balance - cost) : text.free) : rest.splice(0).join(" · ");
  $("recurring-sum").textContent = sum || text.none;
  $("recurring-rest").textContent = rest.join(" · ");
  for (const chip of series.querySelectorAll("[data-choose][aria-pressed]")) chip.ariaPressed = String(dates().some(d => d.checked && d.dataset.day === chip.dataset.choose));
}

// choose ticks the dates that can be booked and paid for, of all days or of one weekday.
function choose(chip) {
  const day = chip.dataset.choose, chosen = dates().filter(d => day === "all" || day === "none" || d.dataset.day === day);
  if (day === "none" || chip.ariaPressed === "true") chosen.forEach(d => { d.checked = false; });
  else {
    const paid = d => d.checked && d.dataset.state !== "full" ? +d.dataset.cost : 0;
    let spent = dates().reduce((sum, d) => sum + paid(d), 0), more = false;
    for (const d of chosen) {
      if (d.checked || d.dataset.state === "full" || +d.dataset.usable < spent + +d.dataset.cost) continue;
      d.checked = more = true;
      spent += +d.dataset.cost;
    }
    if (!more) hint(chip, series.dataset.enough);
  }
  tally();
  say($("recurring-sum").textContent);
}
if (series) {
  series.addEventListener("change", tally);
  series.addEventListener("click", ev => {
    const chip = ev.target.closest("[data-choose]");
    if (chip) choose(chip);
  });
  addEventListener("pageshow", tally);
}

/* --- an invitation ------------------------------------------------------------------- */

// The link of an invitation has its code after the #, which is in no log of a server.
if (location.hash.startsWith("#code=") && $("code")) {
  $("code").value = decodeURIComponent(location.hash.slice(6));
  history.replaceState(null, "", location.pathname);
}

/* --- small things ------------------------------------------------------------------ */

document.addEventListener("change", ev => {
  if (ev.target.form?.id === "filters") ev.target.form.requestSubmit();
});
comboboxes();
tabs();
watchAlerts();
countdown();
speakNew();
($("errors") ?? document.querySelector("main [aria-invalid]"))?.focus();

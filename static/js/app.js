"use strict";
// app.js adds to the forms of a page: one key per click, labels during a request, protection
// against accidental presses, text for screen readers, and the dialog. Without it every form
// works as a full page load. live.js runs after it and keeps the page up to date; each of the
// two also works when the other has failed.

const $ = id => document.getElementById(id);
const words = $("words").dataset;
const pill = $("pill");
const who = $("who")?.dataset.person; // the person for whom the page was made

let running = false; // live.js sets it at its end

// refetch loads the content of the page again: at once, or when the person pauses.
function refetch(soon) {
  if (!running) location.reload();
  else if (soon) resyncSoon();
  else resync();
}

addEventListener("load", () => {
  if (!pill || running) return;
  pill.textContent = words.dead;
  pill.dataset.state = "offline";
  pill.hidden = false;
});

// A page that loads while another still fades in ends that motion, which is no fault.
for (const kind of ["pageswap", "pagereveal"]) {
  addEventListener(kind, ev => {
    ev.viewTransition?.ready.catch(() => {});
    ev.viewTransition?.finished.catch(() => {});
  });
}

// aria sets a state by its attribute: Firefox before 119 lacks the properties. null removes it.
const aria = (el, name, value) => value === null ? el.removeAttribute("aria-" + name) : el.setAttribute("aria-" + name, value);
const isOn = (el, name) => el.getAttribute("aria-" + name) === "true";

// keeper keeps values on this device or in this tab. Storage may be missing or throw: then
// nothing is kept.
const keeper = area => ({
  get(key) {
    try { return window[area][key]; } catch { return undefined; }
  },
  set(key, value) {
    try { window[area][key] = value; } catch { /* it holds for this page */ }
  },
});
const device = keeper("localStorage"), tab = keeper("sessionStorage");

/* --- what can wait -------------------------------------------------------------- */

// installer asks whether the site is to be installed, where the browser can. install.js decides
// when that is of use.
let installer = null;
addEventListener("beforeinstallprompt", ev => {
  ev.preventDefault();
  installer = ev;
  dispatchEvent(new Event("installable"));
});

if (words.later) addEventListener("load", () => document.head.append(Object.assign(document.createElement("script"), { src: words.later })));

/* --- time: the server's, never the device's ----------------------------------- */

// The server states how many seconds are left, or the time of day in the studio. Both are
// counted on from the moment at which their text arrived, in the page or in a frame.
const now = () => performance.now();
let arrived = performance.getEntriesByType("navigation")[0]?.responseStart ?? 0;

// since returns the moment at which an attribute got its present value.
function since(el, name) {
  const value = el.dataset[name];
  el.read ??= {};
  if (el.read[name]?.value !== value) el.read[name] = { value, at: arrived || now() };
  return el.read[name].at;
}

const secondsLeft = (el, name) => +el.dataset[name] - (now() - since(el, name)) / 1000;

let clockBase = 0;
function readClock() {
  const el = $("clock");
  if (el) clockBase = +el.dataset.clock - since(el, "clock") / 1000;
}

// clockAt returns the time of day in the studio, "14:03", at a moment of now().
function clockAt(moment) {
  const minutes = Math.floor((clockBase + moment / 1000) / 60), two = n => String(n).padStart(2, "0");
  return two(Math.floor(minutes / 60) % 24) + ":" + two(minutes % 60);
}

/* --- speaking -------------------------------------------------------------- */

const spoken = new Map();
function say(text, urgent) {
  text = text.trim();
  if (!text || now() - (spoken.get(text) ?? -5000) < 5000) return;
  spoken.set(text, now());
  const node = $(urgent ? "say-now" : "say");
  node.textContent = "";
  setTimeout(() => { node.textContent = text; }, 60);
  clearTimeout(node.timer);
  node.timer = setTimeout(() => { node.textContent = ""; }, 7000);
}

// A modal dialog makes the rest of the page inert, also its live regions. So these, and the
// toast, are always in the uppermost dialog.
function moveUp() {
  const top = dialog.open ? dialog : sheet.open ? sheet : document.body;
  if ($("say").parentElement !== top) top.append($("say"), $("say-now"), $("toast"));
}

// speakNew speaks the receipts that are new on the page, and returns the last of them.
function speakNew() {
  let news = null;
  for (const el of document.querySelectorAll("[data-say]")) {
    if (el.said === el.textContent) continue;
    el.said = el.textContent;
    const what = el.dataset.say;
    say(what && what !== "now" ? what : el.textContent, what === "now");
    news = el;
  }
  return news;
}

/* --- one press -------------------------------------------------------------- */

const deaf = 500, twice = 700;

document.addEventListener("click", ev => {
  const el = ev.target.closest("button, a.btn, a.bin, a[data-tab], a[data-dialog]");
  if (!el || el.matches("[type=button], summary, .steps a")) return;
  const at = now(), changed = at < (el.deafUntil || 0), again = at - (el.pressedAt ?? -twice) < twice;
  const cut = "cut" in el.dataset, early = !cut && isEarly(el);
  if (changed || isOn(el, "disabled") || early || (again && el.form?.method === "post")) {
    ev.preventDefault();
    ev.stopImmediatePropagation();
    if (cut) {
      hint(el, notTicked(el, "cut") ?? words.unreached, notTicked(el, "cut") ? "tick" : "lost");
      refetch();
    } else if (early) {
      el.askedAt = at;
      hint(el, words.early);
    } else if (changed && !again) hint(el);
    return;
  }
  el.pressedAt = at;
}, true);

// isEarly reports whether a press would check somebody in long before the start, and has not
// been asked for again.
function isEarly(el) {
  const panel = el.matches("[data-optimistic]") && !isOn(el, "pressed") && el.closest("[data-early]");
  return panel && secondsLeft(panel, "early") > 0 && !(now() - el.askedAt > deaf && now() - el.askedAt < 6000);
}

// notTicked is the sentence for a tick that could not be set or removed. Other buttons have none.
function notTicked(el, why) {
  if (!el.matches("[data-optimistic]")) return undefined;
  return words[(isOn(el, "pressed") ? "stillTicked" : "notTicked") + (why === "cut" ? "Cut" : "Failed")];
}

// hints holds the sentences beside buttons. A swap takes a sentence off the page, so it is put
// back after each. It stays for six seconds; until there is a connection ("lost"); or until
// the tick is as the person wanted it ("tick").
const hints = new Map();

// hint shows next to the button why nothing happened.
function hint(el, text = words.changed, stay = "") {
  say(text, true);
  unhint(el);
  const p = Object.assign(document.createElement("p"), { className: "refusal hinted", textContent: text });
  hints.set(el, { p, stay, wanted: String(!isOn(el, "pressed")) });
  showHint(el, p);
  if (!stay || (stay === "lost" && !$("live"))) setTimeout(() => { if (hints.get(el)?.p === p) unhint(el); }, 6000);
}

// showHint puts the sentence into the row, which has a line for such text. A form inside a row
// is too narrow for it.
function showHint(el, p) {
  const box = el.closest(".row, .line, .hit, .p, .offercard, .card, .chips, .actions, .foot") ?? el.form ?? el.closest("p, div");
  box.querySelector(":scope > .hinted")?.remove();
  if (box.matches(".row")) box.append(p);
  else if (box.matches(".line, .hit, .p, .chips, .search-form")) box.append(p);
  else (box.matches("p") ? box : [...box.children].find(child => child.contains(el))).before(p);
}

function unhint(el) {
  hints.get(el)?.p.remove();
  hints.delete(el);
}

function keepHints() {
  for (const [el, { p, stay, wanted }] of [...hints]) {
    if (!el.isConnected || (stay === "tick" && el.getAttribute("aria-pressed") === wanted)) unhint(el);
    else if (!p.isConnected) showHint(el, p);
  }
}

// reached removes the sentences about a lost connection, and searches again.
function reached() {
  for (const [el, { stay }] of [...hints]) {
    if (stay !== "lost") continue;
    unhint(el);
    if (el.matches("input")) el.dispatchEvent(new Event("input", { bubbles: true }));
  }
}
addEventListener("online", reached);

// cutActions marks everything that changes data while there is no connection. Such a button
// keeps the focus; a press says why nothing happens. Nothing is queued.
let cut = false;
function cutActions(on = cut) {
  cut = on;
  for (const el of document.querySelectorAll(on ? "form[method=post] button:not([type=button]), .row button:not([formmethod]), a[data-dialog]" : "[data-cut]")) {
    if (on && isOn(el, "disabled")) continue;
    aria(el, "disabled", on ? "true" : null);
    if (on) el.dataset.cut = ""; else delete el.dataset.cut;
  }
}

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
  const { ctx } = ev.detail, { sourceElement: el, request } = ctx, button = request.submitter;
  if (who) request.headers["Made-For"] = who;
  const action = button?.getAttribute("formaction");
  if (action && button.formMethod === "get") {
    ev.preventDefault();
    if (!openSheet(action, button)) location.assign(action);
    return;
  }
  if (action) request.action = action;
  if (request.method !== "POST" || !request.body?.has?.("key") || request.body.get("key")) return;
  // A repeated click sends the same key until its answer is certain.
  ctx.press = request.action + " " + (button?.value ?? "");
  el.keys ??= {};
  request.body.set("key", el.keys[ctx.press] ??= uuid());
});

// The buttons of all rows of a page send one form. Each sends it for its own row, so that a
// press in one row does not wait for the answer to another.
document.addEventListener("submit", ev => {
  const button = ev.submitter, row = button?.closest(".row");
  if (!row || ev.defaultPrevented || !window.htmx) return;
  ev.preventDefault();
  const action = button.getAttribute("formaction");
  if (button.formMethod === "get") {
    if (!openSheet(action, button)) location.assign(action);
  } else htmx.ajax("POST", action, { source: button, event: ev, target: row, swap: "outerMorph", headers: { "HX-Target": "li#" + row.id } });
});

document.addEventListener("htmx:before:request", ev => {
  const { sourceElement: el, request } = ev.detail.ctx, button = request.submitter;
  if (request.method !== "POST" || !button) return;
  told?.remove();
  told = null;
  unhint(button);
  const row = el.closest("li");
  if (row) row.own = now();
  aria(button, "disabled", "true");
  if (button.hasAttribute("data-optimistic")) aria(button, "pressed", String(!isOn(button, "pressed")));
  else if (button.matches(".btn")) {
    button.label = button.textContent;
    button.pending = /^book/.test(button.value) ? words.booking : words.pending;
    button.textContent = button.pending;
  }
});

document.addEventListener("htmx:finally:request", ev => {
  const { sourceElement: el, request, response, press } = ev.detail.ctx, { submitter: button } = request;
  if (response && response.status < 500 && press) delete el.keys?.[press];
  if (!button) return;
  aria(button, "disabled", null);
  if (cut) cutActions();
  if (button.pending && button.textContent === button.pending) button.textContent = button.label;
  button.pending = "";
  if (response?.status === 201) button.deafUntil = now() + 2000;
  if (button.hasAttribute("data-optimistic") && !(response?.status < 300)) {
    // The result is not certain: load the page to see it.
    refetch();
  }
});

// pressed returns the button of a form or the link that fetches a dialog; for a search, which
// is sent while the person types, its field.
const pressed = ({ request, sourceElement: el }) => request?.submitter ?? el?.closest?.("a, button") ?? (el?.matches?.("form") ? el.querySelector("[type=search]") : null);

// untick takes back the tick that a press has set before its answer.
function untick(el) {
  if (el.matches("[data-optimistic]")) aria(el, "pressed", String(!isOn(el, "pressed")));
}

document.addEventListener("htmx:error", ev => {
  const el = pressed(ev.detail.ctx);
  if (!el) return;
  untick(el);
  if (notTicked(el, "cut")) return hint(el, notTicked(el, "cut"), "tick");
  if (el.matches("input")) return hint(el, words.unsearched, "lost");
  // Only the answer was lost. The action may have succeeded, so load the page first.
  hint(el, el.matches("a") ? words.unreached : words.checking, "lost");
  refetch(true);
});

document.addEventListener("htmx:response:error", ev => {
  const el = pressed(ev.detail.ctx);
  if (!el) return;
  untick(el);
  if (ev.detail.ctx.response.status >= 500) hint(el, notTicked(el, "failed") ?? words.failed, notTicked(el, "failed") ? "tick" : "");
});

// isPush reports whether a swap comes from a socket: that of the page or that of the sheet.
const isPush = ctx => /^(sheet-)?live$/.test(ctx.sourceElement?.id ?? "");

// keepTab lets a panel that comes again show the list that is chosen now. The server knows only
// the list of the address.
function keepTab(fragment) {
  for (const panel of fragment.querySelectorAll("[data-panel]")) {
    const shown = $(panel.id);
    if (shown) panel.dataset.tab = shown.dataset.tab;
  }
}

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
  if (target?.matches("#dialog-body, #sheet-body") || target?.closest("#palette")) return;
  const home = first.id && $(first.id), inDialog = target?.closest("dialog");
  if (home === target) return;
  if (home) {
    task.target = home;
    task.swapSpec.style = "outerMorph";
  } else if (inDialog || target?.matches("article, #bookings, #alerts")) {
    drop();
    // The element behind a dialog, if the response has it, shows the notice itself.
    if (first.matches(".notice") && (!inDialog || parts < 2)) tell(first, ctx.sourceElement);
    // Other parts of the response have refreshed the page. Without them, or if no socket
    // brings the rest, load the page.
    if (parts < 2 || pill?.dataset.state !== "live") refetch();
  }
  if (inDialog) dialog.close();
}

document.addEventListener("htmx:before:swap", ev => {
  const { ctx, tasks } = ev.detail, push = isPush(ctx);
  holdFocus(push ? null : ctx.request?.submitter);
  factsBefore = !push && ctx.sourceElement?.matches?.(".sheet, body") ? facts() : null;
  if (!push) for (const { fragment } of tasks) keepTab(fragment);
  if (!push) for (const task of [...tasks]) place(task, ctx, () => tasks.splice(tasks.indexOf(task), 1), tasks.length);
});

// told is the notice of the last action. It stays until the next one, although the page is
// loaded again in between: a loaded page has no notices.
let told = null, toldIn = "";
function keepTold(notice) {
  told = notice;
  toldIn = notice.parentElement?.closest("[id]")?.id ?? "";
}

// tell shows a notice about an element that is no longer on the page: at its top; or over the
// page, where a card lay over it, until the focus leaves.
function tell(notice, from) {
  told?.remove();
  keepTold(notice);
  told.classList.add("told");
  if (from.closest(".late")) {
    told.classList.add("late");
    told.addEventListener("focusout", () => { if (told === notice) told = null; notice.remove(); });
  }
  showTold();
}

function showTold() {
  if (told && !told.isConnected) ($(toldIn) ?? document.querySelector("[id^=panel-][id$=-notice]") ?? $("main")).prepend(told);
}

/* --- focus: a swap must not drop it to <body> -------------------------------------- */

// held is the focused element before a swap, with the elements that follow it: the same
// control in the rows after and before it, and the title of its panel.
let held = null;

// The content of a closed <details> still has boxes.
const isGone = el => !el?.isConnected || el === document.body || !el.getClientRects().length || (!el.matches("summary") && !!el.closest("details:not([open])"));

function withFollowers(el) {
  const row = el.closest("li, article.card"), same = el.id.slice(el.id.lastIndexOf("-"));
  const rows = row ? [...row.parentElement.children].filter(r => r === row || !r.matches(".tomb")) : [], at = rows.indexOf(row);
  const others = [...rows.slice(at + 1), ...rows.slice(0, Math.max(at, 0)).reverse()];
  const next = others.map(r => (same && r.querySelector(`[id$="${CSS.escape(same)}"]`)) || r.querySelector("button, a[href]")).filter(Boolean);
  return { el, then: [$(el.dataset.back), ...next, el.closest(".panel")?.querySelector("h1")].filter(Boolean) };
}

function holdFocus(submitter) {
  const at = document.activeElement;
  if (at?.closest("#dialog")) held = opener;
  else if (at && at !== document.body) held = withFollowers(at);
  else held = submitter ? withFollowers(submitter) : null;
}

// landFocus moves a focus that was lost: to the receipt of the action, else to the same
// control of the next row, else to the title of the panel, else to the content of the page.
// If a push has taken the pressed button away, the content has the focus until the receipt
// arrives. A control that gets the focus in this way is deaf at first.
function landFocus(receipt) {
  const at = document.activeElement;
  if (!held || !(isGone(at) || (receipt && at === $("main")))) return;
  const inDialog = [receipt, $("dialog-title")], onPage = [receipt, held.el, ...(isOn(held.el, "disabled") ? [] : held.then), $("main")];
  const inSheet = [receipt, held.el, sheet.querySelector("h1")];
  const to = (dialog.open ? inDialog : sheet.open ? inSheet : onPage).map(el => (el?.id && !el.isConnected ? $(el.id) : el)).find(el => !isGone(el));
  if (to && to !== held.el) to.deafUntil = now() + deaf;
  focusOn(to);
}

function focusOn(el, options = { preventScroll: true }) {
  if (!el) return;
  if (!el.matches("a[href], button, input, select, textarea, summary, [tabindex]")) el.tabIndex = -1;
  el.focus(options);
}

/* --- the button of a row follows what is shown ------------------------------ */

const looks = { book: "btn small", sheet: "btn small", join: "btn small out", accept: "btn small take", credits: "btn small out", details: "chev" };

// actionOf mirrors ClassRow.Action of the templates.
function actionOf(state, act) {
  if (!state) return act;
  if (state === "offer") return "accept";
  return state === "no_credits" && /book|sheet/.test(act) ? "credits" : "details";
}

function applyAction(row) {
  const id = row.id.slice(6), button = $(`class-${id}-button`), seats = $(`class-${id}-seats`), personal = $(`class-${id}-personal`);
  if (!button || !seats) return;
  const state = personal?.dataset.personal ?? "", [offered, ...seen] = seats.dataset.act.split(" "), act = actionOf(state, offered);
  if (button.matches("a")) { // on the schedule for everybody
    if (button.className !== looks[act]) Object.assign(button, { className: looks[act], deafUntil: now() + deaf });
    button.textContent = words[act === "sheet" ? "book" : act];
    if (act === "details") button.tabIndex = -1; else button.removeAttribute("tabindex");
    return;
  }
  // A new state removes the message about the last press.
  if ((row.dataset.personal ?? "") !== state) row.querySelectorAll(".receipt, .refusal").forEach(p => p.remove());
  if (state) row.dataset.personal = state; else delete row.dataset.personal;
  if (button.pending) return;
  const was = button.value.split(" ")[0];
  button.value = [act, ...seen].join(" ");
  if (was === act) return;
  button.className = looks[act];
  button.textContent = words[act];
  button.setAttribute("formaction", { book: `/classes/${id}/bookings`, join: `/classes/${id}/waitlist`, accept: `/offers/${+personal.dataset.offer}/acceptance`, credits: "/credits" }[act] ?? `/classes/${id}`);
  if (/sheet|credits|details/.test(act)) button.setAttribute("formmethod", "get"); else button.removeAttribute("formmethod");
  if (act === "details") button.tabIndex = -1; else button.removeAttribute("tabindex");
  button.deafUntil = now() + deaf;
}

// countBookings counts the person's bookings in the folded days of a week, and marks the day
// above the list of a day.
function countBookings() {
  const booked = box => box.querySelectorAll(".row:is([data-personal=booked], [data-personal=checked_in])").length;
  for (const own of document.querySelectorAll(".wday .own")) {
    const n = booked(own.closest(".wday")), text = n ? " · " + (n === 1 ? words.bookedOne : words.booked.replace("2", n)) : "";
    if (own.textContent !== text) own.textContent = text;
  }
  const list = document.querySelector("#classes.day");
  if (list && booked(list)) document.querySelector(".strip [aria-current]")?.classList.add("has");
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
  stackCards();
}

// stackCards puts late cards beside each other, as far as the screen holds them. Those that do
// not fit stand at the top of the page.
function stackCards() {
  let stacked = 0;
  for (const card of document.querySelectorAll("#alerts .late")) {
    const height = card.offsetHeight + 8;
    if (stacked + height > innerHeight - 150) card.classList.remove("late");
    else card.style.setProperty("--stacked", stacked + "px");
    stacked += height;
  }
}
addEventListener("resize", stackCards);

function countdown() {
  for (const el of document.querySelectorAll(".left[data-left]")) {
    const minutes = Math.max(0, Math.ceil(secondsLeft(el, "left") / 60));
    const text = minutes > 120 ? "" : words.minutes.replace("#", minutes);
    if (el.textContent !== text) {
      el.textContent = text;
      if (minutes === 5) say(words.fiveLeft);
      if (minutes === 1) say(words.lastMinute);
    }
  }
  for (const el of document.querySelectorAll(".until[data-left]")) {
    const minutes = Math.ceil(secondsLeft(el, "left") / 60), { hours, minutes: short, now: begun } = el.dataset;
    const text = minutes < 1 ? begun : (minutes < 60 ? short : hours).replace("##", minutes % 60).replace("#", Math.floor(minutes / 60));
    if (el.textContent !== text) el.textContent = text;
  }
}

/* --- after every swap --------------------------------------------------------- */

document.addEventListener("htmx:after:swap", ev => {
  const ctx = ev.detail.ctx;
  let receipt = null;
  if (ctx.title) title = ctx.title;
  document.querySelectorAll(".row").forEach(applyAction);
  countBookings();
  readClock();
  countdown();
  showTold();
  watchAlerts();
  if (!isPush(ctx)) {
    receipt = speakNew();
    if (receipt?.matches(".notice")) keepTold(receipt);
    if (receipt) toastReceipt(receipt);
  }
  keepHints();
  if (cut) cutActions();
  compareFacts(factsBefore);
  if (shownSheet() && !isPush(ctx)) shownSheet().swapped = now();
  const id = ctx.target?.id ?? "";
  if (id === "dialog-body" && !dialog.open && $("dialog-body").firstElementChild) openDialog(ctx.sourceElement);
  else if (dialog.open) stayNear();
  if (ctx.response?.status === 422) $("errors")?.focus();
  landFocus(receipt);
});

/* --- a password that is shown ----------------------------------------------------- */
document.addEventListener("click", ev => {
  const eye = ev.target.closest("#show");
  if (eye) {
    const on = !isOn(eye, "pressed");
    aria(eye, "pressed", String(on));
    $("password").type = on ? "text" : "password";
  }
});


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

document.querySelectorAll(".row").forEach(applyAction);
watchAlerts();
readClock();
countdown();
setInterval(countdown, 1000);
const receiptOfPage = speakNew();
($("errors") ?? document.querySelector("main [aria-invalid]"))?.focus();
if (receiptOfPage?.matches(".notice")) {
  keepTold(receiptOfPage);
  if (document.activeElement === document.body) focusOn(receiptOfPage);
}
arrived = 0; // what comes from now on arrives now

"use strict";
// live.js keeps the page up to date. Every swap, whether from the socket, from a form or from
// polling, passes one guard that drops content older than the shown content. While there is no
// socket, the page says so and loads itself again at intervals. It uses app.js, which runs
// before it.

let open = false, everOpen = false, offline = false, paused = device.get("paused") === "1";
let beat = now(), lostAt = beat, polledAt = 0, freshAt = beat, quietUntil = beat + 1500, hiddenAt = 0;
let toldLost = false, missed = 0, swapping = 0;

/* --- the guard ----------------------------------------------------------- */

document.addEventListener("htmx:before:swap", ev => {
  const { ctx, tasks } = ev.detail, push = isPush(ctx);
  for (const task of [...tasks]) {
    // The person has opened and closed the days of a week.
    for (const fold of task.fragment.querySelectorAll("details[id]")) fold.open = $(fold.id)?.open ?? fold.open;
    const drop = () => { if (tasks.includes(task)) tasks.splice(tasks.indexOf(task), 1); };
    for (const el of task.fragment.querySelectorAll("[data-v]")) {
      const was = $(el.id), root = push && el === task.fragment.firstElementChild;
      if (push && outdates(el, was)) sheetSoon();
      if (!was) {
        if (push) absent(el);
        continue;
      }
      if (was.dataset.e && was.dataset.e !== el.dataset.e) {
        if (push) {
          if (el.dataset.e !== "resync") epoch = el.dataset.e;
          drop();
          resyncSoon();
        }
      } else if (push && paused && !/personal|alert|balance|^bookings$/.test(el.id)) {
        missed++;
        drop();
      } else if (root && +el.dataset.v <= +was.dataset.v && was.dataset.v !== "") {
        drop();
      } else if (!push && +el.dataset.v < +was.dataset.v) {
        el.replaceWith(was.cloneNode(true));
      } else if (root) {
        mark(was, el);
        if (was.dataset.slot !== el.dataset.slot) resyncSoon(); // a class of the time grid has another place
      }
    }
  }
  show();
});

// mark highlights a row that another person changed, at most six at a time.
function mark(was, el) {
  const row = was.closest("li, .blk");
  if (!row || !/seats|staff|block/.test(el.id) || was.textContent === el.textContent || now() < quietUntil || now() - (row.own ?? -3000) < 3000) return;
  if (document.querySelectorAll(".is-new").length > 5) return;
  row.classList.add("is-new");
  setTimeout(() => row.classList.remove("is-new"), matchMedia("(prefers-reduced-motion: reduce)").matches ? 8000 : 1300);
}

// outdates reports whether an update makes the text of the shown sheet old: the terms of the
// class, the state of the person in it, or the credits.
function outdates(el, was) {
  const article = shownSheet(), id = article?.dataset.sheet;
  if (!article) return false;
  if (el.id === `sheet-${id}-seats`) return +el.dataset.v > +article.dataset.v && el.dataset.terms !== article.dataset.terms;
  if (el.id === `class-${id}-personal`) return +el.dataset.v > +article.dataset.v;
  return el.id === "balance" && was?.textContent !== el.textContent && now() - (article.swapped ?? -1000) > 1000;
}

let sheetTimer = 0;
function sheetSoon() {
  clearTimeout(sheetTimer);
  sheetTimer = setTimeout(fetchSheet, 50);
}

// absent handles an update of a row that the list lacks: a new class, or one that a filter
// hides.
const asked = new Map();
function absent(el) {
  const [, id, kind] = /^class-(\d+)-(seats|staff|block)$/.exec(el.id) || [];
  const list = document.querySelector("[data-list]");
  const shows = list?.dataset.list;
  if (!list || (shows === "staff") !== (kind === "staff") || (shows === "grid") !== (kind === "block") || paused) return;
  const patience = list.hasAttribute("data-filtered") ? 15000 : 4000;
  if (now() - (asked.get(id) ?? (list.hasAttribute("data-filtered") ? quietUntil - 1500 : -patience)) < patience) return;
  asked.set(id, now());
  resyncSoon();
}

/* --- fetching the page again ---------------------------------------------- */

// epoch is that of the last update that did not fit the page. A node that has not noticed it
// yet may have answered with a page of the epoch before, so the page is fetched again.
let epoch = "";
function settleEpoch() {
  const shown = document.querySelector("#main [data-e], #alerts[data-e]")?.dataset.e;
  if (!epoch || !shown || shown === epoch) epoch = "";
  else waiting = setTimeout(resync, 500);
}

let touched = -500, waiting = 0;
for (const kind of ["pointerdown", "pointermove", "touchmove", "keydown", "wheel"]) {
  addEventListener(kind, () => { touched = now(); }, { passive: true, capture: true });
}

// resyncSoon waits until the person has stopped pointing and typing, so that nothing moves
// under a finger. It waits thirty seconds at most.
function resyncSoon(since = now()) {
  clearTimeout(waiting);
  waiting = setTimeout(() => {
    if (now() - touched < 500 && now() - since < 30000) resyncSoon(since);
    else resync();
  }, 250);
}

// fetchPage returns the HTML of a page; null if the browser loads a whole page instead.
async function fetchPage(url) {
  const answer = await fetch(url, { cache: "no-store", headers: { Accept: "text/html", ...(who && { "Made-For": who }) } });
  if (answer.status === 409) {
    signedIn();
    return null;
  }
  // The page does not exist for this person any more, for instance a class that was hidden; or
  // the person has chosen another language meanwhile, and the page must not mix two.
  const lang = document.documentElement.lang, other = answer.ok && (answer.headers.get("Content-Language") ?? lang) !== lang;
  if (answer.status === 403 || answer.status === 404 || answer.redirected || other) {
    if (url === address()) location.reload(); else location.assign(url);
    return null;
  }
  if (!answer.ok) throw new Error(answer.status);
  return answer.text();
}

const swapPage = (text, beside) => htmx.swap({ sourceElement: document.body, target: "#main", select: "#main", selectOOB: beside, swap: "outerMorph", text });

// follows returns what the socket of a page follows. The same address may be another day by now.
const follows = html => html?.match(/hx-ws:connect="[^"]*"/)?.[0].replace(/seen=\w*/, "");

async function resync() {
  if (swapping) return;
  swapping = 1;
  try {
    const text = await fetchPage(page);
    if (text === null) return;
    const other = follows(text) && follows(text) !== follows($("live")?.outerHTML);
    await swapPage(text, "#alerts:outerMorph,#alert-count:outerMorph" + (other ? ",#live:outerHTML" : ""));
    offline = false;
    freshAt = now();
    conceal(false);
    if (sheet.open) fetchSheet();
    settleEpoch();
    reached();
  } catch {
    offline = true;
  } finally {
    swapping = 0;
    show();
  }
}

// visit shows another page of the desk without loading a document: the list keeps its place,
// the focus goes to the title of the class, and the socket is opened for the new page. Of
// several visits the last wins.
let visits = 0;
async function visit(url, from, push = true) {
  const n = ++visits;
  try {
    const text = await fetchPage(url);
    if (text === null || n !== visits) return;
    told = null;
    page = address(url);
    if (push) {
      history.replaceState({ desk: from }, "");
      history.pushState({ desk: from }, "", url);
    }
    await swapPage(text, "#live:outerHTML");
    document.title = title = new DOMParser().parseFromString(text, "text/html").title;
    freshAt = now();
    const panel = document.querySelector(".panel h1");
    focusOn(panel ?? $(from) ?? $("main"), { preventScroll: false });
    if (panel) say(panel.textContent);
  } catch {
    location.assign(url);
  }
}

/* --- the socket ------------------------------------------------------------ */

// followClass opens the socket of the open sheet besides that of the page, or closes it.
function followClass(id) {
  const to = id ? ` hx-ws:connect="/live?view=class&class=${id}&lang=${document.documentElement.lang}" hx-swap="none"` : "";
  htmx.swap({ sourceElement: document.body, target: "#sheet-live", swap: "outerHTML", text: `<div id="sheet-live"${to}></div>` });
}

document.addEventListener("htmx:ws:after:connection", ev => {
  if (ev.target.id !== "live") return;
  const again = everOpen;
  open = everOpen = true;
  offline = false;
  beat = now();
  quietUntil = beat + 1500;
  if (toldLost) say(words.back);
  toldLost = false;
  reached();
  // The first messages of a socket do not name rows that were removed in the meantime.
  if (again) setTimeout(resync, Math.random() * 1000);
  show();
});

document.addEventListener("htmx:ws:close", ev => {
  if (ev.target.id !== "live") return;
  if (open) lostAt = now();
  open = false;
  setTimeout(show, toldAfter);
  if (ev.detail.code === 1008) leave();
  show();
});

document.addEventListener("htmx:ws:before:message:incoming", ev => {
  if (ev.target.id === "live") {
    beat = freshAt = now();
    open = true;
  }
  const data = ev.detail.message.data;
  if (data[0] !== "{") return;
  const told = JSON.parse(data);
  if (told.resync) resyncSoon();
  if (told.signedOut) leave();
});

// leave loads the page again, which then shows only content that the person may still see. It
// does so once in ten seconds: by a note in this tab, or, without storage, by waiting.
function leave() {
  const at = performance.timeOrigin + now();
  if (Math.abs(at - tab.get("left")) < 10000) return;
  tab.set("left", at);
  setTimeout(signedIn, tab.get("left") ? Math.random() * 800 : 10000 - now());
}

// signedIn loads the page again if it is for everybody. The page of a person is loaded again only
// for the same person; else the browser goes to a page that names the other person, or to the login.
function signedIn() {
  if (!who) location.reload();
  else location.replace(`/signed-in?was=${who ?? ""}&next=${encodeURIComponent(location.pathname + location.search)}`);
}

// conceal hides what the page shows of a person. The browser may bring a page back from its
// memory after the person has signed out.
function conceal(on) {
  for (const id of ["main", "alerts", "who", "sheet"]) if ($(id)) $(id).hidden = on;
}

// renew opens another socket at once, since a broken connection may never report an error.
function renew() {
  const old = $("live");
  if (!old) return;
  beat = now();
  if (open) lostAt = beat;
  open = false;
  const live = old.cloneNode(false);
  live.removeAttribute("data-htmx-powered");
  htmx.swap({ sourceElement: document.body, target: "#live", swap: "outerHTML", text: live.outerHTML });
  if (sheet.open) followClass(shownSheet()?.dataset.sheet);
}

function wake() {
  const long = hiddenAt && now() - hiddenAt > 60000;
  hiddenAt = 0;
  if ($("live") && (long || now() - beat > 7000)) renew();
}
addEventListener("online", () => { offline = false; renew(); });
addEventListener("offline", () => { offline = true; show(); });
addEventListener("pagehide", ev => { if (ev.persisted && who) conceal(true); });
addEventListener("pageshow", ev => {
  if (!ev.persisted) return;
  if (who) conceal(true);
  renew();
  resync();
});
document.addEventListener("visibilitychange", () => { if (document.hidden) hiddenAt = now(); else wake(); });

// While the device sleeps, now() may stand still, but the clock of the device goes on.
let slept = Date.now() - now();

// midnight is when a page that nobody touches for days fetches the new day: not all in one second.
const midnight = 86400 + Math.random() * 60;

setInterval(() => {
  const at = now(), gap = at - lostAt, ahead = Date.now() - at - slept;
  if (!$("live")) return;
  if (!who && clockBase + at / 1000 > midnight) {
    clockBase -= 86400;
    resync();
  }
  if (Math.abs(ahead) > 5000) {
    slept += ahead;
    renew();
    resync();
  }
  if (open && at - beat > 12000) renew();
  if (!open && gap > 3000 && at - beat > 3000 && !$("live")._htmx?.ws?.connection) renew();
  if (!open && !document.hidden && gap > 5000 && at - polledAt > (gap > 60000 ? 15000 : 5000)) {
    polledAt = at;
    if (!paused) resync();
  }
  if (!open && everOpen && gap > 5000 && !toldLost) {
    toldLost = true;
    say(words.lost);
  }
  show();
}, 1000);

/* --- the pill: a text that says how fresh the page is ----------------------------- */

// toldAfter is the time in ms after which the pill tells a lost connection.
const toldAfter = 1000;

function show() {
  if (!pill || !running) return;
  const gap = now() - lostAt;
  const state = paused ? "paused" : open ? "live" : offline ? "offline" : gap > 5000 && polledAt ? "polling" : gap >= toldAfter || !everOpen ? "connecting" : "live";
  const at = clockAt(freshAt);
  let text = words[state].replace("#", state === "offline" ? at : gap > 60000 ? "15" : "5");
  if (paused && missed) text += " · " + words.news.replace("#", missed);
  if (pill.textContent !== text) pill.textContent = text;
  pill.dataset.state = state;
  aria(pill, "pressed", String(paused));
  pill.hidden = false;
  const bar = $("offline");
  bar.hidden = state !== "offline";
  if (!bar.hidden) bar.textContent = (navigator.onLine ? words.noStudio : words.gone).replace("#", at);
  document.body.classList.toggle("stale", !open && !paused && gap > 5000 && now() - freshAt > 8000);
  if (cut !== !bar.hidden) cutActions(!cut);
}

pill?.addEventListener("click", () => {
  paused = !paused;
  device.set("paused", paused ? "1" : "");
  if (!paused) { missed = 0; renew(); resync(); }
  show();
});

running = true;
show();

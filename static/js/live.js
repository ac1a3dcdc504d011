"use strict";
// live.js keeps the page up to date. Every swap, whether from the socket, from a form or from
// polling, passes one guard that drops content older than the shown content. While there is no
// socket, the page says so and loads itself again at intervals.

const $ = id => document.getElementById(id);
const words = $("words").dataset;
const pill = $("pill");
const who = $("who")?.dataset.person; // the person for whom the page was made

let open = false, everOpen = false, offline = false, paused = localStorage.paused === "1";
let beat = Date.now(), lostAt = beat, polledAt = 0, freshAt = beat, quietUntil = beat + 1500, hiddenAt = 0;
let toldLost = false, missed = 0, swapping = 0;

/* --- the guard ----------------------------------------------------------- */

document.addEventListener("htmx:before:swap", ev => {
  const { ctx, tasks } = ev.detail, push = ctx.sourceElement?.id === "live";
  for (const task of [...tasks]) {
    const drop = () => tasks.splice(tasks.indexOf(task), 1);
    if (!push) place(task, ctx, drop, tasks.length);
    for (const el of task.fragment.querySelectorAll("[data-v]")) {
      const was = $(el.id), root = push && el === task.fragment.firstElementChild;
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
      }
    }
  }
  show();
});

// mark highlights a row that another person changed, at most six at a time.
function mark(was, el) {
  const row = was.closest("li");
  if (!row || !/seats|staff/.test(el.id) || was.textContent === el.textContent || Date.now() < quietUntil || Date.now() - (row.own || 0) < 3000) return;
  if (document.querySelectorAll(".is-new").length > 5) return;
  row.classList.add("is-new");
  setTimeout(() => row.classList.remove("is-new"), matchMedia("(prefers-reduced-motion: reduce)").matches ? 8000 : 1300);
}

// absent handles an update of a row that the list lacks: a new class, or one that a filter
// hides.
const asked = new Map();
function absent(el) {
  const [, id, kind] = /^class-(\d+)-(seats|staff)$/.exec(el.id) || [];
  const list = document.querySelector("[data-list]");
  if (!list || (list.dataset.list === "staff") !== (kind === "staff") || paused) return;
  const patience = list.hasAttribute("data-filtered") ? 15000 : 4000;
  if (Date.now() - (asked.get(id) ?? (list.hasAttribute("data-filtered") ? quietUntil - 1500 : 0)) < patience) return;
  asked.set(id, Date.now());
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

let touched = 0, waiting = 0;
for (const kind of ["pointerdown", "pointermove", "touchmove", "keydown", "wheel"]) {
  addEventListener(kind, () => { touched = Date.now(); }, { passive: true, capture: true });
}

// resyncSoon waits until the person has stopped pointing and typing, so that nothing moves
// under a finger. It waits thirty seconds at most.
function resyncSoon(since = Date.now()) {
  clearTimeout(waiting);
  waiting = setTimeout(() => {
    if (Date.now() - touched < 500 && Date.now() - since < 30000) resyncSoon(since);
    else resync();
  }, 250);
}

async function resync() {
  if (swapping) return;
  swapping = 1;
  try {
    const answer = await fetch(location.href, { cache: "no-store", headers: { Accept: "text/html", ...(who && { "Made-For": who }) } });
    if (answer.status === 409) return signedIn();
    // The page does not exist for this person any more, for instance a class that was hidden.
    if (answer.status === 403 || answer.status === 404) return location.reload();
    // The person has chosen another language meanwhile. Reload, so that the page does not mix
    // two languages.
    const lang = document.documentElement.lang;
    if (answer.redirected || answer.ok && (answer.headers.get("Content-Language") ?? lang) !== lang) return location.reload();
    if (!answer.ok) throw new Error(answer.status);
    await htmx.swap({ sourceElement: document.body, target: "#main", select: "#main", selectOOB: "#alerts:outerMorph,#alert-count:outerMorph", swap: "outerMorph", text: await answer.text() });
    offline = false;
    freshAt = Date.now();
    conceal(false);
    settleEpoch();
    reached();
  } catch {
    offline = true;
  } finally {
    swapping = 0;
    show();
  }
}

/* --- the socket ------------------------------------------------------------ */

document.addEventListener("htmx:ws:after:connection", () => {
  const again = everOpen;
  open = everOpen = true;
  offline = false;
  beat = Date.now();
  quietUntil = beat + 1500;
  if (toldLost) say(words.back);
  toldLost = false;
  reached();
  // The first messages of a socket do not name rows that were removed in the meantime.
  if (again) setTimeout(resync, Math.random() * 1000);
  show();
});

document.addEventListener("htmx:ws:close", ev => {
  if (open) lostAt = Date.now();
  open = false;
  if (ev.detail.code === 1008) leave();
  show();
});

document.addEventListener("htmx:ws:before:message:incoming", ev => {
  beat = freshAt = Date.now();
  open = true;
  const data = ev.detail.message.data;
  if (data[0] !== "{") return;
  const told = JSON.parse(data);
  if (told.resync) resyncSoon();
  if (told.signedOut) leave();
});

// leave loads the page again, which then shows only content that the person may still see.
function leave() {
  if (Date.now() - (sessionStorage.left || 0) < 10000) return;
  sessionStorage.left = Date.now();
  setTimeout(signedIn, Math.random() * 800);
}

// signedIn leads to this page again if the same person is signed in, and otherwise to a page
// that names the other person, or to the login.
function signedIn() {
  location.replace(`/signed-in?was=${who ?? ""}&next=${encodeURIComponent(location.pathname + location.search)}`);
}

// conceal hides what the page shows of a person. The browser may bring a page back from its
// memory after the person has signed out.
function conceal(on) {
  for (const id of ["main", "alerts", "who"]) if ($(id)) $(id).hidden = on;
}

// renew opens another socket at once, since a broken connection may never report an error.
function renew() {
  const old = $("live");
  if (!old) return;
  beat = Date.now();
  if (open) lostAt = beat;
  open = false;
  const live = old.cloneNode(false);
  live.removeAttribute("data-htmx-powered");
  htmx.swap({ sourceElement: document.body, target: "#live", swap: "outerHTML", text: live.outerHTML });
}

function wake() {
  const long = hiddenAt && Date.now() - hiddenAt > 60000;
  hiddenAt = 0;
  if ($("live") && (long || Date.now() - beat > 7000)) renew();
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
document.addEventListener("visibilitychange", () => { if (document.hidden) hiddenAt = Date.now(); else wake(); });

setInterval(() => {
  const now = Date.now(), gap = now - lostAt;
  countdown();
  if (!$("live")) return;
  if (open && now - beat > 12000) renew();
  if (!open && gap > 3000 && now - beat > 3000 && !$("live")._htmx?.ws?.connection) renew();
  if (!open && !document.hidden && gap > 5000 && now - polledAt > (gap > 60000 ? 15000 : 5000)) {
    polledAt = now;
    if (!paused) resync();
  }
  if (!open && everOpen && gap > 5000 && !toldLost) {
    toldLost = true;
    say(words.lost);
  }
  show();
}, 1000);

/* --- the pill: a text that says how fresh the page is ----------------------------- */

function show() {
  if (!pill) return;
  const gap = Date.now() - lostAt;
  const state = paused ? "paused" : open ? "live" : offline ? "offline" : gap > 5000 && polledAt ? "polling" : gap > 2000 || !everOpen ? "connecting" : "live";
  const at = new Date(freshAt).toTimeString().slice(0, 5);
  let text = words[state].replace("#", state === "offline" ? at : gap > 60000 ? "15" : "5");
  if (paused && missed) text += " · " + words.news.replace("#", missed);
  if (pill.textContent !== text) pill.textContent = text;
  pill.dataset.state = state;
  pill.ariaPressed = String(paused);
  pill.hidden = false;
  const bar = $("offline");
  bar.hidden = state !== "offline";
  if (!bar.hidden) bar.textContent = words.gone.replace("#", at);
  document.body.classList.toggle("stale", !open && !paused && gap > 5000 && Date.now() - freshAt > 8000);
}

pill?.addEventListener("click", () => {
  paused = !paused;
  localStorage.paused = paused ? "1" : "";
  if (!paused) { missed = 0; renew(); resync(); }
  show();
});

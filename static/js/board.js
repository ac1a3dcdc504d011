"use strict";
// board.js keeps the board in the lobby true: its rows by a socket, and the rest by fetching the
// page again at every minute. It turns the pages of rows, says how old the board is when the
// connection is lost, and hides the seats when they are too old to be believed. The board has
// no other script.

const board = () => document.getElementById("board");
const list = () => document.getElementById("board-rows");
const now = () => performance.now();
const reduced = matchMedia("(prefers-reduced-motion: reduce)");
const parse = text => new DOMParser().parseFromString(text, "text/html");

let socket = null, tries = 0, freshAt = now(), fetching = false, startedAt = now(), minute = "";

/* --- flaps ---------------------------------------------------------------- */

// At most three cells move within a second: a wall that flickers says nothing.
const moved = [];
function mayMove() {
  while (moved.length && now() - moved[0] > 1000) moved.shift();
  if (reduced.matches || document.hidden || moved.length >= 3) return false;
  moved.push(now());
  return true;
}

const half = { duration: 160, easing: "ease-in", fill: "backwards" };

// flap turns a cell from an old text to its present one, as the boards at stations did: the
// upper half of the old text falls, then the lower half of the new one.
function flap(cell, was) {
  const is = cell.textContent;
  if (was === is || !mayMove()) return;
  const leaf = (kind, text) => {
    const el = document.createElement("i");
    el.className = "leaf " + kind;
    el.setAttribute("aria-hidden", "true");
    el.textContent = text;
    cell.append(el);
    return el;
  };
  cell.classList.add("flapping");
  const leaves = [leaf("upper", is), leaf("lower", was), leaf("upper", was), leaf("lower", is)];
  leaves[2].animate([{ transform: "rotateX(0)" }, { transform: "rotateX(-90deg)" }], { ...half, fill: "forwards" });
  const last = leaves[3].animate([{ transform: "rotateX(90deg)" }, { transform: "rotateX(0)" }], { ...half, delay: 160, easing: "ease-out" });
  last.onfinish = last.oncancel = () => {
    for (const el of leaves) el.remove();
    cell.classList.remove("flapping");
  };
}

const seats = row => row.querySelector(".left .n")?.firstChild?.textContent;

// swap replaces a row and moves what has changed in it.
function swap(was, is) {
  is.classList.toggle("away", was.classList.contains("away"));
  const before = seats(was), plate = was.querySelector(".left")?.textContent;
  was.replaceWith(is);
  const cell = is.querySelector(".left .n");
  if (cell && before !== undefined) flap(cell, before);
  else if (plate !== is.querySelector(".left")?.textContent && mayMove()) {
    is.querySelector(".left").animate([{ transform: "rotateX(90deg)" }, { transform: "rotateX(0)" }], { duration: 320, easing: "ease-out" });
  }
}

/* --- the content ------------------------------------------------------------ */

function push(text) {
  for (const partial of parse(text).querySelectorAll("hx-partial")) {
    const is = partial.firstElementChild, was = is && document.getElementById(is.id);
    if (!is) continue;
    if (!was || is.dataset.e !== board().dataset.e) refetchSoon();
    else if (was.dataset.v === "" || +is.dataset.v > +was.dataset.v) swap(was, is);
  }
}

let waiting = 0;
function refetchSoon() {
  waiting ||= setTimeout(() => { waiting = 0; refetch(); }, 150);
}

// refetch takes the page as it is now. fresh loads the whole document again instead, but only
// when the server answers: a wall that shows an error of the browser never comes back by itself.
async function refetch(fresh) {
  if (fetching) return;
  fetching = true;
  try {
    const answer = await fetch(location.href, { cache: "no-store", headers: { Accept: "text/html" } });
    if (answer.status === 404) return location.reload(); // the address was reset, or the board is off
    if (!answer.ok) throw new Error(answer.status);
    const page = parse(await answer.text());
    if (fresh || page.documentElement.dataset.build !== document.documentElement.dataset.build) return location.reload();
    take(page);
    freshAt = now();
  } catch { /* show says how old the board is */ } finally {
    fetching = false;
    show();
  }
}

// take puts a fetched page in the place of this one. A row of the page may be older than one
// that the socket has brought since.
function take(page) {
  const was = board(), is = page.getElementById("board");
  for (const row of page.querySelectorAll("#board-rows > li")) {
    const shown = document.getElementById(row.id);
    if (shown && shown.dataset.e === row.dataset.e && +shown.dataset.v > +row.dataset.v) row.replaceWith(shown.cloneNode(true));
  }
  const rows = new Map([...list().children].map(row => [row.id, row]));
  const other = was.dataset.day !== is.dataset.day || was.dataset.socket !== is.dataset.socket;
  for (const kept of ["#board-turn", ".clock time"]) is.querySelector(kept).replaceWith(was.querySelector(kept));
  const old = new Map([...rows].map(([id, row]) => [id, seats(row)]));
  was.replaceWith(is);
  document.body.className = page.body.className;
  for (const row of list().children) {
    const cell = row.querySelector(".left .n");
    if (cell && old.get(row.id) !== undefined) flap(cell, old.get(row.id));
  }
  startedAt = now();
  if (other) connect();
  layOut();
  tick();
}

/* --- the socket --------------------------------------------------------------- */

function connect() {
  socket?.close();
  const mine = new WebSocket(location.origin.replace("http", "ws") + board().dataset.socket);
  socket = mine;
  mine.onopen = () => {
    tries = 0;
    freshAt = now();
    show();
  };
  mine.onmessage = ev => {
    freshAt = now();
    if (ev.data[0] === "{") {
      const told = JSON.parse(ev.data);
      if (told.resync) refetchSoon();
      if (told.signedOut) location.reload();
    } else push(ev.data);
    show();
  };
  mine.onclose = ev => {
    if (socket !== mine) return;
    socket = null;
    if (ev.code === 1008) location.reload();
    else setTimeout(() => { if (!socket) connect(); }, Math.min(15000, 500 * 2 ** tries++) * (0.5 + Math.random()));
  };
}

/* --- pages of rows -------------------------------------------------------------- */

// The rows of tomorrow fill up the last page of today; only without any row of today do they
// get pages of their own.
let at = 0, pages = 1, turning = null;
function layOut() {
  const all = [...list().children], today = all.filter(row => !row.classList.contains("later"));
  const height = all[0]?.offsetHeight || all.find(row => row.offsetHeight)?.offsetHeight || 1;
  const fit = Math.max(1, Math.floor((list().parentElement.clientHeight - list().offsetTop) / height));
  pages = Math.max(1, Math.ceil((today.length || all.length) / fit));
  at = Math.min(at, pages - 1);
  all.forEach((row, i) => row.classList.toggle("away", Math.floor(i / fit) !== at));
  const page = document.getElementById("board-page");
  page.textContent = pages > 1 ? `${at + 1} / ${pages}` : "";
  turn();
}

function turn() {
  const still = pages < 2 || "still" in board().dataset;
  if (still) {
    turning?.cancel();
    turning = null;
    return;
  }
  if (turning) return;
  turning = document.getElementById("board-turn").animate([{ transform: "scaleX(0)" }, { transform: "scaleX(1)" }], 1000 * board().dataset.seconds);
  turning.onfinish = () => {
    turning = null;
    at = (at + 1) % pages;
    layOut();
  };
}

addEventListener("resize", layOut);

/* --- time -------------------------------------------------------------------------- */

const two = n => String(n).padStart(2, "0");

// clockAt returns the time of day in the studio at a moment of now().
function clockAt(moment) {
  const seconds = +board().dataset.clock + (moment - startedAt) / 1000, minutes = Math.floor(seconds / 60);
  return two(Math.floor(minutes / 60) % 24) + ":" + two(((minutes % 60) + 60) % 60);
}

// tick shows the time. At every minute the page is fetched: what has begun, what is over and
// what the day is, is decided in one place.
function tick() {
  const clock = clockAt(now()), shown = board().querySelector(".clock time");
  if (shown.dataset.shown !== clock) {
    const was = shown.textContent;
    shown.dataset.shown = clock;
    shown.replaceChildren(...[...clock].map((digit, i) => {
      const cell = document.createElement("span");
      cell.className = "n";
      cell.textContent = digit;
      if (was.length === clock.length && was[i] !== digit) queueMicrotask(() => flap(cell, was[i]));
      return cell;
    }));
    if (minute && minute !== clock) {
      refetch(clock === "04:00");
      shift(+clock.slice(3));
    }
    minute = clock;
  }
}

// shift moves the whole board by a pixel or two every five minutes, so that nothing burns in.
function shift(minutes) {
  const step = Math.floor(minutes / 5) % 4;
  for (let i = 0; i < 4; i++) document.body.classList.toggle("shift-" + i, i === step);
}

function show() {
  const pill = document.getElementById("board-state"), root = board(), age = (now() - freshAt) / 1000;
  const state = age < root.dataset.staleAfter ? "live" : age < root.dataset.oldAfter ? "stale" : "old";
  const text = state === "live" ? root.dataset.live : root.dataset.stale.replace("#", clockAt(freshAt));
  if (pill.textContent !== text) pill.textContent = text;
  pill.dataset.state = root.dataset.state = state;
  document.getElementById("board-old").hidden = state !== "old";
}

let polledAt = now();
setInterval(() => {
  tick();
  const age = now() - freshAt;
  if (age > 12000 && now() - polledAt > 12000) {
    polledAt = now();
    if (socket) connect();
    refetch();
  }
  show();
}, 1000);

/* --- the screen stays on --------------------------------------------------------------- */

let lock = null;
async function stayOn() {
  try { lock = await navigator.wakeLock?.request("screen"); } catch { lock = null; }
}
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  stayOn();
  refetch();
});

connect();
stayOn();
layOut();
tick();
document.fonts?.ready.then(layOut);

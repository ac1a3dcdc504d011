"use strict";
// demo.js drives the page with the three screens of the demo. It asks for one step of the
// metronome after another while somebody watches, and measures how long it takes from a press to
// the board: the frames are of this site, so it may look into them.

const $ = id => document.getElementById(id);
const now = () => performance.now();
const page = $("demo"), phone = $("frame-phone"), desk = $("frame-desk"), wall = $("frame-board");

let paused = false, holdUntil = 0, pressed = null, asking = false, taken = null;

/* --- from a press to the board -------------------------------------------- */

const classOf = text => /class(?:es)?[-/](\d+)/.exec(text ?? "")?.[1];

// press notes what was pressed. The board then changes in the row of the same class, if that is
// known.
function press(id) {
  pressed = { at: now(), id };
}

function listen(frame) {
  const doc = frame.contentDocument;
  if (!doc || doc.listened) return;
  doc.listened = true;
  if (document.activeElement === frame && frame !== taken) frame.blur(); // the desk puts the focus into its search
  doc.addEventListener("pointerdown", () => { holdUntil = now() + 20000; }, { capture: true, passive: true });
  doc.addEventListener("submit", ev => {
    if (ev.target.method !== "post") return;
    holdUntil = now() + 20000;
    press(classOf(ev.submitter?.getAttribute("formaction")) ?? classOf(ev.target.getAttribute("action")) ?? classOf(ev.target.closest("[id^=class-]")?.id));
  }, true);
}

function watch() {
  const doc = wall.contentDocument;
  if (!doc?.body || doc.watched) return;
  doc.watched = true;
  new MutationObserver(changes => {
    if (!pressed) return;
    for (const change of changes) {
      for (const row of change.addedNodes) {
        const id = /^class-(\d+)-board$/.exec(row.id ?? "")?.[1];
        if (id && (!pressed.id || pressed.id === id)) return measured(now() - pressed.at);
      }
    }
  }).observe(doc.body, { childList: true, subtree: true });
}

function measured(ms) {
  pressed = null;
  if (ms > 8000) return;
  const box = $("demo-ms"), [number, words] = box.children;
  number.textContent = Math.max(1, Math.round(ms));
  words.textContent = page.dataset.ms;
  box.hidden = false;
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  number.animate([{ opacity: 0.25 }, { opacity: 1 }], 300);
  for (const frame of [phone, desk, wall]) {
    frame.parentElement.animate([{ outlineColor: "#FFD23F" }, { outlineColor: "#FFD23F00" }], { duration: 900, easing: "ease-out" });
  }
}

for (const frame of [phone, desk]) {
  frame.addEventListener("load", () => listen(frame));
  listen(frame);
}

// A frame that puts its focus or its address somewhere scrolls this page, too. While the frames
// load, the page stays at its top, unless somebody scrolls it.
let touched = false, loading = now() + 3000;
for (const kind of ["pointerdown", "wheel", "keydown", "touchstart"]) {
  addEventListener(kind, () => { touched = true; }, { capture: true, passive: true });
}
history.scrollRestoration = "manual";
addEventListener("load", () => { loading = now() + 2000; });
addEventListener("scroll", () => {
  if (!touched && now() < loading) scrollTo(0, 0);
}, { passive: true });
if (wall) {
  wall.addEventListener("load", watch);
  watch();
}

/* --- the metronome ---------------------------------------------------------- */

async function step(what) {
  if (asking) return;
  asking = true;
  press(page.dataset.class);
  try {
    const answer = await fetch("/demo/steps", {
      method: "POST", body: new URLSearchParams({ step: what }), headers: { Accept: "application/json" },
    });
    if (!answer.ok) return;
    const said = await answer.json();
    if (said.text) $("demo-feed").textContent = said.text;
    else pressed = null;
    if (said.class && String(said.class) !== page.dataset.class) {
      page.dataset.class = said.class;
      desk.src = "/demo/desk/classes/" + said.class;
    }
  } catch { /* the next step tries again */ } finally {
    asking = false;
  }
}

setInterval(() => {
  if (!paused && !document.hidden && now() > holdUntil) step("beat");
}, +page.dataset.beat);

function pause(on) {
  paused = on;
  holdUntil = 0;
  $("demo-pause").textContent = on ? page.dataset.go : page.dataset.pause;
  page.classList.toggle("paused", on);
}
$("demo-pause").addEventListener("click", () => pause(!paused));
$("demo-snatch").addEventListener("click", () => { step("snatch"); });
$("demo-take").addEventListener("click", () => {
  pause(true);
  $("demo-hint").textContent = $("demo-hint").dataset.yours;
  taken = phone;
  phone.focus();
  phone.scrollIntoView({ block: "nearest", behavior: "smooth" });
});
document.querySelector(".dacts").hidden = false;

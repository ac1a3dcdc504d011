"use strict";
// offline.js shows the own bookings last seen on the page that stands for one that cannot be
// loaded, and loads that one as soon as the studio answers.

const $ = id => document.getElementById(id);
const weekLong = 7 * 24 * 3600 * 1000;

async function showKept() {
  const list = await caches.match("/bookings/kept").then(answer => answer?.json());
  if (!list) return;
  const age = Date.now() - list.at, old = !(age >= 0 && age < weekLong);
  if (old) await caches.delete("kept");
  const lines = old ? [] : [...list.bookings, ...list.waiting].filter(line => line.left * 1000 > age);
  for (const line of lines) {
    const row = $("kept-line").content.cloneNode(true);
    for (const name of ["day", "clock", "title", "detail"]) row.querySelector(`[data-is=${name}]`).textContent = line[name];
    $("kept-list").append(row);
  }
  if (old) return;
  $("kept-none").hidden = lines.length > 0;
  $("kept-list").hidden = !lines.length;
  $("kept-seen").textContent = list.seen;
  $("kept").hidden = false;
}

let asking = false;
async function again() {
  if (asking || document.hidden) return;
  asking = true;
  try {
    const answer = await fetch("/manifest.webmanifest", { method: "HEAD", cache: "no-store" });
    if (answer.status !== 502 && answer.status !== 504) location.reload();
  } catch { /* not yet */ } finally {
    asking = false;
  }
}

showKept().catch(() => {}); // without storage nothing is kept
setInterval(again, 4000);
addEventListener("online", again);
document.addEventListener("visibilitychange", again);

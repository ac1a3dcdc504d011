"use strict";
// sw_shell.js is the part of the service worker that has an answer when the studio cannot be reached.
// The server puts constants in front of it: version, a hash of everything below; shell, the
// files of the offline page; offline, that page in each language; and headers, those of the page.
//
// The network always comes first. The worker never shows an old page: without a connection it
// shows one that says so. It leaves forms, sockets and everything that a script fetches alone.

const shellCache = "shell-" + version;

// keptCache holds the person's bookings as last seen (kept.js), and nothing else is personal. Only
// the offline page reads it.
const keptCache = "kept";

self.addEventListener("install", ev => {
  self.skipWaiting();
  ev.waitUntil(caches.open(shellCache).then(cache => cache.addAll(shell)));
});

self.addEventListener("activate", ev => ev.waitUntil(takeOver()));

async function takeOver() {
  for (const name of await caches.keys()) if (name !== shellCache && name !== keptCache) await caches.delete(name);
  await self.registration.navigationPreload?.enable();
  await self.clients.claim();
}

self.addEventListener("fetch", ev => {
  const { request } = ev, { origin, pathname } = new URL(request.url), get = request.method === "GET";
  if (origin !== self.location.origin) return;
  if (request.mode === "navigate") {
    // Where somebody signs in or out, the bookings of the person before must not stay.
    if (pathname === "/login" || pathname === "/logout") ev.waitUntil(caches.delete(keptCache));
    // The board and the screens of the demo belong to no person of this device.
    if (get && !/^\/(board|demo)(\/|$)/.test(pathname)) ev.respondWith(page(ev));
  } else if (get && shell.includes(pathname)) ev.respondWith(file(request));
});

// page fetches a page. A gateway that does not reach the studio counts as no connection.
async function page(ev) {
  try {
    const answer = await (await ev.preloadResponse ?? fetch(ev.request));
    if (answer.status !== 502 && answer.status !== 504) return answer;
  } catch { /* there is no connection */ }
  return offlinePage();
}

async function offlinePage() {
  const kept = await caches.match("/bookings/kept").then(answer => answer?.json()).catch(() => null);
  const wanted = [kept?.lang, ...navigator.languages.map(lang => lang.slice(0, 2))].find(lang => offline[lang]);
  return new Response(offline[wanted] ?? Object.values(offline)[0], { status: 503, headers });
}

async function file(request) {
  try {
    return await fetch(request);
  } catch (why) {
    return await caches.match(request.url) ?? Promise.reject(why);
  }
}

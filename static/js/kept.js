"use strict";
// later.js begins here. It is loaded after the page has been shown, and holds what can wait: the
// service worker, the bookings for the offline page, the hint about installing, and what open
// pages do for attention. It uses app.js.

// A screen of the demo inside another page is no device of its own.
const framed = self !== top;

/* --- the service worker and the own bookings for times without a connection ------------------ */

const keptURL = "/bookings/kept", weekLong = 7 * 24 * 3600 * 1000;

// forget deletes the kept bookings, of whomever.
const forget = () => self.caches?.delete("kept").catch(() => {});

// keep stores the bookings of the person as texts, while that person is signed in. It returns how
// many there are, or null.
async function keep() {
  const answer = await fetch(keptURL, { cache: "no-store", headers: { Accept: "application/json", "Made-For": who } });
  if (answer.status === 401 || answer.status === 409) await forget();
  if (!answer.ok) return null;
  const list = await answer.json();
  list.at = Date.now();
  await (await caches.open("kept")).put(keptURL, new Response(JSON.stringify(list), { headers: { "Content-Type": "application/json" } }));
  return list;
}

// keptNow returns what is kept, if it is of this person and not too old, else deletes it.
async function keptNow() {
  const list = await caches.match(keptURL).then(answer => answer?.json());
  if (!list) return null;
  const age = Date.now() - list.at;
  if (String(list.person) === who && age >= 0 && age < weekLong) return { ...list, age };
  await forget();
  return null;
}

// keepBookings keeps the bookings again after they have changed, by this person or by others. A page
// that loads also does so if what is kept is older than ten minutes, since a class may have got
// another room.
let keptVersion = "", keeping = 0;
function keepBookings(changed) {
  const version = $("alerts").dataset.v;
  if (!changed && version === keptVersion) return;
  keptVersion = version;
  clearTimeout(keeping);
  keeping = setTimeout(async () => {
    try {
      let list = changed ? null : await keptNow();
      if (!list || String(list.version) !== version || list.age > 600000 || list.lang !== document.documentElement.lang) list = await keep();
      if (list) offerInstall(list);
    } catch { /* there is no storage or no connection: another time */ }
  }, 1000);
}

if (!framed && self.isSecureContext && navigator.serviceWorker && self.caches) {
  if (location.pathname === "/login") forget();
  else if (who) navigator.serviceWorker.register("/sw.js", { updateViaCache: "none" }).catch(() => {}); // a private window may refuse
  if (who && document.body.matches(".member")) {
    keepBookings();
    document.addEventListener("htmx:after:swap", () => keepBookings());
    document.addEventListener("htmx:finally:request", ev => {
      if (ev.detail.ctx.request.method === "POST" && ev.detail.ctx.response?.status < 300) keepBookings(true);
    });
  } else if (who) keptNow().catch(() => {});
}

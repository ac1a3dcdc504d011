"use strict";
/* --- push messages (RFC 8291; docs/protocol.md) ---------------------------------------- */

// Every push shows exactly one notification, whatever it contains and whatever is in focus: iOS ends
// a subscription silently after three pushes that showed nothing. A message that is no longer true
// is replaced by another one with its tag.

const german = () => navigator.language?.startsWith("de");

// readPush returns what a push shows. A push that cannot be read shows that there is news.
function readPush(data) {
  let n = {};
  try { n = data.json().notification ?? {}; } catch { /* empty, or not ours */ }
  const text = v => (typeof v === "string" ? v : "");
  const tag = text(n.tag) || "news";
  return {
    title: text(n.title) || (german() ? "Neues vom Studio" : "News from the studio"),
    badge: /^\d+$/.test(n.app_badge) ? +n.app_badge : null,
    options: {
      body: text(n.body), lang: text(n.lang), tag, silent: n.silent === true, renotify: n.renotify === true && n.silent !== true,
      icon: "/static/icon-192.png", data: { navigate: ownAddress(n.navigate) },
    },
  };
}

// ownAddress returns an address of this site; other addresses are not opened.
function ownAddress(address) {
  const url = typeof address === "string" && URL.canParse(address) ? new URL(address) : null;
  return url?.origin === self.location.origin ? url.href : self.location.origin + "/alerts";
}

async function showPush(data) {
  const { title, badge, options } = readPush(data);
  await self.registration.showNotification(title, options);
  if (badge === null || !navigator.setAppBadge) return;
  await (badge ? navigator.setAppBadge(badge) : navigator.clearAppBadge()).catch(() => {});
}

self.addEventListener("push", ev => ev.waitUntil(showPush(ev.data)));

// openPage shows the page of a message: in a window that shows it, else in another one of the site,
// else in a new one.
async function openPage(address) {
  const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const there = pages.find(p => p.url === address) ?? pages.find(p => p.focused) ?? pages[0];
  if (!there) return self.clients.openWindow(address);
  try {
    const page = await there.focus();
    if (page.url !== address) await page.navigate(address);
  } catch { // a page without this worker cannot be navigated
    await self.clients.openWindow(address);
  }
}

self.addEventListener("notificationclick", ev => {
  ev.notification.close();
  ev.waitUntil(openPage(ownAddress(ev.notification.data?.navigate)));
});

/* --- attention: badge, sound and a notification of the system ---------------------------------- */

// The badge counts offers, and cancelled and moved classes that the person has not put away.
function badge() {
  const n = document.querySelectorAll("#alerts [data-counts]").length;
  (n ? navigator.setAppBadge?.(n) : navigator.clearAppBadge?.())?.catch(() => {});
}

// The sound is made here, so that nothing is loaded: two tones of a sixth of a second. It is a
// choice for this device, and off until it is made.
let soundHere = null; // without storage the choice holds for this page
const soundOn = () => (device.get("sound") ?? soundHere) === "1";
let speaker = null;

async function chime() {
  speaker ??= new AudioContext();
  await speaker.resume(); // browsers allow it after a press on the site
  [659.26, 880].forEach((pitch, i) => {
    const tone = speaker.createOscillator(), volume = speaker.createGain(), at = speaker.currentTime + i * .16;
    tone.frequency.value = pitch;
    volume.gain.setValueAtTime(0, at);
    volume.gain.linearRampToValueAtTime(.25, at + .015);
    volume.gain.exponentialRampToValueAtTime(.001, at + .3);
    tone.connect(volume).connect(speaker.destination);
    tone.start(at);
    tone.stop(at + .32);
  });
  navigator.vibrate?.([80, 60, 80]);
}

// Every tab sees an alert arrive, and one of them makes itself heard: a visible one if there is
// one, since the others wait a moment. It keeps the lock until all have asked.
function alertOnce(id, act) {
  if (!navigator.locks) return act();
  setTimeout(() => navigator.locks.request(id, { ifAvailable: true }, async lock => {
    if (!lock) return;
    act();
    await new Promise(done => setTimeout(done, 20000));
  }).catch(() => {}), document.hidden ? 500 : 0);
}

// present are the cards that were on this page, sounded those that made themselves heard.
const present = new Set(), sounded = new Set();
function hear() {
  badge();
  const cards = [...document.querySelectorAll("#alerts article")], quiet = $("alerts").hasAttribute("data-quiet");
  for (const card of cards) {
    present.add(card.id);
    if (sounded.has(card.id) || !card.matches(".late") || !card.matches("[data-counts], .card-moved_up")) continue;
    sounded.add(card.id);
    $("install")?.remove(); // the alert lies where the hint does, and counts more
    if (!quiet && !framed) alertOnce(card.id, () => ring(card));
  }
  for (const id of present) if (!$(id)) withdraw(id).catch(() => {});
}

// isSeat reports whether an alert is about a seat, which waits for an answer.
const isSeat = card => card.matches(".card-offer, .card-open, .card-moved_up");

function ring(card) {
  const loud = soundOn() && isSeat(card);
  if (loud) chime().catch(() => {});
  if (document.hidden) notify(card, loud).catch(() => {});
}

// notifier returns the service worker if the person has allowed notifications.
const notifier = async () => self.Notification?.permission === "granted" ? navigator.serviceWorker?.ready : null;

// notify shows an alert through the service worker, under the tag of its push, so that one replaces
// the other.
async function notify(card, silent) {
  const navigate = location.origin + (card.querySelector("a[href^='/classes/']")?.getAttribute("href") ?? "/alerts");
  const text = { title: card.querySelector("h2").textContent, body: card.querySelector("p")?.innerText ?? "" };
  await (await notifier())?.showNotification(text.title, {
    body: text.body, tag: card.id, lang: document.documentElement.lang, silent, requireInteraction: isSeat(card), data: { navigate },
  });
}

// withdraw takes back the notification of an alert that is no longer current.
async function withdraw(id) {
  present.delete(id);
  for (const shown of await (await notifier())?.getNotifications({ tag: id }) ?? []) shown.close();
}

if (document.body.matches(".member")) {
  hear();
  document.addEventListener("htmx:after:swap", hear);
} else if (location.pathname === "/login") navigator.clearAppBadge?.().catch(() => {});

// showSound fills in the switch of the account page, which the server does not know.
function showSound() {
  const box = $("sound-box");
  if (!box || !self.AudioContext) return;
  box.hidden = false;
  $("sound").checked = soundOn();
}
showSound();
document.addEventListener("htmx:after:swap", showSound);
document.addEventListener("change", ev => {
  if (ev.target.id !== "sound") return;
  soundHere = ev.target.checked ? "1" : "";
  device.set("sound", soundHere);
});
document.addEventListener("click", ev => {
  if (ev.target.closest("#sound-test")) chime().catch(() => {});
});

/* --- the hint about installing ------------------------------------------------------------ */

// The hint comes when it is of use: a person waits for a seat, or comes back with a booking. It
// comes once in a visit, and not for sixty days after it was put away.

const installed = matchMedia("(display-mode: standalone)").matches || navigator.standalone === true;
const appleTouch = "standalone" in navigator; // Safari on iPhone and iPad, which never asks by itself
const hintRest = 60 * 24 * 3600 * 1000;

async function offerInstall({ bookings, waiting }) {
  if (installed || location.pathname === "/app" || document.querySelector("#install, #alerts .late, #push-offer:not([hidden])")) return;
  if (bookings.length && !tab.get("visit")) {
    tab.set("visit", "1");
    device.set("visits", +(device.get("visits") ?? 0) + 1);
  }
  const away = Date.now() - device.get("install-away"); // NaN: it was never put away
  if (!(waiting.length || device.get("visits") > 1) || tab.get("install") || (away >= 0 && away < hintRest)) return;
  if (!installer && !appleTouch && !matchMedia("(pointer: coarse)").matches) {
    addEventListener("installable", () => offerInstall({ bookings, waiting }), { once: true });
    return;
  }
  tab.set("install", "1");
  if (!tab.get("install")) return; // without storage it would come again and again
  const answer = await fetch("/app", { headers: { Accept: "text/html", "HX-Request": "true", "Made-For": who } }).catch(() => null);
  const box = answer?.ok && document.adoptNode(new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("install"));
  if (!box || $("install")) return;
  const way = installer ? "ask" : appleTouch ? "apple" : "guide";
  for (const part of box.querySelectorAll("[data-way]")) part.hidden = !part.dataset.way.split(" ").includes(way);
  document.body.append(box);
  say(box.querySelector("p").innerText);
}

const putAway = () => device.set("install-away", Date.now());

document.addEventListener("click", async ev => {
  const go = ev.target.closest("[data-install]"), away = ev.target.closest("#install-away");
  if (away || go) $("install")?.remove();
  if (away) putAway();
  if (!go || !installer) return;
  const asked = installer;
  installer = null;
  showInstall();
  asked.prompt();
  if ((await asked.userChoice).outcome !== "accepted") putAway();
});

// showInstall shows the button of the guide where the browser can install.
function showInstall() {
  const button = $("app-install");
  if (button) button.hidden = !installer;
}
showInstall();
addEventListener("installable", showInstall);
addEventListener("appinstalled", () => { installer = null; showInstall(); $("install")?.remove(); });

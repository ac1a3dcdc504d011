/* --- messages on this device ------------------------------------------------------- */

// The browser asks for the permission only after a press. The page then tells the server where to
// send messages, and repeats it from time to time: browsers replace subscriptions without notice.

const canPush = window === top && window.isSecureContext && "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;

// On iPhone and iPad only the installed app can show messages.
const needsInstall = !canPush && (/iPhone|iPad|iPod/.test(navigator.userAgent) || (navigator.platform === "MacIntel" && navigator.maxTouchPoints > 1)) && !navigator.standalone;

// The device remembers who switched messages on, where they go, and when the server last heard of it.
const pushKeep = "push", pushDay = 24 * 3600 * 1000;
function pushState() {
  try { return JSON.parse(device.get(pushKeep) || "{}"); } catch { return {}; }
}

const worker = () => navigator.serviceWorker.register("/sw.js", { scope: "/", updateViaCache: "none" }).then(() => navigator.serviceWorker.ready);

async function pushServer(body) {
  const headers = { Accept: "application/json", ...(who && { "Made-For": who }) };
  const r = await fetch("/push/devices", body ? { method: "POST", headers, body: new URLSearchParams(body) } : { headers });
  if (!r.ok) throw new Error("status " + r.status);
  return r.json();
}

const base64url = buffer => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const unbase64url = text => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), c => c.charCodeAt(0));

// subscription returns the subscription of this browser for the key of the server.
async function subscription(key) {
  const { pushManager } = await worker();
  const is = await pushManager.getSubscription();
  if (is && (!is.options.applicationServerKey || base64url(is.options.applicationServerKey) === key)) return is;
  await is?.unsubscribe();
  return pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: unbase64url(key) });
}

// pushFields are the fields of the form that tells the server of a subscription.
const pushFields = s => ({ endpoint: s.endpoint, p256dh: base64url(s.getKey("p256dh")), auth: base64url(s.getKey("auth")) });
const rememberPush = (s, session) => device.set(pushKeep, JSON.stringify({ who, session, endpoint: s.endpoint, at: Date.now() }));

// switchOn asks for the permission and returns the fields of the subscription; null: the person
// refused. It begins with the question, which browsers allow only at a press.
async function switchOn() {
  if (await Notification.requestPermission() !== "granted") return null;
  const { key, session } = await pushServer();
  const s = await subscription(key);
  rememberPush(s, session);
  return pushFields(s);
}

async function switchOff() {
  const r = await navigator.serviceWorker.getRegistration("/");
  device.set(pushKeep, "{}");
  await (await r?.pushManager.getSubscription())?.unsubscribe();
}

// healPush repeats a subscription that the server may have lost: browsers replace them, and they end
// with the session. What another person left in this browser ends, and what this person has removed
// from another device.
async function healPush() {
  const is = pushState(), r = await navigator.serviceWorker.getRegistration("/");
  const at = await r?.pushManager.getSubscription();
  if (is.who && is.who !== who) return at?.unsubscribe();
  if (!is.who && !at || at && at.endpoint === is.endpoint && Date.now() - is.at < pushDay) return;
  const { on, key, session, devices } = await pushServer();
  if (!devices.some(d => d.current) && (!is.who || session === is.session)) return switchOff();
  if (!on) return;
  const s = await subscription(key);
  await pushServer(pushFields(s));
  rememberPush(s, session);
}
if (canPush && who && Notification.permission === "granted") healPush().catch(() => {}); // the next page tries again

// Signing out ends the messages. The server does the same, so a browser that takes long is not waited for.
const shortly = promise => Promise.race([promise.catch(() => {}), new Promise(done => setTimeout(done, 1000))]);
document.addEventListener("submit", ev => {
  const form = ev.target, ends = form.getAttribute("action") === "/logout" || form.querySelector("[data-push-end]");
  if (!canPush || !ends || !pushState().who || form.pushEnded || ev.defaultPrevented) return;
  ev.preventDefault();
  form.pushEnded = true;
  shortly(switchOff()).then(() => form.requestSubmit(ev.submitter));
});

/* --- the account page ---------------------------------------------------------------- */

async function showPushForm() {
  const form = $("push-form");
  if (!form) return;
  $("push-install").hidden = !needsInstall;
  if (!canPush) return needsInstall || pushWhy("cannot");
  if (Notification.permission === "denied") return pushWhy("blocked");
  const r = await navigator.serviceWorker.getRegistration("/");
  form.hidden = !!(await r?.pushManager.getSubscription()) && !!document.querySelector("[data-push-end]");
}

function pushWhy(name) {
  const p = $("push-why");
  p.textContent = p.dataset[name];
  p.hidden = false;
}

$("push-form")?.addEventListener("submit", async ev => {
  const form = ev.target;
  if (form.elements.endpoint.value) return; // filled below
  ev.preventDefault();
  $("push-why").hidden = true;
  try {
    const fields = await switchOn();
    if (!fields) return Notification.permission === "denied" && pushWhy("blocked");
    for (const [name, value] of Object.entries(fields)) form.elements[name].value = value;
    form.requestSubmit();
  } catch { pushWhy("failed"); }
});
showPushForm();

/* --- the line after joining a waitlist --------------------------------------------------- */

const pushOffer = $("push-offer"), pushRefused = "push_offer";

// offerPush shows the line in the uppermost layer. It is not asked for again after "not now".
async function offerPush() {
  if (!canPush || !pushOffer || Notification.permission === "denied" || device.get(pushRefused) || pushState().who === who) return;
  const { on } = await pushServer();
  if (!on) return;
  const top = document.querySelector("dialog[open]") ?? document.body;
  if (pushOffer.parentElement !== top) top.append(pushOffer);
  pushOffer.hidden = false;
}

document.addEventListener("htmx:finally:request", ev => {
  const { request, response } = ev.detail.ctx;
  if (response?.status === 201 && /^\/classes\/\d+\/waitlist$/.test(request.action)) offerPush().catch(() => {});
});

$("sheet").addEventListener("close", () => { if (pushOffer) document.body.append(pushOffer); });

$("push-offer-later")?.addEventListener("click", () => {
  device.set(pushRefused, "no");
  pushOffer.hidden = true;
});

$("push-offer-on")?.addEventListener("click", async () => {
  const p = $("push-offer-why");
  try {
    const fields = await switchOn();
    if (!fields) {
      p.textContent = Notification.permission === "denied" ? p.dataset.blocked : "";
      return;
    }
    await pushServer(fields);
    pushOffer.hidden = true;
    toast(p.dataset.done);
    say(p.dataset.done);
  } catch { p.textContent = p.dataset.failed; }
});

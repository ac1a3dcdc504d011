/* --- the sheet of a class ---------------------------------------------------------- */

// A member's link to a class opens its sheet over the page, at the address of the class. The
// page below keeps its place. Back and closing return to it; a reload shows the class alone.
const sheet = $("sheet");
const address = (url = location.href) => new URL(url, location.href).href.split("#")[0];
let page = address(); // the address of what #main shows
let sheetAt = "", sheetFrom = null, titleBelow = "", wanted = 0;
let leaving = Promise.resolve(); // the step back after closing

// shownSheet is the sheet over the page, or the one that is the page.
const shownSheet = () => (sheet.open ? sheet : document).querySelector(".sheet[data-sheet]");

// openSheet reports whether the address is that of a class that opens as a sheet.
function openSheet(href, from, push = true) {
  const url = new URL(href, location.href);
  if (!document.body.matches(".member") || url.origin !== location.origin || !/^\/classes\/\d+$/.test(url.pathname)) return false;
  if (!window.htmx || !sheet.showModal || !running) return false;
  if (sheet.open) return address() === url.href;
  const n = ++wanted, source = from ?? document.body;
  htmx.ajax("GET", url.pathname, { source, target: "#sheet-body", swap: "innerMorph" }).then(async () => {
    await leaving;
    const article = sheet.querySelector(".sheet[data-sheet]");
    if (n !== wanted || sheet.open || !article || !url.pathname.endsWith("/" + article.dataset.sheet)) return;
    showSheet(article, url.href, from, push);
  });
  return true;
}

function showSheet(article, url, from, push) {
  sheetAt = url;
  if (push) history.pushState({ sheet: page }, "", url);
  sheetFrom = from && withFollowers(from);
  sheet.setAttribute("aria-labelledby", article.getAttribute("aria-labelledby"));
  sheet.showModal();
  titleBelow = title;
  title = `${article.dataset.title} | ${title.split(" | ").pop()}`;
  watchAlerts();
  moveUp();
  followClass(article.dataset.sheet);
  article.querySelector("h1").focus();
}

sheet.addEventListener("close", () => {
  wanted++;
  title = titleBelow;
  watchAlerts();
  moveUp();
  followClass(null);
  if (address() === sheetAt) {
    leaving = new Promise(done => addEventListener("popstate", done, { once: true }));
    history.back();
  }
  // The content leaves with the motion.
  setTimeout(() => { if (!sheet.open) $("sheet-body").replaceChildren(); }, 200);
  if (!isGone(document.activeElement) && document.activeElement !== $("main")) return;
  held = sheetFrom ?? { el: $("main"), then: [] };
  landFocus();
});
sheet.addEventListener("click", ev => {
  if (ev.target === sheet || ev.target.closest("[data-close]")) sheet.close();
});
document.addEventListener("click", ev => {
  const link = ev.target.closest("a[href]");
  if (link && isPlain(ev) && !link.target && !link.closest("dialog") && openSheet(link.href, link)) ev.preventDefault();
});
addEventListener("popstate", ev => {
  if (sheet.open) {
    if (address() === sheetAt) return;
    sheet.close();
  }
  if (address() === page) return;
  if (ev.state?.sheet === page && openSheet(location.href, null, false)) return;
  if (ev.state?.desk) visit(location.href, ev.state.desk, false);
  else location.reload();
});

// fetchSheet fetches the shown sheet again. While dates are being chosen it stays: the server
// decides date by date, and nothing that was ticked is lost.
function fetchSheet() {
  const article = shownSheet();
  if (article && !article.querySelector("#recurring-form")) htmx.ajax("GET", article.dataset.url, { source: article, target: "#" + article.id, swap: "outerMorph" });
}

// facts are the texts on which a member decides, and the label of the button.
function facts() {
  const article = shownSheet();
  if (!article) return null;
  const texts = [...article.querySelectorAll("[data-fact]")].map(el => el.textContent.trim());
  return { id: article.id, texts, button: article.querySelector(".foot .btn")?.textContent };
}

let factsBefore = null; // before a swap that no press of the person has caused

// compareFacts says what has changed under the eyes of the member. A button that changed is
// deaf at first.
function compareFacts(was) {
  const is = facts(), article = shownSheet();
  if (!was || !is || was.id !== is.id) return;
  if (was.button !== is.button) article.querySelectorAll(".foot .btn").forEach(button => { button.deafUntil = now() + deaf; });
  const changed = was.texts.length === is.texts.length ? is.texts.map((text, i) => [text, was.texts[i]]).filter(([a, b]) => a !== b) : [];
  if (!changed.length) return;
  const text = words.facts.replace("#", changed.map(([a, b]) => words.instead.replace("#", a).replace("#", b)).join("; "));
  const foot = article.querySelector(".foot");
  foot?.querySelector(".changed")?.remove();
  foot?.prepend(Object.assign(document.createElement("p"), { className: "changed", textContent: text }));
  say(text, true);
}

// share passes the address on: by the device, else by the clipboard.
async function share(path, article) {
  const url = new URL(path, location.href).href;
  try {
    if (navigator.share) return await navigator.share({ title: article.dataset.title, url });
  } catch (failed) {
    return failed.name === "AbortError" ? undefined : toast(url);
  }
  copy(url);
}

// copy says the address where there is no clipboard, as on a site without TLS.
async function copy(url) {
  try {
    await navigator.clipboard.writeText(url);
    toast(words.copied);
  } catch {
    toast(url);
  }
}

document.addEventListener("click", ev => {
  const button = ev.target.closest("[data-share]");
  if (button) share(button.dataset.share, button.closest("[data-sheet]"));
  const copied = ev.target.closest("[data-copy]");
  if (copied) copy($(copied.dataset.copy).value);
  const toggle = ev.target.closest("a[role=switch]");
  if (!toggle || !isPlain(ev) || !window.htmx) return;
  ev.preventDefault();
  htmx.ajax("GET", toggle.getAttribute("href"), { source: toggle, target: "#" + toggle.closest("[data-sheet]").id, swap: "outerMorph" }).then(() => {
    $(toggle.id)?.scrollIntoView({ block: isOn($(toggle.id), "checked") ? "start" : "nearest" });
  });
});
document.addEventListener("keydown", ev => {
  if (ev.key !== " " || !ev.target.matches?.("a[role=switch]")) return;
  ev.preventDefault();
  ev.target.click();
});

/* The palette: one field over people, classes, days and actions; and the list of keys. */

const palette = $("palette"), paletteBox = $("palette-q"), paletteHits = $("palette-found");
const hitLinks = () => [...paletteHits.querySelectorAll(".found-item")];

function openPalette() {
  if (!palette.showModal) return location.assign("/find");
  if (document.querySelector("dialog[open]")) return;
  const open = document.querySelector("[data-panel]");
  $("palette-class").disabled = !open;
  $("palette-class").value = open?.dataset.panel ?? "";
  paletteBox.value = "";
  paletteHits.replaceChildren();
  palette.showModal();
  paletteBox.focus();
  paletteBox.form.dispatchEvent(new Event("ask"));
}

function choosePalette(chosen) {
  for (const link of hitLinks()) {
    link.classList.toggle("on", link === chosen);
    aria(link, "selected", String(link === chosen));
  }
  aria(paletteBox, "activedescendant", chosen?.id ?? null);
  chosen?.scrollIntoView({ block: "nearest" });
}

// follow opens a hit: at the desk without loading a document, if it shows the class or the day.
function follow(link) {
  palette.close();
  if (link.hasAttribute("data-dialog")) return link.click();
  const to = new URL(link.href);
  if (to.hash && to.pathname === location.pathname) return command(to.hash);
  const atDesk = document.querySelector(".desk") && !to.hash && /^\/(classes\/\d+|today)$/.test(to.pathname);
  if (atDesk && running) visit(to.href, "palette-open");
  else location.assign(to.href);
}

let paletteTimer = 0;
document.addEventListener("htmx:after:swap", ev => {
  if (ev.detail.ctx.target !== paletteHits) return;
  const links = hitLinks();
  for (const link of links) {
    link.setAttribute("role", "option");
    link.tabIndex = -1;
  }
  for (const group of paletteHits.querySelectorAll(".found-group")) {
    group.setAttribute("role", "group");
    group.firstElementChild.setAttribute("role", "presentation");
  }
  paletteHits.setAttribute("role", links.length ? "listbox" : "presentation");
  aria(paletteBox, "expanded", String(links.length > 0));
  choosePalette(links[0]);
  clearTimeout(paletteTimer);
  if (paletteBox.value) paletteTimer = setTimeout(() => say(links.length === 1 ? words.hitsOne : words.hits.replace("#", links.length)), 500);
});

paletteBox.addEventListener("keydown", ev => {
  if (ev.isComposing) return;
  const links = hitLinks(), at = links.findIndex(link => link.classList.contains("on"));
  if (ev.key === "ArrowDown" || ev.key === "ArrowUp") {
    ev.preventDefault();
    choosePalette(links[(at + (ev.key === "ArrowDown" ? 1 : links.length - 1)) % links.length]);
  } else if (ev.key === "Enter") {
    ev.preventDefault();
    // The hits of a shorter text may not be those that the person means.
    const fresh = paletteHits.firstElementChild?.dataset.for === paletteBox.value.trim();
    if (fresh && links[at]) follow(links[at]);
    else paletteBox.form.dispatchEvent(new Event("ask"));
  }
});
paletteBox.form.addEventListener("submit", ev => ev.preventDefault());
paletteHits.addEventListener("click", ev => {
  const link = ev.target.closest(".found-item");
  if (!link || !palette.open || ev.ctrlKey || ev.metaKey || ev.shiftKey) return;
  ev.preventDefault();
  follow(link);
});
for (const box of [palette, $("keys")]) {
  box.addEventListener("click", ev => { if (ev.target === box || ev.target.closest("[data-close]")) box.close(); });
}
palette.addEventListener("close", () => aria(paletteBox, "expanded", "false"));

const paletteButton = $("palette-open");
if (paletteButton) {
  paletteButton.hidden = false;
  paletteButton.addEventListener("click", openPalette);
}

/* --- the list of keys, with the switch for single keys ------------------------------- */

const keysSwitch = $("keys-on");
function showKeys() {
  const on = device.get("keys") !== "off";
  keysSwitch.checked = on;
  document.body.classList.toggle("keys-off", !on);
}
keysSwitch.addEventListener("change", () => {
  device.set("keys", keysSwitch.checked ? "" : "off");
  document.body.classList.toggle("keys-off", !keysSwitch.checked);
});

document.addEventListener("keydown", ev => {
  if (ev.key.toLowerCase() === "k" && (ev.ctrlKey || ev.metaKey) && !ev.altKey && !ev.shiftKey) {
    ev.preventDefault();
    openPalette();
  } else if (ev.key === "/" && singleKey(ev)) {
    ev.preventDefault();
    openPalette();
  } else if (ev.key === "?" && singleKey(ev)) {
    ev.preventDefault();
    $("keys").showModal();
    $("keys-title").focus();
  }
});
showKeys();

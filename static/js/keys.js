/* Single keys of staff. The desk and the week have further ones. */

// isCommand reports whether a press is meant as a command: nobody types, no other key is held,
// and no dialog is open.
function isCommand(ev) {
  return !ev.defaultPrevented && !ev.isComposing && !ev.ctrlKey && !ev.metaKey && !ev.altKey &&
    !document.querySelector("dialog[open]") && !ev.target.closest?.("input, select, textarea, [contenteditable]");
}

// singleKey reports the same, unless the person has turned single keys off.
const singleKey = ev => device.get("keys") !== "off" && isCommand(ev);

document.addEventListener("keydown", ev => {
  if (!/^[1-9]$/.test(ev.key) || !singleKey(ev)) return;
  [...document.querySelectorAll(".tabs a")].find(link => link.querySelector("kbd")?.textContent === ev.key)?.click();
});

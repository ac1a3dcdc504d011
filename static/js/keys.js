/* Single keys of staff. The desk and the week have further ones. */

// singleKey reports whether a press is meant as a command: nobody types, no other key is held,
// no dialog is open, and the person has not turned the keys off.
function singleKey(ev) {
  return !ev.defaultPrevented && !ev.isComposing && !ev.ctrlKey && !ev.metaKey && !ev.altKey && device.get("keys") !== "off" &&
    !document.querySelector("dialog[open]") && !ev.target.closest?.("input, select, textarea, [contenteditable]");
}

document.addEventListener("keydown", ev => {
  if (!/^[1-9]$/.test(ev.key) || !singleKey(ev)) return;
  [...document.querySelectorAll(".tabs a")].find(link => link.querySelector("kbd")?.textContent === ev.key)?.click();
});

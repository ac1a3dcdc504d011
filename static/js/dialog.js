/* --- the dialog ----------------------------------------------------------------- */

const dialog = $("dialog");
let opener = null;

const isPlain = ev => !ev.defaultPrevented && !ev.button && !ev.ctrlKey && !ev.metaKey && !ev.shiftKey;

// A link with data-dialog shows its page in the dialog. Without this script, or without dialogs,
// it is a link.
document.addEventListener("click", ev => {
  const link = ev.target.closest("a[data-dialog]");
  if (!link || !isPlain(ev) || !window.htmx || !dialog.showModal) return;
  ev.preventDefault();
  htmx.ajax("GET", link.getAttribute("href"), { source: link, target: "#dialog-body", swap: "innerMorph" });
});

function openDialog(from) {
  opener = withFollowers(from);
  try {
    dialog.showModal();
  } catch {
    return location.assign(from.href);
  }
  moveUp();
  stayNear();
  $("dialog-title")?.focus();
}

// stayNear puts the dialog beside the control that opened it, where the screen is wide. CSS
// places it elsewhere.
function stayNear() {
  const from = opener?.el, near = dialog.open && !sheet.open && from?.isConnected && matchMedia("(min-width: 64rem)").matches;
  dialog.classList.toggle("near", !!near);
  if (!near) return;
  const at = from.getBoundingClientRect(), gap = 8, height = dialog.offsetHeight, width = dialog.offsetWidth;
  const top = at.bottom + gap + height <= innerHeight ? at.bottom + gap : Math.max(gap, Math.min(at.top - gap - height, innerHeight - gap - height));
  dialog.style.setProperty("--top", top + "px");
  dialog.style.setProperty("--left", Math.max(gap, Math.min(at.right - width, innerWidth - gap - width)) + "px");
}
addEventListener("resize", stayNear);
dialog.addEventListener("close", () => {
  $("dialog-body").replaceChildren();
  moveUp();
  if (!isGone(document.activeElement)) return;
  held = opener;
  landFocus();
});
dialog.addEventListener("click", ev => {
  if (ev.target === dialog || ev.target.closest("[data-close]")) {
    ev.preventDefault();
    dialog.close();
  }
});

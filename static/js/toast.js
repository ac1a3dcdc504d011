/* --- the toast ----------------------------------------------------------------------- */

// toast shows one line for five seconds, with a link to take the action back. The page says
// the same, so nothing is lost with it. It stays while the person points at it or is in it.
let toastTimer = 0;
function toast(text, undo) {
  const box = $("toast");
  box.replaceChildren(Object.assign(document.createElement("p"), { textContent: text }));
  if (undo) {
    const link = undo.cloneNode(true);
    link.removeAttribute("id");
    link.className = "btn";
    link.dataset.back = undo.id;
    box.append(link);
  }
  box.hidden = false;
  fade();
}
function fade() {
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => {
    if ($("toast").matches(":hover, :focus-within")) fade();
    else $("toast").hidden = true;
  }, 5000);
}

// toastReceipt shows the receipt of a row or of a list, which may be out of sight.
function toastReceipt(receipt) {
  if (dialog.open || receipt.closest("dialog, .sheet, .panel") || receipt.matches(".refusal, .notice-refused")) return;
  const row = receipt.closest(".row"), booked = row?.dataset.personal === "booked" && row.querySelector("[id$=-link]")?.textContent.trim();
  toast(booked ? words.toastBooked.replace("#", booked) : receipt.textContent.trim(), row?.querySelector("a[data-dialog]"));
}

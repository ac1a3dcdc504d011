"use strict";
// settings.js moves the entries of lists of the studio, and shows what a class type looks like.

// Alt with an arrow moves the entry of a list that has the focus.
document.addEventListener("keydown", ev => {
  const way = { ArrowUp: "up", ArrowDown: "down" }[ev.key];
  const button = way && ev.altKey && ev.target.closest?.(".kept")?.querySelector(`.move[id$="-${way}"]`);
  if (!button) return;
  ev.preventDefault();
  button.click();
});

// The preview of a class type follows its form.
document.addEventListener("input", ev => {
  const form = ev.target.form, look = form?.querySelector("[data-look]");
  if (!look) return;
  const chosen = name => form.querySelector(`[name=${name}]:checked`)?.value, use = look.querySelector("use");
  look.className = look.className.replace(/ ?hue-\w+/, "") + (chosen("hue") ? " hue-" + chosen("hue") : "");
  use.setAttribute("href", use.getAttribute("href").split("#")[0] + "#" + (chosen("glyph") || "more"));
  look.querySelector("b").textContent = form.elements.name.value;
});

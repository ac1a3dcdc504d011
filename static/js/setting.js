"use strict";
// setting.js saves each setting of the studio or of a person as soon as it is changed. Without it
// a button does.

for (const button of document.querySelectorAll("[data-no-script]")) button.remove();

// A choice that needs a number is saved with the number, not before it.
document.addEventListener("change", ev => {
  const li = ev.target.closest("[data-setting]");
  if (ev.target.closest("[data-filter]")) ev.target.form.requestSubmit();
  if (!li) return;
  li.changed = true;
  const number = ev.target.dataset.more && $(ev.target.dataset.more);
  if (!number || number.value) return;
  ev.stopPropagation();
  number.focus();
}, true);

// The page's own form is not sent by Enter: the change was saved alone.
document.addEventListener("submit", ev => {
  if (ev.target.matches("[data-sentences]")) ev.preventDefault();
}, true);

const settingOf = ev => ev.detail.ctx.sourceElement?.closest?.("[data-setting]");

document.addEventListener("htmx:before:request", ev => {
  const li = settingOf(ev);
  if (li) li.changed = false;
});

// A swap leaves what was typed or ticked. The answer says what is stored, unless there was
// another change meanwhile.
document.addEventListener("htmx:after:swap", ev => {
  const li = settingOf(ev), now = li?.id && $(li.id);
  if (!now || li.changed) return;
  for (const el of now.querySelectorAll("input:not([type=hidden]), textarea")) {
    if (el.type === "radio" || el.type === "checkbox") el.checked = el.defaultChecked;
    else if (el !== document.activeElement) el.value = el.defaultValue;
  }
  if (document.activeElement === document.body) now.querySelector("input:checked, input:not([type=hidden]), textarea")?.focus();
});

function unsaved(ev, text) {
  const li = settingOf(ev);
  if (!li) return;
  li.querySelector(".unsaved")?.remove();
  li.append(Object.assign(document.createElement("p"), { className: "wrong unsaved", textContent: text }));
  say(text, true);
}
document.addEventListener("htmx:error", ev => unsaved(ev, words.unreached));
document.addEventListener("htmx:response:error", ev => {
  if (ev.detail.ctx.response.status >= 500) unsaved(ev, words.failed);
});

/* The class form: a type fills the fields that nobody has changed, the end follows the start,
   and what the server understood replaces what was typed. Without this script the form works,
   and the server shows the dates on a page of their own. */
(() => {
  const form = $("class-form"), page = $("class-page");
  const rules = ["capacity", "cost", "book", "free", "opens", "closes", "mode", "size", "ends"];
  const numbers = { capacity: "capacity", cost: "cost", free: "free_cancel_hours", ends: "waitlist_closes_minutes" };
  const keyOf = {
    title: "title", time: "", end: "minutes", capacity: "capacity", cost: "cost", online: "book", free_cancel_hours: "free", opens_limit: "opens",
    opens_before_hours: "opens", opens_unit: "opens", closes_limit: "closes", closes_before_minutes: "closes", waitlist_mode: "mode", waitlist_limit: "size",
    waitlist_size: "size", waitlist_closes_minutes: "ends",
  };
  const touched = new Set(); // what the person has changed
  const tile = () => page.querySelector("[name=type]:checked") ?? page.querySelector("[name=type]");
  const chosen = name => page.querySelector(`[name=${name}]:checked`)?.value ?? "";
  const choose = (name, value) => { const el = page.querySelector(`[name=${name}][value="${value}"]`); if (el) el.checked = true; };

  // clock reads a time as it is written most often, to move the end along. The server decides.
  const clock = text => {
    const m = /^(\d{1,2})(?:[:.]?(\d{2}))?$/.exec(text.trim());
    return m && +m[1] < 25 && +(m[2] ?? 0) < 60 ? +m[1] * 60 + +(m[2] ?? 0) : null;
  };
  const clockText = at => [Math.floor(at / 60) % 24, at % 60].map(n => String(n).padStart(2, "0")).join(":");
  let long = 60;
  const measure = () => {
    const from = clock($("time").value), to = clock($("minutes").value);
    if (from !== null && to !== null && from !== to) long = (to - from + 1440) % 1440;
  };
  const moveEnd = () => {
    const from = clock($("time").value);
    if (from !== null && $("minutes").name === "end") $("minutes").value = clockText(from + long);
  };

  // get and put read and write a value of a type in the form, as text.
  function get(key) {
    switch (key) {
      case "title": return $("title").value.trim();
      case "minutes": return String(long);
      case "book": return $("online").checked ? "1" : "";
      case "opens": return chosen("opens_limit") === "no" ? "0" : String($("opens_before_hours").value * ($("opens_unit").value === "days" ? 24 : 1));
      case "closes": return chosen("closes_limit") === "no" ? "0" : $("closes_before_minutes").value;
      case "mode": return chosen("waitlist_mode");
      case "size": return chosen("waitlist_mode") === "none" ? "0" : chosen("waitlist_limit") === "no" ? "-1" : $("waitlist_size").value;
      default: return $(numbers[key])?.value ?? "";
    }
  }
  function put(key, value, data) {
    switch (key) {
      case "title": $("title").value = value; break;
      case "minutes": long = +value; moveEnd(); break;
      case "book": $("online").checked = value === "1"; break;
      case "opens": {
        const days = value % 24 === 0;
        choose("opens_limit", value === "0" ? "no" : "yes");
        $("opens_before_hours").value = days ? value / 24 : value;
        $("opens_unit").value = days ? "days" : "hours";
        break;
      }
      case "closes": choose("closes_limit", value === "0" ? "no" : "yes"); $("closes_before_minutes").value = value; break;
      case "mode": choose("waitlist_mode", data.size === "0" ? "none" : value); break;
      case "size":
        choose("waitlist_limit", value > 0 ? "yes" : "no");
        if (value > 0) $("waitlist_size").value = value;
        break;
      default: if ($(numbers[key])) $(numbers[key]).value = value;
    }
  }
  const valueOf = (data, key) => key === "mode" && data.size === "0" ? "none" : data[key];
  const same = (data, key) => (key in numbers && !$(numbers[key])) || get(key) === valueOf(data, key);

  let before; // the values of the type that filled the form last
  function fill() {
    const data = tile().dataset, old = before ?? {};
    for (const key of ["title", "minutes", ...rules]) {
      const untouched = same(old, key) || (key === "title" && !get(key));
      if (untouched && !touched.has(key)) put(key, data[key], data);
    }
    before = { ...data };
  }

  // inherit says whose rules these are, or offers to go back to them.
  function inherit() {
    const data = tile().dataset, alike = rules.every(key => same(data, key));
    $("like").hidden = !alike;
    $("unlike").hidden = alike;
    for (const text of page.querySelectorAll("[data-like]")) text.textContent = text.dataset.like.replace("#", data.name);
    const unit = $("cost-unit");
    if (unit) unit.textContent = $("cost").value === "1" ? unit.dataset.single : unit.dataset.plural;
  }

  // settle writes dates and times as the server understood them, where nobody types.
  function settle() {
    const said = $("understood")?.dataset;
    if (!said) return;
    for (const name of ["date", "time", "end", "until"]) {
      const field = form.elements[name];
      if (field && field !== document.activeElement && said[name] && field.value === said[name + "Typed"]) field.value = said[name];
    }
    if ($("weekly")?.checked && said.weekday !== "0" && [said.date, said.dateTyped].includes(form.elements.date.value)) follow(said.weekday);
  }

  // follow ticks the weekday of the date, as long as nobody has chosen weekdays.
  let followed = "";
  function follow(weekday) {
    const ticked = [...page.querySelectorAll("[name=weekday]:checked")];
    if (ticked.length > 1 || (ticked.length && ticked[0].value !== followed) || weekday === ticked[0]?.value) return;
    if (ticked.length) ticked[0].checked = false;
    $("weekday-" + weekday).checked = true;
    if (ticked.length) changed($("weekday-" + weekday)); // the dates are those of the other weekday
    followed = weekday;
  }

  const changed = el => el.dispatchEvent(new Event("input", { bubbles: true }));

  if (form) {
    before = { ...tile().dataset };
    if ($("time") && $("minutes").name === "end") {
      long = +before.minutes || 60;
      measure();
    }
    page.addEventListener("input", ev => {
      const el = ev.target, key = keyOf[el.name];
      if (el.name === "type") {
        if (!form.elements.class) fill();
      } else if (key && ev.isTrusted) touched.add(key);
      if (el.name === "weekday" && ev.isTrusted) followed = "";
      if (el.name === "time") moveEnd();
      if (el.name === "end") measure();
      if (el.matches(".choice .sentence :is(input[type=number], select)")) el.closest(".sentence").querySelector("[type=radio]").checked = true;
      inherit();
    });
    page.addEventListener("focusout", settle);
    page.addEventListener("click", ev => {
      const way = ev.target.closest("[data-take]");
      if (way) {
        const field = $(way.dataset.take);
        field.value = way.dataset.value;
        if (way.dataset.take === "time") $("minutes").value = way.dataset.end;
        field.focus();
        changed(field);
      } else if (ev.target.closest("#unlike")) {
        const data = tile().dataset;
        for (const key of rules) {
          touched.delete(key);
          put(key, data[key], data);
        }
        before = { ...data };
        ($("free_cancel_hours") ?? $("mode-offer")).focus();
        changed($("online"));
      }
    });
    document.addEventListener("keydown", ev => {
      if (ev.key !== "Enter" || !(ev.ctrlKey || ev.metaKey) || ev.isComposing || document.querySelector("dialog[open]")) return;
      const button = ev.shiftKey ? $("class-next") : $("class-save");
      if (!button) return;
      ev.preventDefault();
      button.click();
    });
    inherit();
  }

  // After a class was created the address names it.
  if (/^#class-\d+-link$/.test(location.hash)) $(location.hash.slice(1))?.focus();

  const line = $("quick-line");
  if (line) {
    document.addEventListener("keydown", ev => {
      if (ev.key.toLowerCase() !== "q" || ev.shiftKey || !singleKey(ev)) return;
      ev.preventDefault();
      $("quick-line").focus();
    });
  }
  document.addEventListener("htmx:after:swap", ev => {
    const id = ev.detail.ctx.target?.id;
    if (id === "class-preview") settle();
    // A morph keeps the text of the field with the focus; the line of the receipt is done.
    if (id === "quick-add" && $("quick-receipt")) $("quick-line").value = "";
  });
})();

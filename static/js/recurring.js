/* --- recurring dates: what a press would book and cost ----------------------------- */

const dates = () => [...$("recurring-form").querySelectorAll("[data-order]:enabled")].sort((a, b) => a.dataset.order - b.dataset.order);

// tally counts as the server does: in order of the start, with the credits that the earlier
// dates leave.
function tally() {
  const text = $("recurring-form").dataset, standing = $("recurring-standing").checked, waits = $("recurring-waitlist").checked;
  const n = { date: 0, pending: 0, wait: 0, full: 0 };
  let cost = 0;
  for (const box of dates()) {
    const { state, cost: price, usable, near } = box.dataset;
    let as = "";
    if (box.checked || (standing && near !== undefined)) as = state === "full" ? (waits ? "wait" : "full") : +usable < cost + +price ? "pending" : "date";
    if (as === "date") cost += +price;
    if (as) n[as]++;
    box.closest("li").classList.toggle("short", as === "pending");
  }
  const many = (word, k) => k === 1 ? text[word] : text[word + "s"].replace("0", k);
  const rest = ["pending", "wait", "full"].filter(as => n[as]).map(as => many(as, n[as]));
  let sum = n.date ? many("date", n.date) + " · " + (cost ? many("credit", cost) + ", " + text.after.replace("#", text.balance - cost) : text.free) : rest.splice(0).join(" · ");
  $("recurring-sum").textContent = sum || text.none;
  $("recurring-rest").textContent = rest.join(" · ");
  for (const chip of $("recurring-form").querySelectorAll("[data-choose][aria-pressed]")) aria(chip, "pressed", String(dates().some(d => d.checked && d.dataset.day === chip.dataset.choose)));
}

// choose ticks the dates that can be booked and paid for, of all days or of one weekday.
function choose(chip) {
  const day = chip.dataset.choose, chosen = dates().filter(d => day === "all" || day === "none" || d.dataset.day === day);
  if (day === "none" || isOn(chip, "pressed")) {
    chosen.forEach(d => { d.checked = false; });
    stand();
  } else {
    const paid = d => d.checked && d.dataset.state !== "full" ? +d.dataset.cost : 0;
    let spent = dates().reduce((sum, d) => sum + paid(d), 0), more = false;
    for (const d of chosen) {
      if (d.checked || d.dataset.state === "full" || +d.dataset.usable < spent + +d.dataset.cost) continue;
      d.checked = more = true;
      spent += +d.dataset.cost;
    }
    if (!more) hint(chip, $("recurring-form").dataset.enough);
  }
  tally();
  say($("recurring-sum").textContent);
}

// A standing booking books the next dates by itself, so these are ticked with it, and without
// them it is off.
let tickedWith = [];
function stand(from) {
  const standing = $("recurring-standing"), missing = dates().filter(d => d.dataset.near !== undefined && !d.checked);
  if (from === standing) {
    const changed = standing.checked ? missing : tickedWith;
    changed.forEach(d => { d.checked = standing.checked; });
    tickedWith = standing.checked ? missing : [];
  } else if (missing.length) standing.checked = false;
}

document.addEventListener("change", ev => {
  if (ev.target.form?.id !== "recurring-form") return;
  stand(ev.target);
  tally();
});
document.addEventListener("click", ev => {
  const chip = ev.target.closest("[data-choose]");
  if (chip) choose(chip);
});
addEventListener("pageshow", () => { if ($("recurring-form")) tally(); });

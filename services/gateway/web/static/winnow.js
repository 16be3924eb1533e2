// Keys, and a word while there is no network: everything works without this module. Letters do nothing while a box is
// open, in a field, with a modifier, while an input method composes, while a key is held, or when the person switched
// them off.
const find = (selector) => document.querySelector(selector);
const rows = () => [...document.querySelectorAll("[data-row]")];

function step(by) {
  const all = rows();
  if (!all.length) return find(by > 0 ? "[data-key=j]" : "[data-key=k]")?.click();
  const now = all.indexOf(document.activeElement?.closest("tr")?.querySelector("[data-row]"));
  all[Math.min(Math.max(now + by, 0), all.length - 1)].focus();
}

function keep(number) {
  const radio = document.querySelectorAll("input[name=keep]")[number - 1];
  if (radio && !radio.checked) {
    radio.checked = true;
    find("[data-key=keep]")?.click();
  }
}

function press(key) {
  if (key === "j" || key === "k") return step(key === "j" ? 1 : -1);
  if ("123".includes(key)) return keep(Number(key));
  if (key === "x") return document.activeElement?.closest("tr")?.querySelector("[name=pick]")?.click();
  if (key === "/") {
    const field = find("input[type=search]");
    return field ? field.focus() : find("nav a[href='/search']")?.click();
  }
  const target = find(`[data-key="${key}"]`);
  if (!target) return;
  target.click();
}

// A box takes the focus however it was opened; the browser gives it back to where it was when the box closes.
document.addEventListener("toggle", ({ target, newState }) => {
  if (newState === "open" && target.popover) target.querySelector("input:not([type=hidden]), select, textarea, button, a")?.focus();
}, true);

document.addEventListener("keydown", (event) => {
  const within = event.target instanceof Element && event.target.closest("input:not([type=checkbox], [type=radio]), select, textarea");
  if (event.repeat || event.isComposing || event.ctrlKey || event.metaKey || event.altKey || within) return;
  if (document.body.dataset.keys === "off" || find(":popover-open")) return;
  if (!"jkarsovux123/?".includes(event.key) || event.key.length !== 1) return;
  event.preventDefault();
  press(event.key);
});

// A form is sent once: a second click waits for the answer to the first. One that is answered with a file leaves its
// page standing, so nothing would ever tell it that its answer came: it may be sent again.
document.addEventListener("submit", (event) => {
  if ("download" in event.target.dataset) return;
  if (event.target.dataset.sent) event.preventDefault();
  event.target.dataset.sent = "1";
});
addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent));

// Another reason than those named is said in words, and what is required has somebody who requires it; the server asks
// for both too.
document.addEventListener("change", ({ target }) => {
  if (target.name !== "reason" || target.type !== "radio") return;
  for (const [reason, field] of [["other", "comment"], ["required", "authority"]]) {
    const words = target.form?.elements[field];
    if (words) words.required = target.value === reason;
  }
});

// How many are ticked, Back or not.
function count() {
  const at = find("[data-other]");
  const n = document.querySelectorAll("[name=pick]:checked").length;
  if (at) at.textContent = n ? at.dataset[n > 1 ? "other" : "one"].replace("{n}", n) : "";
}
document.addEventListener("change", count);
addEventListener("pageshow", count);

// A page that cannot reach its server says so itself; its forms are sent all the same.
function connected() {
  document.querySelectorAll(".state").forEach((line) => {
    line.dataset.text ??= line.textContent;
    line.dataset.as ??= line.className;
    line.textContent = navigator.onLine ? line.dataset.text : line.dataset.offline;
    line.className = navigator.onLine ? line.dataset.as : "state bad";
  });
}
addEventListener("offline", connected);
addEventListener("online", connected);

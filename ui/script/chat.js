// Runs once, in the part that holds the exchanges which are over. `trigger`, `watch` and `element` come from Gradio.
// What it holds is drawn anew with every change, so one listener on the page stands for all buttons.
const find = (selector) => document.querySelector(selector);
const box = () => find("#sb-box textarea");

// Following: the end stays in sight while the reader is there, and nothing moves while they read further up.
const thread = element.closest("#sb-chat");
let following = true;
let before = 0;
const atEnd = () => thread.scrollHeight - thread.scrollTop - thread.clientHeight < 40;
const toEnd = () => {
  if (following) thread.scrollTop = thread.scrollHeight;
};
const follow = () => {
  following = true;
  toEnd();
};
thread.tabIndex = 0;
thread.setAttribute("role", "region");
thread.setAttribute("aria-label", "Questions and answers");
thread.addEventListener("scroll", () => {
  if (atEnd()) following = true;
  else if (thread.scrollTop < before - 2) following = false;
  before = thread.scrollTop;
});
const sizes = new ResizeObserver(toEnd);
const observe = () => {
  const now = find("#sb-now");
  if (!now) return requestAnimationFrame(observe);
  for (const part of [thread, element, now]) sizes.observe(part);
};
observe();

// Details stay as the reader left them, although each drawing closes them.
const opened = new Set();
thread.addEventListener("click", (event) => {
  const details = event.target.closest("summary")?.parentElement;
  if (details?.dataset.key) opened[details.open ? "delete" : "add"](details.dataset.key);
});
const reopen = () => {
  for (const details of thread.querySelectorAll("details[data-key]")) {
    const wanted = opened.has(details.dataset.key);
    if (details.open !== wanted) details.open = wanted;
  }
};
// Gradio leaves the box as tall as the question was that has been sent.
const settle = () => {
  if (box() && !box().value) box().style.height = "";
};
new MutationObserver(() => {
  reopen();
  settle();
}).observe(thread, { childList: true, subtree: true, attributeFilter: ["open"] });

watch("value", () => {
  opened.clear();
  follow();
});

// Clocks go on between two signs of life.
const clocks = new WeakMap();
setInterval(() => {
  for (const clock of thread.querySelectorAll(".sb-clock")) {
    const told = Number(clock.dataset.seconds);
    if (clocks.get(clock)?.told !== told) clocks.set(clock, { told, at: performance.now() });
    const seconds = told + (performance.now() - clocks.get(clock).at) / 1000;
    const words = seconds < 60 ? `${seconds.toFixed(1)} s` : `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
    if (clock.firstChild?.data !== words) clock.textContent = words;
  }
}, 200);

// Asking and stopping
const stop = () => {
  find("#sb-stop")?.click();
  box().focus();
};
document.addEventListener("click", (event) => {
  if (event.target.closest("#sb-send")) follow();
  if (event.target.closest("#sb-send, #sb-stop")) box().focus();
  const button = event.target.closest("button.sb-act");
  if (!button) return;
  const act = button.value;
  if (/^(ask|again):/.test(act)) {
    trigger("submit", { act });
    follow();
  } else {
    trigger("select", { act });
  }
  if (/^(ask|again|edit):/.test(act)) box().focus();
});
document.addEventListener("submit", (event) => {
  const form = event.target.closest("form.sb-why");
  if (!form) return;
  event.preventDefault();
  trigger("select", { act: form.dataset.act, text: form.elements.why.value });
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && event.target === box()) follow();
  if (event.key !== "Escape" || event.defaultPrevented || event.isComposing) return;
  if (find("dialog[open]") || find("#sb-settings:popover-open") || find("[role=menu]")) return;
  if (find("#sb-stop")?.offsetParent) {
    event.preventDefault();
    stop();
  } else if (find(".sb-viewer")) {
    event.preventDefault();
    find(".sb-close").click();
  } else if (find(".sb-editing")) {
    event.preventDefault();
    find(".sb-editing .sb-link").click();
  }
});

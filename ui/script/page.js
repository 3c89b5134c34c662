// Runs once, in the head: folding sides, colours, settings and help, and what the areas are to a screen reader.
const root = document.documentElement;
const find = (selector) => document.querySelector(selector);
const keep = (name, value) => {
  try {
    localStorage.setItem(name, value);
  } catch {
    // Not kept, then: it holds until the page is closed.
  }
};

// What Gradio draws are plain boxes; these are the areas of the page.
const areas = {
  "#sb-left": ["navigation", "Conversations and sources"],
  "#sb-centre": ["main", "Chat"],
  "#sb-right": ["complementary", "Evidence"],
};
const name = () => {
  for (const [selector, [role, label]] of Object.entries(areas)) {
    const area = find(selector);
    if (!area) continue;
    area.setAttribute("role", area.dataset.sbSide ? "dialog" : role);
    area.setAttribute("aria-label", label);
    area.tabIndex = -1;
  }
  const settings = find("#sb-settings");
  if (settings && !settings.popover) {
    settings.popover = "auto";
    settings.setAttribute("role", "dialog");
    settings.setAttribute("aria-label", "Settings");
    settings.addEventListener("toggle", (event) => {
      const shown = event.newState === "open";
      find("#sb-show-settings").setAttribute("aria-expanded", shown);
      if (shown) settings.querySelector("input, select, button, textarea")?.focus();
    });
  }
};

// Sides: beside the centre they fold, over it they are dialogs.
let opener = null;
const over = (side) => root.dataset.sbWidth === "narrow" || (side === "left" && root.dataset.sbWidth === "medium");
const shown = (side) => (over(side) ? root.dataset.sbOver === side : root.dataset[side === "left" ? "sbLeft" : "sbRight"] !== "folded");

const reflect = () => {
  const on = root.dataset.sbOver;
  for (const side of ["left", "right"]) {
    const area = find(`#sb-${side}`);
    const button = find(`#sb-fold-${side}`);
    if (!area || !button) continue;
    button.setAttribute("aria-expanded", shown(side));
    if (over(side)) {
      area.dataset.sbSide = side;
      area.setAttribute("aria-modal", "true");
      area.inert = on !== side;
    } else {
      delete area.dataset.sbSide;
      area.removeAttribute("aria-modal");
      area.inert = Boolean(on);
    }
  }
  name();
  for (const selector of [".sb-skip", ".sb-bar", "#sb-centre"]) if (find(selector)) find(selector).inert = Boolean(on);
};

const show = (side) => {
  if (!over(side)) {
    const fold = side === "left" ? "sbLeft" : "sbRight";
    root.dataset[fold] = "open";
    keep(`sb-${side}`, "open");
    return reflect();
  }
  if (root.dataset.sbOver === side) return;
  opener = root.dataset.sbOver ? opener : document.activeElement;
  root.dataset.sbOver = side;
  reflect();
  // A part that is not visible yet takes no focus; what was opened in it may have taken it by then.
  const area = find(`#sb-${side}`);
  const enter = (tries) => {
    if (root.dataset.sbOver !== side || area.contains(document.activeElement)) return;
    area.querySelector(".sb-side-close")?.focus({ preventScroll: true });
    if (tries) requestAnimationFrame(() => enter(tries - 1));
  };
  requestAnimationFrame(() => enter(30));
};

const hide = (side) => {
  if (!over(side)) {
    root.dataset[side === "left" ? "sbLeft" : "sbRight"] = "folded";
    keep(`sb-${side}`, "folded");
    return reflect();
  }
  if (root.dataset.sbOver !== side) return;
  delete root.dataset.sbOver;
  reflect();
  // What opened it may have been drawn anew since.
  const back = opener?.isConnected && opener !== document.body ? opener : find(`#sb-fold-${side}`);
  back.focus({ preventScroll: true });
};

const themes = { system: "light", light: "dark", dark: "system" };
const told = { system: "as the system", light: "light", dark: "dark" };
const colour = () => {
  const label = `Colours: ${told[root.dataset.sbTheme]}`;
  const button = find("#sb-theme");
  button.setAttribute("aria-label", label);
  button.title = label;
};

document.addEventListener("click", (event) => {
  const target = event.target.closest("button, a");
  if (event.target.id === "sb-shade") return hide(root.dataset.sbOver);
  if (!target) return;
  const side = target.id.startsWith("sb-fold-") ? target.id.slice(8) : target.dataset.sbClose;
  if (side) return shown(side) ? hide(side) : show(side);
  if (target.id === "sb-theme") {
    root.dataset.sbTheme = themes[root.dataset.sbTheme] ?? "light";
    keep("sb-theme", root.dataset.sbTheme);
    colour();
  } else if (target.id === "sb-show-help") {
    find("#sb-help").showModal();
  } else if (target.dataset.closes === "dialog") {
    target.closest("dialog").close();
  } else if (target.classList.contains("sb-skip")) {
    event.preventDefault(); // as an address it would lose the open conversation
    find("#sb-box textarea")?.focus();
  } else if (target.classList.contains("sb-marker")) {
    show("right");
  }
});

document.addEventListener("click", (event) => {
  if (event.target.nodeName === "DIALOG" && event.target.matches(".sb-dialog")) event.target.close(); // its backdrop
});

document.addEventListener("sb:evidence", () => show("right"));
document.addEventListener("sb:chat", () => {
  if (root.dataset.sbOver) hide(root.dataset.sbOver);
  find("#sb-box textarea")?.focus({ preventScroll: true });
});

const typing = (target) => target.closest("input, textarea, select, [contenteditable]");
document.addEventListener("keydown", (event) => {
  const modal = find("dialog[open]") || find("#sb-settings:popover-open") || find("[role=menu]");
  if (event.key === "Escape" && root.dataset.sbOver && !modal && !event.defaultPrevented) {
    event.preventDefault();
    return hide(root.dataset.sbOver);
  }
  if (event.ctrlKey || event.metaKey || event.altKey || modal) return;
  if (root.dataset.sbOver || typing(event.target)) return;
  if (event.key === "?") {
    find("#sb-help").showModal();
  } else if (event.key === "/") {
    event.preventDefault();
    find("#sb-box textarea")?.focus();
  } else if (event.key === "n") {
    event.preventDefault();
    find("#sb-new")?.click();
  } else if (event.key === "[") {
    shown("left") ? hide("left") : show("left");
  } else if (event.key === "]") {
    shown("right") ? hide("right") : show("right");
  }
}, true);

new MutationObserver(() => {
  if (root.dataset.sbOver && !over(root.dataset.sbOver)) delete root.dataset.sbOver;
  reflect();
}).observe(root, { attributeFilter: ["data-sb-width"] });

// The parts stand when Gradio has drawn them all, which may be after this one.
const settle = () => (find("#sb-right") && find("#sb-settings") ? reflect() : requestAnimationFrame(settle));
colour();
settle();

// Runs once, in the list of conversations. `trigger`, `watch` and `element` come from Gradio. The list is drawn anew by the
// server; the address, the menu, the line that renames and the question before a deletion live here.
const current = () => element.querySelector(".sb-talks")?.dataset.current ?? "";
const addressed = () => new URLSearchParams(location.search).get("c") ?? "";
const name = document.title;
let chosen = null; // what was just chosen here, so that the address of it becomes a step to go back from

const visit = (id) => {
  chosen = id;
  if (id === current() && !document.querySelector("#sb-notice .sb-notice")) return document.querySelector("#sb-box textarea")?.focus();
  trigger("visit", { id });
};

const follow = () => {
  const list = element.querySelector(".sb-talks");
  if (!list) return;
  const id = current();
  document.title = list.dataset.title ? `${list.dataset.title} · ${name}` : name;
  if (id === addressed()) return;
  const address = new URL(location.href);
  if (id) address.searchParams.set("c", id);
  else address.searchParams.delete("c");
  const step = chosen === id ? "pushState" : "replaceState";
  history[step](null, "", address);
  chosen = null;
};
watch("value", follow);
window.addEventListener("popstate", () => {
  if (addressed() !== current()) trigger("visit", { id: addressed() });
});

// Search: what is found comes while the words are typed, once the typing rests.
let resting = 0;
document.addEventListener("input", (event) => {
  if (event.target.id !== "sb-history-search") return;
  clearTimeout(resting);
  resting = setTimeout(() => trigger("arrange", { search: event.target.value }), 200);
});

// The menu of a conversation
const rows = [
  ["rename", "Rename"],
  ["markdown", "Export as Markdown"],
  ["html", "Export as web page"],
  ["json", "Export as JSON"],
  ["erase", "Delete…"],
];
let menu = null;

const dismiss = (back = true) => {
  if (!menu) return;
  const { box, id } = menu;
  menu = null;
  box.remove();
  const button = element.querySelector(`[data-id="${CSS.escape(id)}"] .sb-talk-more`);
  button?.setAttribute("aria-expanded", "false");
  if (back) button?.focus({ preventScroll: true });
};

const place = (box, button) => {
  const at = button.getBoundingClientRect();
  box.style.left = `${Math.max(8, Math.min(at.left, innerWidth - box.offsetWidth - 8))}px`;
  const below = at.bottom + 4;
  box.style.top = `${below + box.offsetHeight < innerHeight ? below : Math.max(8, at.top - box.offsetHeight - 4)}px`;
};

const offer = (item) => {
  const button = item.querySelector(".sb-talk-more");
  const box = document.createElement("div");
  box.className = "sb-menu";
  box.setAttribute("role", "menu");
  box.setAttribute("aria-label", button.getAttribute("aria-label"));
  for (const [act, words] of rows) {
    const row = document.createElement("button");
    row.type = "button";
    row.setAttribute("role", "menuitem");
    row.tabIndex = -1;
    row.dataset.act = act;
    row.textContent = words;
    box.append(row);
  }
  (button.closest("#sb-left") ?? document.body).append(box);
  menu = { box, id: item.dataset.id, title: item.querySelector(".sb-talk-open").textContent };
  button.setAttribute("aria-expanded", "true");
  place(box, button);
  box.firstChild.focus({ preventScroll: true });
};

const choose = (act) => {
  const { id, title } = menu;
  if (act === "rename") {
    dismiss(false);
    return rename(id, title);
  }
  dismiss();
  if (act === "erase") return confirm(id, title);
  trigger("fetch", { id, form: act });
};

document.addEventListener("keydown", (event) => {
  if (!menu) return;
  const items = [...menu.box.children];
  const at = items.indexOf(document.activeElement);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
  if (to !== undefined) items.at(to % items.length).focus({ preventScroll: true });
  else if (event.key === "Escape" || event.key === "Tab") dismiss();
  else return;
  event.preventDefault();
  event.stopPropagation();
}, true);

// A title is changed where it stands.
const rename = (id, title) => {
  const item = element.querySelector(`[data-id="${CSS.escape(id)}"]`);
  if (!item) return;
  const line = document.createElement("input");
  line.className = "sb-rename";
  line.value = title;
  line.maxLength = 200;
  line.setAttribute("aria-label", `New title for ${title}`);
  const at = item.getBoundingClientRect();
  const around = document.querySelector("#sb-left").getBoundingClientRect();
  Object.assign(line.style, { left: `${at.left - around.left}px`, top: `${at.top - around.top}px`, width: `${at.width}px`, height: `${at.height}px` });
  // Beside the list, not in it: the list may be drawn anew meanwhile.
  document.querySelector("#sb-left").append(line);
  let over = false;
  const end = (kept) => {
    if (over) return;
    over = true;
    const said = line.value.trim();
    line.remove();
    element.querySelector(`[data-id="${CSS.escape(id)}"] .sb-talk-open`)?.focus({ preventScroll: true });
    if (kept && said && said !== title) trigger("rename", { id, title: said });
  };
  line.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "Enter") end(true);
    if (event.key === "Escape") end(false);
  });
  line.addEventListener("blur", () => end(true));
  line.focus();
  line.select();
};

// A deletion is asked about first.
const confirm = (id, title) => {
  const dialog = document.createElement("dialog");
  dialog.className = "sb-dialog";
  dialog.setAttribute("aria-labelledby", "sb-erase-title");
  dialog.innerHTML =
    '<h2 id="sb-erase-title">Delete this conversation?</h2><p></p><div class="sb-actions">' +
    '<button type="button" class="sb-button" data-closes="dialog" autofocus>Keep it</button>' +
    '<button type="button" class="sb-button sb-danger">Delete</button></div>';
  dialog.querySelector("p").textContent = `“${title}” with its questions and answers will be erased from this machine. This cannot be undone.`;
  dialog.querySelector(".sb-danger").addEventListener("click", () => {
    dialog.close();
    trigger("erase", { id });
  });
  dialog.addEventListener("close", () => dialog.remove());
  document.querySelector("#sb-head").append(dialog);
  dialog.showModal();
};

document.addEventListener("click", (event) => {
  const act = event.target.closest(".sb-menu [data-act]")?.dataset.act;
  if (act) return choose(act);
  const more = event.target.closest(".sb-talk-more");
  const same = more && menu?.id === more.closest(".sb-talk").dataset.id;
  dismiss(false);
  if (more) return same ? more.focus() : offer(more.closest(".sb-talk"));
  if (event.target.closest("#sb-new")) {
    visit("");
    return document.dispatchEvent(new CustomEvent("sb:chat"));
  }
  if (event.target.closest(".sb-history-more")) return trigger("arrange", { more: true });
  const link = event.target.closest("a.sb-talk-open");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  visit(link.closest(".sb-talk").dataset.id);
  document.dispatchEvent(new CustomEvent("sb:chat"));
});
window.addEventListener("resize", () => dismiss(false));
element.closest("#sb-history").addEventListener("scroll", () => dismiss(false), true);

// Runs once, in the list of sources. `trigger`, `upload`, `watch` and `element` come from Gradio. The list is drawn anew by the
// server, so listeners stand on the page; what is being typed and what has the focus is kept here.
const find = (selector) => document.querySelector(selector);
const act = (name, more = {}) => trigger("select", { act: name, ...more });

// The server is asked how things stand: often while something is going on, now and then otherwise.
const OFTEN = 400;
const SELDOM = 4000;
let asked = 0;
const poll = () => {
  const busy = find("#sb-sources [data-busy], #sb-onboarding [data-busy]");
  if (!document.hidden && Date.now() - asked >= (busy ? OFTEN : SELDOM)) {
    asked = Date.now();
    act("look");
  }
};
setInterval(poll, 200);
document.addEventListener("visibilitychange", poll);
poll();

// Clicks, ticks, filter and dates
document.addEventListener("click", (event) => {
  const button = event.target.closest("#sb-sources [data-act], #sb-scope [data-act]");
  if (button) {
    if (button.dataset.act === "reset") for (const id of ["#sb-after", "#sb-before"]) find(id).value = "";
    if (button.dataset.act === "remove-yes") button.closest(".sb-row").setAttribute("aria-busy", "true");
    act(button.dataset.act, { id: button.dataset.id ?? "" });
  }
  const adds = event.target.closest("[data-adds]")?.dataset.adds;
  if (adds) find(adds === "folder" ? "#sb-folder" : "#sb-files").click();
});
let resting = 0;
document.addEventListener("input", (event) => {
  if (event.target.id !== "sb-filter") return;
  clearTimeout(resting);
  resting = setTimeout(() => act("filter", { words: event.target.value }), 150);
});
document.addEventListener("change", (event) => {
  const { target } = event;
  if (target.classList?.contains("sb-tick")) act("tick", { id: target.dataset.id, on: target.checked });
  if (["sb-after", "sb-before"].includes(target.id)) act("dates", { after: find("#sb-after").value, before: find("#sb-before").value });
  if (["sb-files", "sb-folder"].includes(target.id)) {
    add([...target.files].map((file) => ({ file, name: file.webkitRelativePath || file.name })));
    target.value = "";
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && event.target.closest?.("#sb-sources .sb-sure")) act("remove-no");
});

// Drawing the list anew must not take the focus away.
let focused = null;
const key = (node) => ["data-id", "data-act", "class"].map((name) => node.getAttribute(name) ?? "").join("|");
element.addEventListener("focusin", (event) => { focused = key(event.target); });
element.addEventListener("focusout", (event) => { if (event.relatedTarget) focused = null; });
let seen = "0";
watch("value", () => {
  // What was ticked by hand stays so when only attributes are drawn anew.
  for (const tick of element.querySelectorAll(".sb-tick")) tick.checked = tick.hasAttribute("checked");
  const { changed } = element.querySelector("[data-changed]")?.dataset ?? {};
  if (changed !== undefined && changed !== seen) {
    seen = changed;
    trigger("stale");
  }
  const sure = element.querySelector(".sb-sure .sb-button:last-child");
  if (sure && !element.querySelector(".sb-sure")?.contains(document.activeElement)) {
    focused = null;
    return sure.focus();
  }
  if (!focused || document.activeElement !== document.body) return;
  const again = [...element.querySelectorAll("button, input")].find((node) => key(node) === focused);
  again?.focus({ preventScroll: true });
});

// Adding files: sent a few at a time, handed over as they arrive.
const AT_ONCE = 3;
const GROUP = 12;
let sending = 0;
const add = async (chosen) => {
  const kinds = find("#sb-files").dataset.accepted.split(" ");
  const most = Number(find("#sb-files").dataset.max);
  const batch = `${Date.now()} ${Math.random()}`;
  const wanted = [];
  const skipped = [];
  for (const one of chosen) {
    if (one.name.split("/").some((part) => part.startsWith("."))) continue;
    const kind = one.file.name.includes(".") ? `.${one.file.name.split(".").pop().toLowerCase()}` : "";
    const size = one.file.size / 1e6;
    if (one.name.includes("/") && !kinds.includes(kind)) skipped.push([one.name, "is of a kind that is not read"]);
    else if (size > most) skipped.push([one.name, `${size.toFixed(1)} MB is over the limit of ${most} MB; split it or raise max_file_mb (RAG_MAX_FILE_MB)`]);
    else wanted.push(one);
  }
  let arrived = [];
  const hand = () => {
    if (arrived.length + skipped.length) trigger("upload", { files: arrived, skipped: skipped.splice(0), batch });
    arrived = [];
  };
  sending += wanted.length;
  const send = async () => {
    for (let one = wanted.shift(); one; one = wanted.shift()) {
      find("#sb-sending").textContent = sending > 1 ? `Sending ${sending} files…` : "";
      try {
        const { path } = await upload(one.file);
        arrived.push({ path, name: one.name, modified: one.file.lastModified / 1000 });
      } catch (error) {
        skipped.push([one.name, `could not be sent (${error?.message ?? error}); add it again`]);
      }
      sending -= 1;
      if (arrived.length >= GROUP) hand();
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, send));
  find("#sb-sending").textContent = "";
  hand();
};

// Dropping files or folders anywhere on the page
const within = async (entry, path) => {
  if (entry.isFile) return [{ file: await new Promise((resolve, reject) => entry.file(resolve, reject)), name: path + entry.name }];
  const reader = entry.createReader();
  const found = [];
  for (;;) {
    const part = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!part.length) return found;
    for (const one of part) found.push(...(await within(one, `${path}${entry.name}/`)));
  }
};
const holds = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
const root = document.documentElement;
document.addEventListener("dragover", (event) => {
  if (!holds(event)) return;
  event.preventDefault();
  root.dataset.sbDropping = "true";
});
document.addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) delete root.dataset.sbDropping;
});
document.addEventListener("drop", async (event) => {
  delete root.dataset.sbDropping;
  if (!holds(event)) return;
  event.preventDefault();
  event.stopPropagation();
  // To be read before the first wait: the browser takes them back then.
  const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  const files = [...event.dataTransfer.files].map((file) => ({ file, name: file.name }));
  const found = entries.length ? (await Promise.all(entries.map((entry) => within(entry, "")))).flat() : files;
  if (found.length) add(found);
}, true);

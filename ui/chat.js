// Runs once, in the document viewer's part. `trigger`, `watch` and `element` come from Gradio.
// Markers and cards are drawn anew with every answer, so one listener on the page stands for all of them.
let opener = null;

const open = (target) => trigger("select", { open: target });

const close = () => {
  open("close");
  // What was clicked may have been drawn anew since.
  const back = opener && document.querySelector(`.${opener.classList[1]}[value="${CSS.escape(opener.value)}"]`);
  if (!back) return;
  back.scrollIntoView({ block: "nearest" });
  back.focus({ preventScroll: true });
};

document.addEventListener("click", (event) => {
  const target = event.target.closest("button.sb-open");
  if (!target) return;
  if (target.value === "close") return close();
  opener = target;
  open(target.value);
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && element.querySelector(".sb-viewer")) close();
});

watch("value", () => {
  const viewer = element.querySelector(".sb-viewer");
  if (!viewer) return;
  // On a narrow screen the viewer stands below the conversation: bring it up first, then the span within it.
  viewer.scrollIntoView({ block: "nearest" });
  const page = viewer.querySelector(".sb-page");
  const mark = viewer.querySelector("mark");
  if (mark) page.scrollTop += mark.getBoundingClientRect().top - page.getBoundingClientRect().top - page.clientHeight / 4;
  (mark || page).focus({ preventScroll: true });
});

// For screen readers: Gradio labels each message with its source text, which is markup here, and takes the labels of the markers.
const label = () => {
  for (const message of document.querySelectorAll("#sb-chat [data-testid][aria-label]")) message.removeAttribute("aria-label");
  for (const marker of document.querySelectorAll(".sb-marker:not([aria-label])")) marker.setAttribute("aria-label", marker.title);
};
new MutationObserver(label).observe(document.body, { childList: true, subtree: true, attributeFilter: ["aria-label"] });

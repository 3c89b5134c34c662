// Runs once, in the document viewer's part. `trigger`, `watch` and `element` come from Gradio.
// Markers and cards are drawn anew with every answer, so one listener on the page stands for all of them.
let opener = null;

const open = (target) => trigger("select", { open: target });

const close = () => {
  open("close");
  // What was clicked may have been drawn anew since.
  const back = opener && document.querySelector(`.${opener.classList[1]}[value="${CSS.escape(opener.value)}"]`);
  if (!back) return document.querySelector("#sb-box textarea").focus({ preventScroll: true });
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

// The sentences that rest on the open quote stand out.
const rest = (quote) => {
  for (const old of document.querySelectorAll(".sb-resting")) old.classList.remove("sb-resting");
  if (!quote) return;
  const [number, reference] = quote.split(":");
  for (const sentence of document.querySelectorAll(`.sb-claim[data-sentence^="${CSS.escape(number)}:"]`)) {
    if (sentence.dataset.rests.split(" ").includes(reference)) sentence.classList.add("sb-resting");
  }
};

document.addEventListener("sb:drawn", () => rest(element.querySelector(".sb-viewer")?.dataset.quote));

watch("value", () => {
  const viewer = element.querySelector(".sb-viewer");
  rest(viewer?.dataset.quote);
  if (!viewer) return;
  document.dispatchEvent(new CustomEvent("sb:evidence")); // where the sides are folded away
  const page = viewer.querySelector(".sb-page");
  const mark = viewer.querySelector("mark");
  viewer.scrollIntoView({ block: "nearest" });
  if (mark) page.scrollTop += mark.getBoundingClientRect().top - page.getBoundingClientRect().top - page.clientHeight / 4;
  (mark || page || viewer.querySelector(".sb-close")).focus({ preventScroll: true });
});

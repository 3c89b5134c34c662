// Runs before the page is drawn: colours, folded sides and the width class are on <html> from the start, so that
// nothing jumps. page.js changes them; localStorage may be closed to us, then choices last as long as the page.
(() => {
  const root = document.documentElement;
  const read = (name) => {
    try {
      return localStorage.getItem(name);
    } catch {
      return null;
    }
  };
  root.dataset.sbTheme = read("sb-theme") ?? "system";
  for (const side of ["left", "right"]) root.dataset[`sb${side[0].toUpperCase()}${side.slice(1)}`] = read(`sb-${side}`) ?? "open";

  const dark = matchMedia("(prefers-color-scheme: dark)");
  const colour = () => {
    const theme = root.dataset.sbTheme;
    const wanted = theme === "dark" || (theme === "system" && dark.matches);
    if (document.body.classList.contains("dark") !== wanted) document.body.classList.toggle("dark", wanted);
  };
  dark.addEventListener("change", colour);
  // Gradio sets the class by what the system prefers; here the person decides.
  new MutationObserver(colour).observe(document.body, { attributeFilter: ["class"] });
  new MutationObserver(colour).observe(root, { attributeFilter: ["data-sb-theme"] });
  colour();

  // The same on an element of the page, for the style rules that Gradio confines to its own container.
  const mirrored = ["sbTheme", "sbLeft", "sbRight", "sbWidth", "sbOver"];
  const mirror = () => {
    const page = document.getElementById("sb-page");
    if (!page) return;
    for (const key of mirrored) {
      if (root.dataset[key] === undefined) delete page.dataset[key];
      else page.dataset[key] = root.dataset[key];
    }
  };
  new MutationObserver(mirror).observe(root, { attributes: true });
  const arrival = new MutationObserver(() => {
    if (!document.getElementById("sb-page")) return;
    arrival.disconnect();
    mirror();
  });
  arrival.observe(root, { childList: true, subtree: true });

  const narrow = matchMedia("(max-width: 760px)");
  const medium = matchMedia("(max-width: 1020px)");
  const measure = () => {
    root.dataset.sbWidth = narrow.matches ? "narrow" : medium.matches ? "medium" : "wide";
  };
  narrow.addEventListener("change", measure);
  medium.addEventListener("change", measure);
  measure();
})();

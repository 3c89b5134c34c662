// Runs once, in a part that is not seen: puts exchanges that are over into their places, without the others being sent
// again. What it brings has been made harmless by the server, like everything on the page.
watch("value", () => {
  const brought = element.querySelector("[data-drawn]");
  const log = document.querySelector("#sb-past .sb-log");
  if (!brought || !log) return;
  brought.remove(); // each exchange stands on the page once
  const place = (number) => log.querySelector(`:scope > [data-number="${number}"]`);
  if (brought.dataset.dropped) {
    const first = place(brought.dataset.dropped);
    while (first?.nextSibling) first.nextSibling.remove();
    first?.remove();
  }
  for (const fresh of [...brought.children]) {
    const old = place(fresh.dataset.number);
    if (!old) {
      log.append(fresh);
      continue;
    }
    const focused = old.contains(document.activeElement) ? document.activeElement : null;
    old.replaceWith(fresh);
    if (focused) (fresh.querySelector(`[value="${CSS.escape(focused.value)}"]`) ?? fresh.querySelector(".sb-why input"))?.focus({ preventScroll: true });
  }
  document.dispatchEvent(new CustomEvent("sb:drawn"));
});

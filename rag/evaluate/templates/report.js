"use strict";
// The page is whole without this; it only narrows down which questions are shown.
(() => {
  const form = document.getElementById("filter");
  if (!form) return;
  const cards = [...document.querySelectorAll(".card")];
  const count = document.getElementById("count");
  const none = document.getElementById("none");
  const texts = new Map();
  const number = new Intl.NumberFormat("en");

  const textOf = (card) => {
    if (!texts.has(card)) texts.set(card, card.textContent.toLowerCase());
    return texts.get(card);
  };

  const apply = () => {
    const { show, outcome, qtype, words } = form.elements;
    const wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean);
    let left = 0;
    for (const card of cards) {
      const fits =
        (show.value !== "failures" || "failure" in card.dataset) &&
        (!outcome.value || card.dataset.outcome === outcome.value) &&
        (qtype.value === "*" || card.dataset.qtype === qtype.value) &&
        wanted.every((word) => textOf(card).includes(word));
      card.hidden = !fits;
      left += fits ? 1 : 0;
    }
    count.textContent = `${number.format(left)} of ${number.format(cards.length)} shown`;
    none.hidden = left > 0;
  };

  const follow = () => {
    const name = decodeURIComponent(location.hash.slice(1));
    if (name === "failures") {
      form.elements.show.value = "failures";
      apply();
      return;
    }
    const target = name && document.getElementById(name);
    const card = target && target.closest(".card");
    if (!card) return;
    if (card.hidden) {
      form.reset();
      apply();
    }
    card.open = true;
    target.scrollIntoView();
  };

  let waiting = 0;
  form.elements.words.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(apply, 120);
  });
  form.addEventListener("change", (event) => {
    apply();
    if (event.target.name !== "show") return;
    const hash = form.elements.show.value === "failures" ? "#failures" : "#questions";
    history.replaceState(null, "", hash);
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(apply));
  document.getElementById("unfold").addEventListener("click", (event) => {
    const open = event.target.getAttribute("aria-pressed") !== "true";
    event.target.setAttribute("aria-pressed", String(open));
    event.target.textContent = open ? "Fold all" : "Unfold all";
    for (const card of cards) card.open = open && !card.hidden;
  });
  addEventListener("hashchange", follow);

  form.hidden = false;
  apply();
  follow();
})();

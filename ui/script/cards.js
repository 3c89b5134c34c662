// Runs once, in the evidence part: keeps the card of the open quote in sight without moving the page.
watch("value", () => {
  const card = element.querySelector("[aria-current]");
  if (!card) return;
  const list = element.closest("#sb-evidence");
  const above = card.getBoundingClientRect().top - list.getBoundingClientRect().top;
  if (above < 0 || above + card.offsetHeight > list.clientHeight) list.scrollTop += above - 8;
});

// Runs once, in a part that is not seen: what comes here goes to the clipboard.
const older = (text) => {
  // Without HTTPS browsers offer no other way.
  const back = document.activeElement;
  const area = document.createElement("textarea");
  area.value = text;
  area.style.cssText = "position:fixed;top:0;opacity:0";
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  back?.focus({ preventScroll: true });
  return done;
};

watch("value", async () => {
  const brought = element.querySelector("pre");
  if (!brought) return;
  let done = false;
  try {
    await navigator.clipboard.writeText(brought.textContent);
    done = true;
  } catch {
    done = older(brought.textContent);
  }
  const button = document.querySelector(`#sb-chat .sb-tool[value="copy:${brought.dataset.number}"]`);
  if (!button) return;
  button.textContent = done ? "Copied" : "Not copied";
  setTimeout(() => { button.textContent = "Copy"; }, 2000);
});

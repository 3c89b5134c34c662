// Runs once, in what stands above an empty chat. `trigger` and `element` come from Gradio.
element.addEventListener("click", (event) => {
  const button = event.target.closest("[data-act]");
  if (!button) return;
  button.disabled = true;
  trigger("select", { act: button.dataset.act });
});

// The server is asked how things stand while something is shown, often while something is going on.
let asked = 0;
setInterval(() => {
  if (document.hidden || !element.querySelector("section, p")) return;
  if (Date.now() - asked < (element.querySelector("[data-busy]") ? 400 : 3000)) return;
  asked = Date.now();
  trigger("select", { act: "look" });
}, 200);
trigger("select", { act: "look" });

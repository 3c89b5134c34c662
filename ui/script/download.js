// Runs once: hands the file that stands in this part to the browser. Other parts may send one with `sb:download`.
watch("value", () => element.querySelector("a.sb-file")?.click());

document.addEventListener("sb:download", (event) => {
  const { name, type, text } = event.detail;
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
});

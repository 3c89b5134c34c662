(...parts) => {
  document.querySelector("#sb-box textarea").focus();
  return parts;
}

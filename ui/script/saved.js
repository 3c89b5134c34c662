// Runs once, in a part that nobody sees: tells that something was kept which the list of conversations shows.
watch("value", () => trigger("kept", {}));

// Before the first paint: a page that is light for a moment and then dark hurts.
(() => {
  let look = {};
  try {
    look = JSON.parse(localStorage.getItem("prewarm.look") ?? "{}");
  } catch {
    // Storage that may not be used: what the system says holds.
  }
  if (look.theme === "light" || look.theme === "dark") document.documentElement.dataset.theme = look.theme;
  if (look.density === "compact") document.documentElement.dataset.density = "compact";
})();

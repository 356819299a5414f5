// Runs before the page is drawn, so that a dark page does not flash white.
"use strict";
(() => {
  const root = document.documentElement;
  const asked = new URLSearchParams(location.search).get("theme");
  const night = matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    let stored = null;
    try { stored = localStorage.getItem("theme"); } catch { /* a browser may forbid it */ }
    const theme = asked ?? stored ?? "system";
    root.dataset.theme = theme;
    root.classList.toggle("nightMode", theme === "dark" || (theme === "system" && night.matches));
  };
  root.classList.add("js");
  root.classList.toggle("framed", window.parent !== window);
  night.addEventListener("change", apply);
  addEventListener("storage", apply); // another page of the site changed it, or this one
  apply();
})();

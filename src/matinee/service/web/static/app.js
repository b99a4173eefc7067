// htmx does the work; this says what htmx cannot: that scripts run, and that no answer came.
document.documentElement.classList.add("scripts");

const notice = document.getElementById("notice");
let fading;

new MutationObserver(() => {
  clearTimeout(fading);
  if (notice.classList.contains("trouble")) return;
  fading = setTimeout(() => notice.replaceChildren(), 8000);
}).observe(notice, { childList: true });

document.addEventListener("htmx:beforeRequest", () => notice.classList.remove("trouble"));
document.addEventListener("htmx:responseError", () => notice.classList.add("trouble"));
document.addEventListener("htmx:sendError", () => {
  notice.classList.add("trouble");
  const line = document.createElement("p");
  line.textContent = "The service cannot be reached. Is it still running?";
  notice.replaceChildren(line);
});

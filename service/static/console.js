// Entry of the console's scripts. Pages can be read without them; deciding needs them.

import { startDecided } from "./decided.js";
import { listen } from "./keys.js";
import { startQueue } from "./queue.js";

const settings = document.getElementById("settings");
settings.addEventListener("submit", (event) => {
  // "auto" follows the system: the first press then goes to the other side of what is seen.
  const button = event.submitter;
  if (button.name !== "theme" || document.documentElement.dataset.theme !== "auto") return;
  button.value = matchMedia("(prefers-color-scheme: dark)").matches ? "light" : "dark";
});

for (const form of document.querySelectorAll("[data-submits-itself]")) {
  form.addEventListener("change", () => form.requestSubmit());
}

document.getElementById("print")?.addEventListener("click", () => print());

listen();
const page = document.getElementById("case");
if (page) (await import("./case.js")).startCase(page);
startQueue(document.getElementById("queue"));
startDecided();
document.documentElement.dataset.ready = "yes";

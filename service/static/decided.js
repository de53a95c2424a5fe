// The line that says what was just decided: undo while its seconds run.

import { send } from "./sending.js";

export function startDecided() {
  for (const button of document.querySelectorAll("[data-undo]")) {
    const until = performance.now() + 1000 * Number(button.dataset.undoS);
    const left = button.querySelector("[data-left]");
    const ticking = setInterval(() => {
      const seconds = Math.ceil((until - performance.now()) / 1000);
      left.textContent = String(Math.max(0, seconds));
      if (seconds > 0) return;
      clearInterval(ticking);
      button.remove();
    }, 250);
    button.addEventListener("click", async () => {
      const { ok } = await send(`/api/v1/cases/${button.dataset.undo}/undo`);
      if (ok) location.href = `/cases/${button.dataset.undo}`;
    });
  }
}

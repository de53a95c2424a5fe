// Queue: J and K choose a row, Enter opens it, a click anywhere on a row opens it too.

import { onKeys } from "./keys.js";

export function startQueue(table) {
  if (!table) return;
  const rows = [...table.tBodies[0].rows];
  let chosen = -1;

  function choose(place) {
    rows[chosen]?.classList.remove("chosen");
    chosen = Math.min(Math.max(place, 0), rows.length - 1);
    rows[chosen].classList.add("chosen");
    rows[chosen].querySelector("a").focus();
  }

  for (const row of rows) {
    row.addEventListener("click", (event) => {
      if (!event.target.closest("a")) row.querySelector("a").click();
    });
  }
  onKeys((key) => {
    if (key === "j") choose(chosen + 1);
    else if (key === "k") choose(chosen - 1);
    else return false;
    return true;
  });
}

// The three stills enlarge together: the same place of the camera's picture in each, following the pointer.

import { onKeys } from "./keys.js";

const SCALE = 3.5;

export function startStills(stills) {
  const pictures = [...stills.querySelectorAll("img")];

  function look(x, y) {
    for (const picture of pictures) {
      picture.style.transformOrigin = `${100 * x}% ${100 * y}%`;
      picture.style.transform = `scale(${SCALE})`;
    }
    stills.classList.add("zoomed");
  }

  function away() {
    for (const picture of pictures) picture.style.transform = "";
    stills.classList.remove("zoomed");
  }

  function place(event, still) {
    const box = still.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  }

  function onVehicle() {
    // Shares are of the camera's picture; the still has its data bar below it.
    const [first] = pictures;
    const shown = Math.min(1, (first.naturalWidth * 9) / 16 / first.naturalHeight || 1);
    look(Number(stills.dataset.x), Number(stills.dataset.y) * shown);
  }

  const isZoomed = () => stills.classList.contains("zoomed");
  for (const still of stills.querySelectorAll(".zoomable")) {
    still.addEventListener("click", (event) => {
      if (isZoomed()) away();
      else if (event.detail === 0) onVehicle();
      else look(...place(event, still));
    });
    still.addEventListener("pointermove", (event) => {
      if (isZoomed()) look(...place(event, still));
    });
  }
  onKeys((key) => {
    if (key === "z") isZoomed() ? away() : onVehicle();
    else if (key === "Escape" && isZoomed()) away();
    else return false;
    return true;
  });
}

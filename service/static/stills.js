// The three stills enlarge together: the same place in each under the pointer, or with Z each onto the vehicle.

import { onKeys } from "./keys.js";

const SCALE = 3.5;

export function startStills(stills) {
  if (!stills) return;
  const pictures = [...stills.querySelectorAll("img")];

  function enlarge(picture, x, y) {
    picture.style.transformOrigin = `${100 * x}% ${100 * y}%`;
    picture.style.transform = `scale(${SCALE})`;
    stills.classList.add("zoomed");
  }

  function look(x, y) {
    for (const picture of pictures) enlarge(picture, x, y);
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
    for (const picture of pictures) {
      enlarge(picture, centred(picture.dataset.x), centred(picture.dataset.y) * cameraShare(picture));
    }
  }

  // Shares are of the camera's picture; the still has its data bar below it.
  function cameraShare(picture) {
    return Math.min(1, (picture.naturalWidth * 9) / 16 / picture.naturalHeight || 1);
  }

  // The frame lies over the page, never in the evidence: among several riders it says whose case this is.
  function mark(picture) {
    if (!Number(picture.dataset.width)) return; // nobody saw where the vehicle is here
    const frame = document.createElement("span");
    frame.className = "mark";
    const [x, y, width, height] = ["x", "y", "width", "height"].map((name) => Number(picture.dataset[name]));
    const share = cameraShare(picture);
    frame.style.left = `${100 * (x - width / 2)}%`;
    frame.style.top = `${100 * share * (y - height / 2)}%`;
    frame.style.width = `${100 * width}%`;
    frame.style.height = `${100 * share * height}%`;
    picture.after(frame);
  }

  for (const picture of pictures) {
    if (picture.complete && picture.naturalWidth) mark(picture);
    else picture.addEventListener("load", () => mark(picture), { once: true });
  }

  // Scaling about a point leaves it where it is: aim further out, so that the vehicle comes to the middle.
  function centred(share) {
    return Math.min(1, Math.max(0, (SCALE * Number(share) - 0.5) / (SCALE - 1)));
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

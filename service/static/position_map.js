// A press on the map writes a camera's position into its field; what is typed there moves the mark on the map.

const DIGITS = 5;

export function startPositionMap(field) {
  const map = document.getElementById("position-map");
  if (!map) return;
  const here = document.getElementById("here");
  const names = ["squeeze", "leastX", "leastY", "scale", "left", "top"];
  const [squeeze, leastX, leastY, scale, left, top] = names.map((name) => Number(map.dataset[name]));

  function mark() {
    const place = positionOf(field.value);
    here.setAttribute("visibility", place ? "visible" : "hidden");
    if (!place) return;
    const x = left + (place.longitude * squeeze - leastX) * scale;
    const y = top + (-place.latitude - leastY) * scale;
    here.setAttribute("transform", `translate(${x} ${y})`);
  }

  map.addEventListener("click", (event) => {
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(map.getScreenCTM().inverse());
    const latitude = -((at.y - top) / scale + leastY);
    const longitude = ((at.x - left) / scale + leastX) / squeeze;
    field.value = `${latitude.toFixed(DIGITS)}, ${longitude.toFixed(DIGITS)}`;
    mark();
  });
  field.addEventListener("input", mark);
  mark();
}

// Latitude and longitude of a text such as "10.36, 106.36"; null for any other, and for none.
export function positionOf(text) {
  const [latitude, longitude, ...more] = text.trim().split(/[,;\s]+/).map(Number);
  return text.trim() && !more.length && Number.isFinite(latitude) && Number.isFinite(longitude) ? { latitude, longitude } : null;
}

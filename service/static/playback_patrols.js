// The list of patrols: a supervisor makes one, or closes it.

import { fetched } from "./playback_asking.js";

const VIETNAM = "+07:00";

const form = document.getElementById("patrol-form");
form?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const body = {
    name: form.elements.namedItem("name").value,
    camera_ids: [...form.querySelectorAll("[name=camera]:checked")].map((box) => box.value),
    from_at: `${form.from_at.value}:00${VIETNAM}`,
    until_at: `${form.until_at.value}:00${VIETNAM}`,
  };
  if (!body.camera_ids.length) return form.querySelector("[name=camera]").focus();
  const { ok } = await fetched("/api/v1/patrols", body);
  if (ok) location.reload();
  return undefined;
});

for (const button of document.querySelectorAll("[data-close-patrol]")) {
  button.addEventListener("click", async () => {
    const { ok } = await fetched(`/api/v1/patrols/${button.dataset.closePatrol}/close`, {});
    if (ok) location.reload();
  });
}

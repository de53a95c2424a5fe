// The page of a case's owner and papers: each form sends its fields to the JSON interface, then the page is read anew.

import { send } from "./sending.js";

for (const form of document.querySelectorAll("form[data-sends]")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    button.disabled = true;
    const fields = Object.fromEntries(new FormData(form));
    for (const box of form.querySelectorAll("input[type=checkbox]")) fields[box.name] = box.checked;
    const answer = await send(form.dataset.sends, fields);
    button.disabled = false;
    if (answer.ok) location.reload();
  });
}

// A decision that could not be sent because the session had ended: kept in this tab, offered when its page is back.
// Never sent on its own: another person may have signed in since.

const PLACE = "ngatu-unsent";

export function keepUnsent({ path, body, label }) {
  const unsent = { path, body, label, page: location.pathname, who: document.body.dataset.who };
  sessionStorage.setItem(PLACE, JSON.stringify(unsent));
}

export function offerUnsent(box, giveAgain) {
  const kept = sessionStorage.getItem(PLACE);
  if (!box || !kept) return;
  const unsent = JSON.parse(kept);
  if (unsent.page !== location.pathname) return;
  sessionStorage.removeItem(PLACE);
  if (unsent.who !== document.body.dataset.who) return;
  box.querySelector("[data-unsent-label]").textContent = unsent.label;
  box.hidden = false;
  box.querySelector("[data-unsent-send]").addEventListener("click", () => giveAgain(unsent));
  box.querySelector("[data-unsent-drop]").addEventListener("click", () => {
    box.hidden = true;
  });
}

// One listener for the keyboard: a page's own keys first, then every visible element that carries data-key.

const answers = [];

export function onKeys(answer) {
  answers.push(answer);
}

export function listen() {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    if (document.querySelector("dialog[open]")) return;
    if ([" ", "Enter"].includes(event.key) && event.target.matches("button, summary, a, video")) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (answers.some((answer) => answer(key)) || press(key)) event.preventDefault();
  });
}

function isTyping(target) {
  return target.matches("input, select, textarea");
}

function press(key) {
  const found = [...document.querySelectorAll(`[data-key="${CSS.escape(key)}"]`)].find((e) => e.checkVisibility());
  if (found) found.click();
  return Boolean(found);
}

// What is going on: progress with a button to stop it, warnings, what is missing.

function render({ model, el }) {
  el.classList.add("rx-notice");
  el.dataset.lmSuppressShortcuts = "true";
  const part = (name, className, text) => {
    const element = document.createElement(name);
    element.className = className;
    element.textContent = text;
    return element;
  };
  const draw = () => {
    const { busy, words, notes, actions } = model.get("state");
    const parts = [];
    if (busy) {
      parts.push(part("span", "rx-spinner", ""), part("span", "rx-busy", words));
    }
    for (const { id, label } of actions) {
      const button = part("button", "rx-button", label);
      button.type = "button";
      button.addEventListener("click", () => model.send({ kind: id }));
      parts.push(button);
    }
    const row = part("div", "rx-row", "");
    row.setAttribute("role", "status");
    row.append(...parts);
    el.replaceChildren(...(parts.length ? [row] : []), ...notes.map((note) => part("div", "rx-note-line", note)));
    el.hidden = !el.childNodes.length;
  };
  model.on("change:state", draw);
  draw();
  return () => model.off("change:state", draw);
}

export default { render };

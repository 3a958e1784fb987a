// A document, line by line. Texts are set as textContent; what leads somewhere is a button.

function render({ model, el }) {
  el.classList.add("rx-lines");
  el.dataset.lmSuppressShortcuts = "true";
  el.tabIndex = 0;
  const piece = ([text, look, link]) => {
    const element = document.createElement(link === null ? "span" : "button");
    if (look) element.className = `rx-${look}`;
    element.textContent = text;
    if (link !== null) {
      element.type = "button";
      element.classList.add("rx-link");
      element.addEventListener("click", () => model.send({ kind: "link", n: link }));
    }
    return element;
  };
  const draw = () => {
    el.replaceChildren(
      ...model.get("lines").map((pieces) => {
        const line = document.createElement("div");
        line.append(...pieces.map(piece));
        if (!line.textContent) line.append("\u00a0");
        return line;
      }),
    );
  };
  model.on("change:lines", draw);
  draw();
  return () => model.off("change:lines", draw);
}

export default { render };

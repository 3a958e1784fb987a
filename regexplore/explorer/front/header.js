// Back, forward, reload, and the crumbs of the way here. Texts are set as textContent.

function render({ model, el }) {
  el.classList.add("rx-header");
  el.dataset.lmSuppressShortcuts = "true";
  const button = (text, label, id, enabled) => {
    const element = document.createElement("button");
    element.type = "button";
    element.className = "rx-button";
    element.textContent = text;
    element.title = label;
    element.setAttribute("aria-label", label);
    element.disabled = !enabled;
    element.addEventListener("click", () => model.send({ kind: id }));
    return element;
  };
  const crumb = (label, n, last) => {
    const element = document.createElement(last ? "b" : "button");
    element.className = last ? "rx-here" : "rx-crumb";
    element.textContent = label;
    if (last) element.setAttribute("aria-current", "page");
    else {
      element.type = "button";
      element.addEventListener("click", () => model.send({ kind: "crumb", n }));
    }
    return element;
  };
  const draw = () => {
    const { crumbs, back, forward } = model.get("state");
    const nav = document.createElement("nav");
    nav.setAttribute("aria-label", "Where this is");
    crumbs.forEach((label, n) => {
      if (n) nav.append(Object.assign(document.createElement("span"), { textContent: "›", className: "rx-sep" }));
      nav.append(crumb(label, n, n === crumbs.length - 1));
    });
    el.replaceChildren(
      button("←", "Back", "back", back),
      button("→", "Forward", "forward", forward),
      button("↻", "Fetch again", "reload", true),
      nav,
    );
  };
  model.on("change:state", draw);
  draw();
  return () => model.off("change:state", draw);
}

export default { render };

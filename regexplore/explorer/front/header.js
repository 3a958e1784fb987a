// Back, forward, reload, the crumbs of the way here, and a box to go somewhere by name. Texts are set as textContent.

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
  const jump = document.createElement("input");
  jump.className = "rx-search rx-jump";
  jump.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !jump.value) return;
    model.send({ kind: "jump", text: jump.value });
    jump.value = "";
  });
  const draw = () => {
    const { crumbs, back, forward } = model.get("state");
    const nav = document.createElement("nav");
    nav.setAttribute("aria-label", "Where this is");
    crumbs.forEach((label, n) => {
      if (n) nav.append(Object.assign(document.createElement("span"), { textContent: "›", className: "rx-sep" }));
      nav.append(crumb(label, n, n === crumbs.length - 1));
    });
    jump.placeholder = model.get("state").jump;
    jump.setAttribute("aria-label", jump.placeholder);
    const typing = document.activeElement === jump;
    el.replaceChildren(
      button("←", "Back", "back", back),
      button("→", "Forward", "forward", forward),
      button("↻", "Fetch again", "reload", true),
      nav,
      jump,
    );
    if (typing) jump.focus();
  };
  model.on("change:state", draw);
  draw();
  return () => model.off("change:state", draw);
}

export default { render };

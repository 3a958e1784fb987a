// A row of tabs; arrow keys move along it.

function render({ model, el }) {
  el.classList.add("rx-tabs");
  el.dataset.lmSuppressShortcuts = "true";
  el.setAttribute("role", "tablist");
  const draw = () => {
    const { titles, open } = model.get("state");
    const held = el.contains(document.activeElement);
    el.replaceChildren(
      ...titles.map((title) => {
        const tab = document.createElement("button");
        tab.type = "button";
        tab.textContent = title;
        tab.setAttribute("role", "tab");
        tab.setAttribute("aria-selected", String(title === open));
        tab.tabIndex = title === open ? 0 : -1;
        tab.addEventListener("click", () => model.send({ kind: "tab", title }));
        return tab;
      }),
    );
    if (held) el.querySelector('[aria-selected="true"]')?.focus();
  };
  el.addEventListener("keydown", (event) => {
    const tabs = [...el.children];
    const at = tabs.indexOf(document.activeElement);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
    if (at < 0 || to === undefined) return;
    event.preventDefault();
    tabs[(to + tabs.length) % tabs.length].focus();
  });
  model.on("change:state", draw);
  draw();
  return () => model.off("change:state", draw);
}

export default { render };

// One of several: a label and a list.

function render({ model, el }) {
  el.classList.add("rx-choice");
  el.dataset.lmSuppressShortcuts = "true";
  const label = document.createElement("label");
  const select = document.createElement("select");
  select.addEventListener("change", () => model.send({ kind: "choose", n: select.selectedIndex }));
  const draw = () => {
    const { title, options, current } = model.get("state");
    label.textContent = `${title} `;
    select.replaceChildren(
      ...options.map((text) => Object.assign(document.createElement("option"), { textContent: text })),
    );
    select.selectedIndex = options.indexOf(current);
    label.append(select);
  };
  el.append(label);
  model.on("change:state", draw);
  draw();
  return () => model.off("change:state", draw);
}

export default { render };

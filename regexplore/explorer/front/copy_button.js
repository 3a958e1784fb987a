// A button that puts a text on the clipboard.

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Pages without a secure context have no clipboard of their own.
    const area = document.createElement("textarea");
    area.value = text;
    area.style.position = "fixed";
    area.style.opacity = "0";
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}

function render({ model, el }) {
  el.classList.add("rx-copy");
  el.dataset.lmSuppressShortcuts = "true";
  const button = document.createElement("button");
  button.type = "button";
  button.className = "rx-button";
  const draw = () => {
    button.textContent = model.get("label");
    button.title = model.get("text");
    button.disabled = !model.get("text");
  };
  button.addEventListener("click", async () => {
    button.textContent = (await copy(model.get("text"))) ? "Copied" : "Could not copy";
    setTimeout(draw, 1500);
  });
  el.append(button);
  model.on("change:label change:text", draw);
  draw();
  return () => model.off("change:label change:text", draw);
}

export default { render };

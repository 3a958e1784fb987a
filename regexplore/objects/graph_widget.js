// The clickable graph. Python lays out and fetches; this pans, zooms, searches and lights up.
// Every text from outside is set as textContent. Markup comes from Python alone, which builds it through its
// escaper: the SVG and the card.

const NATURAL = 4 / 3; // pixels a point
const READABLE = 0.95;
const STEP = 1.25;

const make = (name, className, text) => {
  const element = document.createElement(name);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
};

const button = (text, label, click) => {
  const element = make("button", "rx-graph-button", text);
  element.type = "button";
  element.title = label;
  element.setAttribute("aria-label", label);
  element.addEventListener("click", click);
  return element;
};

// ---- pan and zoom: a window into the drawing, in its own points ----

function lens(stage) {
  let svg = null;
  let whole = { width: 1, height: 1 };
  let view = { x: 0, y: 0, width: 1, height: 1 };

  const apply = () => svg?.setAttribute("viewBox", `${view.x} ${view.y} ${view.width} ${view.height}`);
  const size = () => ({ width: stage.clientWidth || 1, height: stage.clientHeight || 1 });
  let points = 1; // pixels a point has on the screen
  const scale = () => points;

  // Never so small or so large that nothing is seen.
  const clamp = (wanted) => Math.min(Math.max(wanted, 0.02), 12);

  const about = (x, y, wanted) => {
    const { width, height } = size();
    points = wanted;
    view = { x: x - width / wanted / 2, y: y - height / wanted / 2, width: width / wanted, height: height / wanted };
    apply();
  };

  return {
    load(drawing) {
      svg = drawing;
      const [, , width, height] = (svg.getAttribute("viewBox") || "0 0 1 1").split(" ").map(Number);
      whole = { width, height };
      svg.removeAttribute("style");
    },
    // At first: everything, if that can be read; else a readable part around where the graph begins.
    begin(element) {
      this.fit();
      const readable = Math.min(size().width / whole.width, READABLE);
      if (!element || scale() >= readable) return;
      const box = element.getBBox();
      const offset = element.ownerSVGElement.firstElementChild.transform.baseVal.consolidate().matrix;
      about(whole.width / 2, box.y + box.height / 2 + offset.f, readable);
    },
    fit() {
      const { width, height } = size();
      // Small drawings keep their natural size.
      const wanted = Math.min(width / whole.width, height / whole.height, NATURAL);
      about(whole.width / 2, whole.height / 2, wanted);
    },
    zoom(factor, clientX, clientY) {
      const box = stage.getBoundingClientRect();
      const fx = clientX === undefined ? 0.5 : (clientX - box.left) / box.width;
      const fy = clientY === undefined ? 0.5 : (clientY - box.top) / box.height;
      const before = view;
      const wanted = clamp(scale() * factor);
      points = wanted;
      const { width, height } = size();
      const next = { width: width / wanted, height: height / wanted };
      view = { ...next, x: before.x + fx * (before.width - next.width), y: before.y + fy * (before.height - next.height) };
      apply();
    },
    pan(dx, dy) {
      view = { ...view, x: view.x - dx / scale(), y: view.y - dy / scale() };
      apply();
    },
    resized() {
      about(view.x + view.width / 2, view.y + view.height / 2, scale());
    },
    // Bring an element into the window, in a size that can be read.
    show(element) {
      const box = element.getBoundingClientRect();
      const edge = stage.getBoundingClientRect();
      const inside = box.left >= edge.left && box.right <= edge.right && box.top >= edge.top && box.bottom <= edge.bottom;
      if (inside && scale() > 0.5) return;
      const x = view.x + ((box.left + box.right) / 2 - edge.left) / scale();
      const y = view.y + ((box.top + box.bottom) / 2 - edge.top) / scale();
      about(x, y, Math.max(scale(), 1));
    },
  };
}

// ---- what is lit and what is dimmed ----

function lights(stage) {
  let groups = new Map(); // name of a node -> its element
  let edges = []; // [element, from, to]
  let facts = {};
  let mode = ""; // "", "shared" or "signed"
  let wanted = "";

  const near = (name) => {
    const names = new Set([name]);
    for (const [, from, to] of edges) {
      if (from === name) names.add(to);
      if (to === name) names.add(from);
    }
    return names;
  };

  const mark = (lit, touched) => {
    for (const [name, element] of groups) element.classList.toggle("rx-dim", lit !== null && !lit.has(name));
    for (const [element, from, to] of edges)
      element.classList.toggle("rx-dim", lit !== null && !(touched ? touched(from, to) : lit.has(from) && lit.has(to)));
  };

  const matches = () => Object.keys(facts).filter((name) => {
    const fact = facts[name];
    if (mode && !fact[mode]) return false;
    return wanted.split(/\s+/).every((word) => fact.words.includes(word));
  });

  const rest = () => (wanted || mode ? mark(new Set(matches())) : mark(null));

  return {
    load(picture) {
      facts = picture.nodes;
      groups = new Map();
      for (const element of stage.querySelectorAll("g.rxg-n")) {
        const name = (element.id.match(/-(n\d+)$/) || [])[1];
        if (name && facts[name]) groups.set(name, element);
      }
      edges = [...stage.querySelectorAll("g.rxg-e")].map((element) => [element, ...(element.dataset.ends || " ").split(" ")]);
      rest();
    },
    groups: () => groups,
    hover(name) {
      name && groups.has(name) ? mark(near(name), (from, to) => from === name || to === name) : rest();
    },
    search(text) { wanted = text.trim().toLowerCase(); rest(); return this.found(); },
    highlight(what) { mode = what; rest(); return this.found(); },
    found: () => (wanted || mode ? matches() : null),
  };
}

// ---- the whole ----

function render({ model, el }) {
  el.classList.add("rx-graph");
  el.dataset.lmSuppressShortcuts = "true";
  const hides = make("style");
  const problem = make("div", "rx-graph-problem");
  problem.setAttribute("role", "alert");
  const stage = make("div", "rx-graph-stage");
  stage.tabIndex = 0;
  stage.setAttribute("role", "group");
  const side = make("div", "rx-graph-side");
  const card = make("div", "rx-graph-card");
  const status = make("span", "rx-graph-status");
  status.setAttribute("role", "status");
  const found = make("span", "rx-graph-found");
  const legend = make("div", "rx-graph-legend");
  const notes = make("div", "rx-graph-notes");

  const sight = lens(stage);
  const light = lights(stage);
  let focused = "";
  let own = "";
  let cleanups = [];

  // Whatever goes wrong here is shown here.
  const guarded = (work) => (...args) => {
    try {
      return work(...args);
    } catch (error) {
      own = String(error);
      drawProblem();
      return undefined;
    }
  };
  const listen = (target, name, work, options) => {
    const safe = guarded(work);
    target.addEventListener(name, safe, options);
    cleanups.push(() => target.removeEventListener(name, safe, options));
  };
  const follow = (name, work) => {
    const safe = guarded(work);
    model.on(name, safe);
    cleanups.push(() => model.off(name, safe));
  };
  const send = (kind, node) => model.send(node ? { kind, node, picture: model.get("picture").number } : { kind });
  const state = () => model.get("state") || {};
  const fact = (name) => (model.get("picture").nodes || {})[name] || {};

  const drawProblem = () => {
    const text = [state().problem, own].filter(Boolean).join(" · ");
    problem.textContent = text;
    problem.hidden = !text;
  };

  // ---- tool bar ----

  const bar = make("div", "rx-graph-bar");
  bar.setAttribute("role", "toolbar");
  const search = make("input", "rx-graph-search");
  search.type = "search";
  search.placeholder = "search: tag, digest, platform, type …";
  search.setAttribute("aria-label", "search nodes");
  const tellFound = (names) => {
    found.textContent = names === null ? "" : `${names.length} of ${Object.keys(model.get("picture").nodes).length} match`;
  };
  listen(search, "input", () => tellFound(light.search(search.value)));
  const toggles = ["shared", "signed"].map((what) => {
    const words = { shared: "what several documents contain", signed: "what signatures are about, as they declare; nothing is verified here" };
    const toggle = button(what, words[what], guarded(() => {
      const on = toggle.getAttribute("aria-pressed") !== "true";
      for (const other of toggles) other.setAttribute("aria-pressed", String(on && other === toggle));
      tellFound(light.highlight(on ? what : ""));
    }));
    toggle.setAttribute("aria-pressed", "false");
    return toggle;
  });
  const stop = button("Stop", "stop fetching", guarded(() => send("stop")));
  bar.append(
    search, found, ...toggles,
    button("−", "zoom out (-)", guarded(() => sight.zoom(1 / STEP))),
    button("+", "zoom in (+)", guarded(() => sight.zoom(STEP))),
    button("Fit", "show everything (0)", guarded(() => sight.fit())),
    button("Reset", "fold again what was opened, open what was collapsed", guarded(() => send("reset"))),
    stop, status,
  );

  // ---- the side: card of what was clicked ----

  const actions = make("div", "rx-graph-actions");
  const expand = button("Expand", "unfold, or fetch one step more (e)", guarded(() => send("expand", state().node)));
  const collapse = button("Collapse", "hide what hangs on it alone (c)", guarded(() => send("collapse", state().node)));
  const copy = button("Copy digest", "put the digest on the clipboard", guarded(() => copyText(state().digest)));
  const shut = button("×", "close (Esc)", guarded(() => send("clear")));
  actions.append(expand, collapse, copy, shut);
  side.append(actions, card);

  const copyText = (text) => {
    const done = (words) => { copy.textContent = words; setTimeout(() => { copy.textContent = "Copy digest"; }, 1500); };
    if (!navigator.clipboard) return done("no clipboard here");
    return navigator.clipboard.writeText(text).then(() => done("Copied"), () => done("Could not copy"));
  };

  // ---- the stage ----

  const nameOf = (target) => {
    const group = target instanceof Element ? target.closest("g.rxg-n") : null;
    return group ? (group.id.match(/-(n\d+)$/) || [])[1] || "" : "";
  };
  const focus = (name) => {
    const group = light.groups().get(name);
    if (!group) return;
    focused = name;
    sight.show(group);
    group.focus({ preventScroll: true });
  };

  let drag = null;
  let moved = false;
  listen(stage, "pointerdown", (event) => {
    drag = event.button === 0 ? { x: event.clientX, y: event.clientY } : null;
    moved = false;
  });
  listen(window, "pointermove", (event) => {
    if (!drag) return;
    const [dx, dy] = [event.clientX - drag.x, event.clientY - drag.y];
    if (!moved && Math.abs(dx) + Math.abs(dy) < 4) return;
    moved = true;
    stage.classList.add("rx-dragging");
    sight.pan(dx, dy);
    drag = { x: event.clientX, y: event.clientY };
  });
  listen(window, "pointerup", () => { drag = null; stage.classList.remove("rx-dragging"); });
  listen(stage, "click", (event) => {
    const name = nameOf(event.target);
    if (moved) return;
    if (name) { focused = name; send("select", name); }
    else if (event.target.closest("svg") || event.target === stage) stage.focus({ preventScroll: true });
  });
  listen(stage, "dblclick", (event) => {
    const name = nameOf(event.target);
    if (name) send(fact(name).collapsible && !fact(name).openable ? "collapse" : "expand", name);
  });
  // The wheel scrolls the page until the picture was clicked into, or with Ctrl.
  listen(stage, "wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey && !stage.contains(document.activeElement)) return;
    event.preventDefault();
    sight.zoom(Math.exp(-event.deltaY / 400), event.clientX, event.clientY);
  }, { passive: false });
  listen(stage, "pointerover", (event) => light.hover(drag ? "" : nameOf(event.target)));
  listen(stage, "pointerleave", () => light.hover(""));
  listen(stage, "focusin", (event) => {
    const name = nameOf(event.target);
    if (!name) return;
    focused = name;
    // Only for those who move by keyboard: a click need not dim the rest.
    if (event.target.matches(":focus-visible")) light.hover(name);
  });
  listen(stage, "focusout", () => light.hover(""));

  // The nearest node in a direction; what lies off to the side counts as farther.
  const neighbour = (dx, dy) => {
    const groups = light.groups();
    const from = (groups.get(focused) || groups.values().next().value)?.getBoundingClientRect();
    if (!from) return "";
    if (!groups.has(focused)) return groups.keys().next().value;
    const middle = (box) => [(box.left + box.right) / 2, (box.top + box.bottom) / 2];
    const [x, y] = middle(from);
    let best = ["", Infinity];
    for (const [name, element] of groups) {
      const [tx, ty] = middle(element.getBoundingClientRect());
      const ahead = (tx - x) * dx + (ty - y) * dy;
      const aside = Math.abs((tx - x) * dy) + Math.abs((ty - y) * dx);
      if (name !== focused && ahead > 1 && ahead + 2 * aside < best[1]) best = [name, ahead + 2 * aside];
    }
    return best[0];
  };
  const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  const keys = {
    Enter: () => focused && send("select", focused),
    " ": () => focused && send("select", focused),
    "+": () => sight.zoom(STEP),
    "=": () => sight.zoom(STEP),
    "-": () => sight.zoom(1 / STEP),
    0: () => sight.fit(),
    e: () => focused && send("expand", focused),
    c: () => focused && send("collapse", focused),
    Escape: () => send("clear"),
    "/": () => search.focus(),
  };
  listen(stage, "keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const arrow = arrows[event.key];
    if (arrow && event.shiftKey) sight.pan(-60 * arrow[0], -60 * arrow[1]);
    else if (arrow) focus(neighbour(...arrow));
    else if (keys[event.key]) keys[event.key]();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  listen(search, "keydown", (event) => {
    const first = event.key === "Enter" ? (light.found() || [])[0] : "";
    if (first) { focus(first); send("select", first); }
    if (event.key === "Escape") stage.focus();
  });

  // ---- drawing what Python tells ----

  const drawLegend = (entries) => {
    legend.replaceChildren(...entries.map((entry) => {
      const item = make("span", entry.fill === null ? "rx-graph-stroke rxg" : "rx-graph-swatch rxg");
      const sign = make("i");
      const outline = { bold: "solid" }[entry.outline] || entry.outline;
      sign.style.borderStyle = outline.includes("dashed") ? "dashed" : outline.includes("dotted") ? "dotted" : "solid";
      sign.style.borderColor = `var(--c${Number(entry.line)})`;
      if (entry.fill !== null) sign.style.background = `var(--c${Number(entry.fill)})`;
      item.append(sign, make("span", "", entry.word));
      return item;
    }));
  };

  const beginning = () => light.groups().get(model.get("picture").first);

  const drawPicture = (again) => {
    const picture = model.get("picture");
    if (!picture.nodes) return;
    hides.textContent = picture.hides;
    stage.setAttribute("aria-label", `graph of ${picture.title}: arrow keys move, Enter selects`);
    stage.replaceChildren();
    if (picture.svg) {
      stage.innerHTML = picture.svg;
      for (const group of stage.querySelectorAll("g.rxg-n")) {
        group.setAttribute("tabindex", "-1");
        group.setAttribute("role", "button");
        group.setAttribute("aria-label", fact((group.id.match(/-(n\d+)$/) || [])[1]).title || "node");
      }
      sight.load(stage.querySelector("svg"));
    } else {
      stage.append(make("p", "", picture.reason), make("pre", "", picture.text));
    }
    light.load(picture);
    if (stage.clientWidth) sight.begin(beginning());
    tellFound(light.found());
    drawLegend(picture.legend);
    notes.textContent = picture.notes.join(" · ");
    notes.hidden = !picture.notes.length;
    // Another layout: stay where the reader was looking.
    const name = state().node;
    if (again && name && light.groups().has(name)) focus(name);
  };

  const drawState = () => {
    const { node, card: markup, busy, status: words, digest } = state();
    drawProblem();
    status.textContent = words || "";
    stop.hidden = !busy;
    el.classList.toggle("rx-busy", Boolean(busy));
    side.hidden = !markup;
    card.innerHTML = markup || "";
    const known = fact(node);
    expand.disabled = busy || !node || !(known.openable || known.fetchable);
    collapse.disabled = busy || !node || !known.collapsible;
    copy.disabled = !digest;
    for (const [name, group] of light.groups()) group.classList.toggle("rx-chosen", name === node);
  };

  const body = make("div", "rx-graph-body");
  body.append(stage, side);
  el.append(hides, bar, problem, body, legend, notes);
  follow("change:picture", () => { drawPicture(true); drawState(); });
  follow("change:state", drawState);
  guarded(() => { drawPicture(false); drawState(); })();

  // The stage has no size before it is on the page.
  let sized = false;
  const watch = new ResizeObserver(guarded(() => {
    if (!stage.clientWidth) return;
    if (!sized) sight.begin(beginning());
    else {
      sight.resized();
      // The side took room: what was clicked stays in sight.
      const chosen = light.groups().get(state().node);
      if (chosen) sight.show(chosen);
    }
    sized = true;
  }));
  watch.observe(stage);
  return () => {
    watch.disconnect();
    for (const clean of cleanups) clean();
    cleanups = [];
  };
}

export default { render };

// A table of one window of rows. Every text comes from outside and is only ever set as textContent.

const LONG = 22;

const make = (name, className, text) => {
  const element = document.createElement(name);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
};

const button = (text, label, click) => {
  const element = make("button", "rx-button", text);
  element.type = "button";
  if (label) element.setAttribute("aria-label", label);
  element.addEventListener("click", click);
  return element;
};

function heading(column, state, send) {
  const cell = make("th", column.numeric ? "rx-right" : "");
  cell.scope = "col";
  if (!state.sortable) {
    cell.textContent = column.name;
    return cell;
  }
  const sorted = state.sort === column.name;
  cell.setAttribute("aria-sort", sorted ? (state.descending ? "descending" : "ascending") : "none");
  const mark = sorted ? (state.descending ? " ▾" : " ▴") : "";
  cell.append(button(column.name + mark, `sort by ${column.name}`, () => send({ kind: "sort", column: column.name })));
  return cell;
}

function line(row, state, send) {
  const element = make("tr", [row.open ? "rx-open" : "", row.marked ? "rx-marked" : ""].join(" ").trim());
  row.cells.forEach(([text, title, look], n) => {
    // Long words may break anywhere, so that no column is pushed out of sight; short ones never do.
    const names = [look ? `rx-${look}` : "", state.columns[n].numeric ? "rx-right" : "", text.length > LONG ? "rx-long" : "rx-brief"];
    const cell = make("td", names.join(" ").trim(), text);
    if (title) cell.title = title;
    element.append(cell);
  });
  if (row.open) {
    element.tabIndex = row.marked ? 0 : -1;
    element.setAttribute("role", "button");
    if (row.marked) element.setAttribute("aria-current", "true");
    element.addEventListener("click", () => send({ kind: "open", row: row.n }));
  }
  return element;
}

// Up, down, home and end move over the rows that lead somewhere; enter and space open one.
function keys(event, body, send) {
  const rows = [...body.querySelectorAll("tr.rx-open")];
  const at = rows.indexOf(document.activeElement);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[event.key];
  if (to !== undefined && rows.length) {
    rows[Math.min(Math.max(to, 0), rows.length - 1)].focus();
    event.preventDefault();
  } else if ((event.key === "Enter" || event.key === " ") && at >= 0) {
    rows[at].click();
    event.preventDefault();
  }
}

function footer(state, send) {
  const foot = make("div", "rx-foot");
  if (state.stop < state.total || state.start > 0) {
    const before = button("‹", "earlier rows", () => send({ kind: "page", start: state.start - state.page }));
    const after = button("›", "later rows", () => send({ kind: "page", start: state.start + state.page }));
    before.disabled = state.start === 0;
    after.disabled = state.stop >= state.total;
    const shown = `${(state.start + 1).toLocaleString("en")}–${state.stop.toLocaleString("en")} of ${state.total.toLocaleString("en")}`;
    foot.append(before, make("span", "rx-window", shown), after);
  }
  if (state.wanted) foot.append(make("span", "rx-matches", `${state.total.toLocaleString("en")} of ${state.all.toLocaleString("en")} match`));
  if (state.busy) foot.append(make("span", "rx-busy", state.busy));
  for (const action of state.actions) foot.append(button(action.label, "", () => send({ kind: "action", id: action.id })));
  return foot;
}

function render({ model, el }) {
  el.classList.add("rx-table-view");
  el.dataset.lmSuppressShortcuts = "true";
  const send = (message) => model.send(message);
  const head = make("div", "rx-table-head");
  const search = make("input", "rx-search");
  search.type = "search";
  search.addEventListener("input", () => send({ kind: "filter", text: search.value }));
  const problem = make("div", "rx-problem");
  problem.setAttribute("role", "alert");
  const scroll = make("div", "rx-scroll");
  const table = make("table", "rx-grid");
  scroll.append(table);
  const below = make("div");
  el.append(head, search, problem, scroll, below);

  const draw = () => {
    const state = model.get("state");
    if (!state.columns) return;
    const focused = [...table.querySelectorAll("tbody tr")].indexOf(document.activeElement);
    head.replaceChildren(make("b", "", state.title), make("small", "", state.note));
    head.hidden = !state.title && !state.note;
    search.hidden = !state.filter;
    search.placeholder = state.filter;
    search.setAttribute("aria-label", state.filter);
    if (document.activeElement !== search) search.value = state.wanted;
    problem.hidden = !state.problem.length;
    problem.replaceChildren(...state.problem.map((text) => make("div", "", text)));
    const headings = make("tr");
    headings.append(...state.columns.map((column) => heading(column, state, send)));
    const thead = make("thead");
    thead.hidden = !state.sortable && state.columns.length === 1;
    thead.append(headings);
    const tbody = make("tbody");
    tbody.append(...state.rows.map((row) => line(row, state, send)));
    if (!tbody.querySelector('tr[tabindex="0"]')) {
      const first = tbody.querySelector("tr.rx-open");
      if (first) first.tabIndex = 0;
    }
    tbody.addEventListener("keydown", (event) => keys(event, tbody, send));
    table.replaceChildren(thead, tbody);
    scroll.hidden = !state.rows.length;
    if (focused >= 0 && tbody.rows[focused]?.tabIndex !== undefined) tbody.rows[focused].focus();
    below.replaceChildren(footer(state, send));
  };
  model.on("change:state", draw);
  draw();
  return () => model.off("change:state", draw);
}

export default { render };

// The table: TanStack sorts and filters, TanStack Virtual says which rows are seen, here they are drawn.

import { createTable, getCoreRowModel, getFilteredRowModel, getSortedRowModel } from "@tanstack/table-core";
import { elementScroll, observeElementOffset, observeElementRect, Virtualizer } from "@tanstack/virtual-core";
import { foreign, make } from "./dom.js";
import { integer, number, t } from "./words.js";

const ROW = 34;
const NARROW = 700;

export class WordTable {
  constructor(grid, data, decisions, moved) {
    this.grid = grid;
    this.data = data;
    this.decisions = decisions;
    this.moved = moved;
    this.active = -1; // place in the list shown
    this.anchor = -1;
    this.selected = new Set(); // rows
    this.filter = null;
    this.state = { sorting: [], globalFilter: undefined, columnPinning: {} };
    const indices = data.rows.word.map((_, row) => row);
    const options = {
      data: indices,
      columns: data.columns.map((column) => this.definition(column)),
      getCoreRowModel: getCoreRowModel(),
      getSortedRowModel: getSortedRowModel(),
      getFilteredRowModel: getFilteredRowModel(),
      globalFilterFn: (row, _, passes) => passes(row.original),
      getColumnCanGlobalFilter: () => true,
      renderFallbackValue: null,
      onStateChange: () => {},
      state: this.state,
    };
    this.model = createTable(options);
    this.model.setOptions((previous) => ({ ...previous, state: { ...this.model.initialState, ...this.state } }));
    this.build();
  }

  definition({ key, type }) {
    const values = this.data.rows[key];
    const read = key === "decision" ? (row) => this.decisions.of(row) : (row) => values[row];
    const text = type === "text";
    return {
      id: key,
      accessorFn: read,
      sortDescFirst: !text,
      sortUndefined: "last",
      sortingFn: (a, b) => {
        const [x, y] = [read(a.original), read(b.original)];
        if (text) return x < y ? -1 : x > y ? 1 : 0;
        return (x ?? -Infinity) - (y ?? -Infinity) || 0;
      },
    };
  }

  put(state) {
    Object.assign(this.state, state);
    this.model.setOptions((previous) => ({ ...previous, state: { ...previous.state, ...this.state } }));
  }

  columns() {
    const narrow = window.innerWidth < NARROW;
    return this.data.columns.filter((column) => column.table && (!narrow || column.narrow));
  }

  // --- drawing -------------------------------------------------------------------------

  build() {
    this.head = make("div", { role: "row", class: "row head-row", "aria-rowindex": "1" });
    this.body = make("div", { role: "rowgroup", class: "body" });
    this.grid.append(make("div", { role: "rowgroup", class: "head" }, this.head), this.body);
    this.virtual = new Virtualizer({
      count: 0,
      getScrollElement: () => this.grid,
      estimateSize: () => ROW,
      overscan: 12,
      scrollMargin: ROW, // the head stands above the first row
      scrollPaddingStart: ROW,
      observeElementRect,
      observeElementOffset,
      scrollToFn: elementScroll,
      onChange: () => this.draw(),
    });
    this.virtual._didMount();
    this.grid.addEventListener("keydown", (event) => this.key(event));
    this.body.addEventListener("click", (event) => this.clicked(event));
    this.refresh();
  }

  // After another sort, filter, language or width.
  refresh() {
    const before = this.row();
    const follow = this.list && this.selected.size <= 1;
    this.list = this.model.getSortedRowModel().rows.map((row) => row.original);
    this.place = new Map(this.list.map((row, at) => [row, at]));
    // A row that is gone leaves its place to the next one.
    const stay = Math.min(Math.max(this.active, 0), this.list.length - 1);
    this.active = this.place.has(before) ? this.place.get(before) : stay;
    this.anchor = this.active;
    for (const row of this.selected) if (!this.place.has(row)) this.selected.delete(row);
    if (follow) this.selected.clear();
    if (!this.selected.size && this.active >= 0) this.selected.add(this.list[this.active]);
    this.lines = new Map(); // row -> what is drawn of it, as long as nothing else is to be shown
    const columns = this.columns();
    this.grid.style.setProperty("--columns", columns.map((c) => c.width).join(" "));
    this.grid.setAttribute("aria-rowcount", String(this.list.length + 1));
    this.grid.setAttribute("aria-colcount", String(columns.length));
    this.grid.setAttribute("aria-label", t("table"));
    this.heads(columns);
    this.virtual.setOptions({ ...this.virtual.options, count: this.list.length });
    this.virtual._willUpdate();
    this.virtual.measure();
    this.draw();
    this.moved();
  }

  heads(columns) {
    const focused = document.activeElement?.dataset?.column;
    const sorted = this.state.sorting[0];
    this.head.replaceChildren(...columns.map(({ key, type }) => {
      const mine = sorted && sorted.id === key;
      const direction = mine ? (sorted.desc ? "descending" : "ascending") : "none";
      const sign = mine ? (sorted.desc ? " ▼" : " ▲") : "";
      const button = make("button", { type: "button", "data-column": key, onclick: () => this.sort(key, type) },
        t(key), make("span", { "aria-hidden": "true" }, sign));
      const cell = make("div", { role: "columnheader", "aria-sort": direction, class: `cell ${type}` }, button);
      if (focused === key) setTimeout(() => button.focus());
      return cell;
    }));
  }

  sort(key, type) {
    const sorted = this.state.sorting[0];
    const first = type !== "text";
    if (!sorted || sorted.id !== key) this.put({ sorting: [{ id: key, desc: first }] });
    else if (sorted.desc === first) this.put({ sorting: [{ id: key, desc: !first }] });
    else this.put({ sorting: [] });
    this.refresh();
    this.grid.scrollTop = 0;
  }

  narrowTo(passes) {
    this.put({ globalFilter: passes || undefined });
    this.refresh();
  }

  draw() {
    const columns = this.columns();
    this.body.style.height = `${this.virtual.getTotalSize()}px`;
    const rows = this.virtual.getVirtualItems().filter((item) => item.index < this.list.length);
    this.placeLines(rows.map((item) => this.lineOf(item, columns)));
    if (!this.list.length) {
      this.body.replaceChildren(make("div", { role: "row", class: "row empty" }, make("div", { role: "gridcell", class: "cell" }, t("none_shown"))));
    }
    const drawn = rows.some((item) => item.index === this.active);
    if (drawn) this.grid.setAttribute("aria-activedescendant", `row-${this.list[this.active]}`);
    else this.grid.removeAttribute("aria-activedescendant");
  }

  // Lines that are there already stay: most of what a scroll shows.
  placeLines(lines) {
    const kept = new Set(lines);
    for (const line of [...this.body.children]) if (!kept.has(line)) line.remove();
    let next = this.body.firstChild;
    for (const line of lines) {
      if (line === next) next = next.nextSibling;
      else this.body.insertBefore(line, next);
    }
  }

  lineOf(item, columns) {
    const row = this.list[item.index];
    const state = [item.index, item.start, item.index === this.active, this.selected.has(row), this.decisions.of(row)].join();
    const known = this.lines.get(row);
    if (known && known.state === state) return known.line;
    const line = this.line(item, columns);
    if (this.lines.size > 500) this.lines.clear();
    this.lines.set(row, { state, line });
    return line;
  }

  line(item, columns) {
    const row = this.list[item.index];
    const decision = this.decisions.of(row);
    const classes = ["row", decision, item.index === this.active ? "active" : "", this.selected.has(row) ? "selected" : ""];
    return make("div", {
      role: "row", id: `row-${row}`, class: classes.filter(Boolean).join(" "), "data-at": String(item.index),
      "aria-rowindex": String(item.index + 2), "aria-selected": String(this.selected.has(row)),
      style: { transform: `translateY(${item.start - ROW}px)` },
    }, ...columns.map((column) => this.cell(column, row)));
  }

  cell({ key, type, digits }, row) {
    const value = key === "decision" ? this.decisions.of(row) : this.data.rows[key][row];
    const properties = { role: "gridcell", class: `cell ${type} ${key}` };
    if (key === "decision") {
      const sign = { accepted: "✓ ", rejected: "✗ ", "": "" }[value];
      return make("div", properties, sign + (value ? t(value) : ""));
    }
    if (type === "text") return make("div", properties, foreign(String(value ?? "")));
    if (type === "flag") return make("div", properties, value === null ? "–" : key === "known" ? t(value ? "known" : "new") : value ? t("yes") : "");
    return make("div", properties, type === "int" ? (value === null ? "–" : integer(value)) : number(value, digits));
  }

  // --- moving, selecting, deciding -----------------------------------------------------

  row() { return this.list && this.active >= 0 ? this.list[this.active] : -1; }

  move(to, extend = false) {
    if (!this.list.length) return;
    this.active = Math.max(0, Math.min(this.list.length - 1, to));
    if (!extend) this.anchor = this.active;
    const [low, high] = [Math.min(this.anchor, this.active), Math.max(this.anchor, this.active)];
    this.selected = new Set(this.list.slice(low, high + 1));
    this.virtual.scrollToIndex(this.active, { align: "auto" });
    this.draw();
    this.moved();
  }

  show(row) {
    if (this.place.has(row)) this.move(this.place.get(row));
  }

  decide(decision) {
    const rows = [...this.selected];
    if (!rows.length) return;
    const one = rows.length === 1;
    const at = this.active;
    this.decisions.decide(rows, decision);
    // With a filter for undecided words the row is gone, and the next one stands in its place.
    if (one && this.list[at] === rows[0]) this.move(at + 1);
    else if (one) this.move(at);
  }

  clicked(event) {
    const line = event.target.closest("[data-at]");
    if (!line) return;
    const at = Number(line.dataset.at);
    if (event.ctrlKey || event.metaKey) {
      const row = this.list[at];
      if (this.selected.has(row)) this.selected.delete(row);
      else this.selected.add(row);
      this.active = this.anchor = at;
      this.draw();
      this.moved();
    } else this.move(at, event.shiftKey);
    this.grid.focus({ preventScroll: true });
  }

  key(event) {
    if (event.target !== event.currentTarget || event.altKey) return;
    const page = Math.max(1, Math.floor(this.grid.clientHeight / ROW) - 2);
    const steps = { ArrowDown: 1, ArrowUp: -1, j: 1, k: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
    const command = event.ctrlKey || event.metaKey;
    const decision = { a: "accepted", r: "rejected", u: "" }[event.key.toLowerCase()];
    if (command && event.key.toLowerCase() === "a") {
      this.selected = new Set(this.list);
      this.draw();
      this.moved();
    } else if (event.key.toLowerCase() === "z") this.show(this.decisions.undo());
    else if (command) return;
    else if (event.key in steps) {
      const to = this.active + steps[event.key];
      this.move(to === -Infinity ? 0 : to === Infinity ? this.list.length - 1 : to, event.shiftKey);
    } else if (event.key === "Escape") this.move(this.active);
    else if (decision !== undefined) this.decide(decision);
    else return;
    event.preventDefault();
  }
}

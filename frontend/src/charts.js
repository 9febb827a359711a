// The plots, drawn by uPlot when they come into view; the lines of the thresholds are dragged over one of them.

import uPlot from "uplot";
import { byId, foreign, make } from "./dom.js";
import { integer, t } from "./words.js";

const HEIGHT = 260;
const MOST_CURVES = 8;
const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const none = () => null;
const powers = (_, splits) => splits.map((split) => (Number.isInteger(Math.log10(split)) ? split : null));

// Large numbers in few characters, as the language of the page writes them.
const brief = (n) => (n >= 10000 ? new Intl.NumberFormat(document.documentElement.lang, { notation: "compact" }).format(n) : integer(n));

export function histogram(values, bins) {
  const known = values.filter((value) => value !== null && value !== undefined);
  if (!known.length) return null;
  const low = known.reduce((a, b) => Math.min(a, b), Infinity);
  const high = known.reduce((a, b) => Math.max(a, b), -Infinity);
  const width = (high - low) / bins || 1;
  const counts = new Array(bins).fill(0);
  for (const value of known) counts[Math.min(bins - 1, Math.floor((value - low) / width))] += 1;
  return [counts.map((_, i) => low + (i + 0.5) * width), counts];
}

export const entropyOf = (data, row) => {
  const [left, right] = [data.rows.left_entropy[row], data.rows.right_entropy[row]];
  return left === null || right === null ? null : Math.min(left, right);
};

export class Charts {
  // act: { show(row), threshold(name, value) }
  constructor(holder, data, decisions, act) {
    Object.assign(this, { holder, data, decisions, act, drawn: new Map(), selected: [] });
    this.thresholds = { pmi: null, entropy: null };
    this.seen = new IntersectionObserver((entries) => {
      for (const entry of entries) if (entry.isIntersecting) this.draw(entry.target.dataset.chart);
    }, { rootMargin: "200px" });
    this.wide = new ResizeObserver(() => this.resize());
    this.wide.observe(holder);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.rebuild());
    this.rebuild();
  }

  plots() {
    const { rows, growth, slices } = this.data;
    const lengths = this.lengths();
    return {
      cloud: { data: this.cloud(), x: t("cloud_x"), y: t("cloud_y"), title: t("cloud") },
      rank: { data: this.ranks(), x: t("rank_x"), y: t("rank_y"), title: t("rank"), log: true },
      scores: { data: histogram(rows.score || rows.log_odds || [], 40), bars: true, title: t("scores"),
        x: t(rows.score ? "score" : "log_odds"), y: t("words_axis") },
      lengths: { data: lengths, bars: true, title: t("lengths"), x: t("length_x"), y: t("words_axis") },
      growth: { data: growth[0].length > 1 ? growth : null, title: t("growth"), x: t("growth_x"), y: t("growth_y") },
      curves: { data: slices ? [slices.names.map((_, i) => i)] : null, title: t("curves"), x: t("curves_x"), y: t("curves_y") },
    };
  }

  cloud() {
    const { pmi } = this.data.rows;
    const found = pmi.map((x, row) => [x, entropyOf(this.data, row), row]).filter(([x, y]) => x !== null && y !== null);
    if (!found.length) return null;
    found.sort((a, b) => a[0] - b[0]);
    this.points = found.map((point) => point[2]);
    const known = this.data.rows.known;
    const is = (row) => Boolean(known && known[row]);
    return [found.map((p) => p[0]), found.map((p) => (is(p[2]) ? p[1] : null)), found.map((p) => (is(p[2]) ? null : p[1]))];
  }

  ranks() {
    const counts = this.data.rows.count.filter((count) => count > 0).sort((a, b) => b - a);
    return counts.length > 1 ? [counts.map((_, i) => i + 1), counts] : null;
  }

  lengths() {
    const counts = [];
    for (const length of this.data.rows.length) counts[length] = (counts[length] || 0) + 1;
    const all = counts.map((count, length) => [length, count || 0]).filter(([length, count]) => length && count);
    return all.length ? [all.map((pair) => pair[0]), all.map((pair) => pair[1])] : null;
  }

  rebuild() {
    for (const { plot } of this.drawn.values()) plot.destroy();
    this.drawn.clear();
    this.seen.disconnect();
    const figures = Object.entries(this.plots()).filter(([, plot]) => plot.data).map(([name, plot]) => {
      const figure = make("figure", { "data-chart": name, class: name }, make("figcaption", {}, plot.title), make("div", { class: "plot" }));
      if (name === "cloud") figure.append(this.data.rows.known ? this.legend() : "", make("div", { class: "tip", hidden: "" }));
      if (name === "curves") figure.append(make("div", { class: "legend" }));
      return figure;
    });
    this.holder.replaceChildren(...figures);
    for (const figure of figures) this.seen.observe(figure);
  }

  legend() {
    return make("div", { class: "legend" }, ...["known", "new"].map((name) =>
      make("span", {}, make("i", { class: `dot ${name}` }), t(name))));
  }

  draw(name) {
    if (this.drawn.has(name)) return;
    const figure = this.holder.querySelector(`[data-chart="${name}"]`);
    const about = this.plots()[name];
    const data = name === "curves" ? this.curveData() : about.data;
    const place = figure.querySelector(".plot");
    const plot = new uPlot(this.options(name, about, place.clientWidth), data, place);
    const xs = data[0];
    place.setAttribute("role", name === "cloud" ? "group" : "img");
    place.setAttribute("aria-label", t("chart_says", {
      name: about.title, x: about.x, y: about.y, n: integer(xs.length),
      low: brief(Math.round(xs[0] * 100) / 100), high: brief(Math.round(xs[xs.length - 1] * 100) / 100),
    }));
    this.drawn.set(name, { plot, place });
    if (name === "cloud") this.lines(plot, figure);
  }

  options(name, { x, y, log, bars }, width) {
    const [ink, line, faint] = [color("--ink"), color("--accent"), color("--line")];
    const axis = (label, more = {}) => ({
      label, stroke: ink, labelSize: 22, labelFont: "12px sans-serif", font: "12px sans-serif",
      grid: { stroke: faint, width: 1, ...(log ? { filter: powers } : {}) }, ticks: { stroke: faint, width: 1, ...(log ? { filter: powers } : {}) },
      values: (_, ticks) => ticks.map((tick) => (tick === null ? "" : brief(tick))), ...more,
    });
    const scale = log ? { distr: 3 } : {};
    let series = [{ stroke: line, width: 2, points: { show: false } }];
    if (bars) series = [{ stroke: line, fill: line, width: 0, paths: uPlot.paths.bars({ size: [0.8, 60] }), points: { show: false } }];
    if (name === "cloud") {
      series = ["--known", "--fresh"].map((tone) => ({
        stroke: color(tone), width: 0, paths: none, points: { show: true, size: 4, width: 0, fill: color(tone) },
      }));
    }
    if (name === "curves") series = this.curveSeries();
    const names = name === "curves" ? this.data.slices.names : null;
    return {
      width, height: HEIGHT, legend: { show: false },
      cursor: { show: name !== "cloud", drag: { x: false, y: false }, points: { show: name !== "scores" && name !== "lengths" } },
      scales: {
        x: { time: false, ...scale, ...(name === "lengths" ? { range: (_, low, high) => [low - 0.7, high + 0.7] } : {}) },
        y: { ...scale, ...(bars || name === "growth" || names ? { range: (_, low, high) => [0, high * 1.05 || 1] } : {}) },
      },
      axes: [
        axis(x, names ? { splits: () => names.map((_, i) => i), values: (_, ticks) => ticks.map((tick) => shortName(names[tick])) }
          : name === "lengths" ? { incrs: [1, 2, 5] } : {}),
        axis(y, { size: 58 }),
      ],
      series: [{}, ...series],
    };
  }

  resize() {
    for (const { plot, place } of this.drawn.values()) {
      if (place.clientWidth && place.clientWidth !== plot.width) plot.setSize({ width: place.clientWidth, height: HEIGHT });
    }
  }

  // --- thresholds ----------------------------------------------------------------------

  lines(plot, figure) {
    const over = plot.over;
    const tip = figure.querySelector(".tip");
    const handles = { pmi: this.handle(plot, "pmi", "x"), entropy: this.handle(plot, "entropy", "y") };
    this.placeLines = () => {
      for (const [name, { element, axis }] of Object.entries(handles)) {
        const { min, max } = plot.scales[axis];
        const value = Math.min(max, Math.max(min, this.thresholds[name] ?? min));
        const at = plot.valToPos(value, axis);
        element.style.setProperty(axis === "x" ? "left" : "top", `${at}px`);
        element.setAttribute("aria-valuemin", min.toFixed(2));
        element.setAttribute("aria-valuemax", max.toFixed(2));
        element.setAttribute("aria-valuenow", value.toFixed(2));
        element.firstChild.textContent = value.toFixed(2);
      }
    };
    plot.hooks.draw = [...(plot.hooks.draw || []), this.placeLines];
    setTimeout(this.placeLines);
    const nearest = (event) => {
      const box = over.getBoundingClientRect();
      const [x, y] = [event.clientX - box.left, event.clientY - box.top];
      let [best, distance] = [-1, 15 * 15];
      plot.data[0].forEach((pmi, i) => {
        const dx = plot.valToPos(pmi, "x") - x;
        if (Math.abs(dx) > 15) return;
        const dy = plot.valToPos(plot.data[1][i] ?? plot.data[2][i], "y") - y;
        if (dx * dx + dy * dy < distance) [best, distance] = [i, dx * dx + dy * dy];
      });
      return best;
    };
    over.addEventListener("pointermove", (event) => {
      const at = nearest(event);
      tip.hidden = at < 0;
      if (at < 0) return;
      tip.replaceChildren(foreign(this.data.rows.word[this.points[at]]));
      const box = figure.getBoundingClientRect();
      tip.style.left = `${event.clientX - box.left + 12}px`;
      tip.style.top = `${event.clientY - box.top + 12}px`;
    });
    over.addEventListener("pointerleave", () => { tip.hidden = true; });
    over.addEventListener("click", (event) => {
      const at = nearest(event);
      if (at >= 0 && !event.target.closest("[role=slider]")) this.act.show(this.points[at]);
    });
  }

  handle(plot, name, axis) {
    const element = make("div", {
      role: "slider", tabindex: "0", class: `threshold ${axis}`, "data-threshold": name,
      "aria-label": t(`least_${name}`), "aria-orientation": axis === "x" ? "horizontal" : "vertical",
    }, make("span", {}));
    const set = (value) => {
      const { min, max } = plot.scales[axis];
      this.act.threshold(name, value <= min ? null : Math.min(max, value));
    };
    element.addEventListener("pointerdown", (event) => {
      element.setPointerCapture(event.pointerId);
      event.preventDefault();
      element.focus();
    });
    element.addEventListener("pointermove", (event) => {
      if (!element.hasPointerCapture(event.pointerId)) return;
      const box = plot.over.getBoundingClientRect();
      set(plot.posToVal(axis === "x" ? event.clientX - box.left : event.clientY - box.top, axis));
    });
    element.addEventListener("keydown", (event) => {
      const { min, max } = plot.scales[axis];
      const step = { ArrowRight: 0.1, ArrowUp: 0.1, ArrowLeft: -0.1, ArrowDown: -0.1, PageUp: 1, PageDown: -1 }[event.key];
      if (event.key === "Home") set(min);
      else if (event.key === "End") set(max);
      else if (step) set((this.thresholds[name] ?? min) + step);
      else return;
      event.preventDefault();
    });
    plot.over.append(element);
    return { element, axis };
  }

  setThreshold(name, value) {
    this.thresholds[name] = value;
    if (this.drawn.has("cloud")) this.placeLines();
  }

  // --- growth of the selected words ----------------------------------------------------

  curveData() {
    const { slices } = this.data;
    return [slices.names.map((_, i) => i), ...this.selected.map((row) =>
      slices.symbols.map((symbols, i) => (symbols ? (slices.counts[row][i] / symbols) * 1e6 : 0)))];
  }

  curveSeries() {
    return this.selected.map((_, i) => ({
      stroke: color(`--curve-${i % MOST_CURVES}`), width: 2, points: { show: true, size: 6 },
      dash: i % 2 ? [6, 4] : undefined,
    }));
  }

  select(rows) {
    this.selected = rows.slice(0, MOST_CURVES);
    const figure = byId("charts").querySelector('[data-chart="curves"]');
    if (!figure) return;
    figure.querySelector(".legend").replaceChildren(...this.selected.map((row, i) =>
      make("span", {}, make("i", { class: "dash", style: { "border-top-color": `var(--curve-${i % MOST_CURVES})`, "border-top-style": i % 2 ? "dashed" : "solid" } }), foreign(this.data.rows.word[row]))));
    if (!this.drawn.has("curves")) return;
    this.drawn.get("curves").plot.destroy();
    this.drawn.delete("curves");
    this.draw("curves");
  }
}

const shortName = (name) => (name === undefined ? "" : name.length > 12 ? `…${name.slice(-11)}` : name);


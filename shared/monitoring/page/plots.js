import uPlot from './uplot.js';
import { setText } from './dom.js';
import { counted, greatest, measured } from './words.js';

/**
 * @typedef {import('./words.js').Series} Series
 * @typedef {{ column: string, label: string, format: (value: number | null | undefined) => string }} Line
 * @typedef {{ title: string, unit: string, lines: Line[], atLeast: number }} PlotSpec
 */

const SPAN_S = 600;
const HEIGHT_PX = 136;
/** Solid, dashed, dotted: lines are told apart without their colours. @type {number[][]} */
const dashes = [[], [6, 3], [1.5, 3]];

/** The plots of each service. @type {Record<'ingest' | 'delivery' | 'push', PlotSpec[]>} */
export const plotsOf = {
  ingest: [
    {
      title: 'Events',
      unit: 'per second',
      atLeast: 2,
      lines: [
        { column: 'accepted_per_second', label: 'accepted', format: measured },
        { column: 'refused_per_second', label: 'refused', format: measured },
      ],
    },
    {
      title: 'Confirm by the broker',
      unit: 'ms',
      atLeast: 10,
      lines: [
        { column: 'confirm_p50_ms', label: 'half within', format: measured },
        { column: 'confirm_p99_ms', label: '99 % within', format: measured },
      ],
    },
    {
      title: 'Not confirmed yet',
      unit: 'messages',
      atLeast: 10,
      lines: [{ column: 'unconfirmed', label: 'unconfirmed', format: counted }],
    },
    {
      title: 'Queues',
      unit: 'messages',
      atLeast: 10,
      lines: [
        { column: 'inbox', label: 'inbox', format: counted },
        { column: 'rejected', label: 'rejected', format: counted },
      ],
    },
  ],
  push: [
    {
      title: 'People woken',
      unit: 'per second',
      atLeast: 2,
      lines: [
        { column: 'pushed_per_second', label: 'pushed', format: measured },
        { column: 'failed_per_second', label: 'not woken', format: measured },
      ],
    },
    {
      title: 'Events under way',
      unit: 'events',
      atLeast: 10,
      lines: [{ column: 'under_way', label: 'under way', format: counted }],
    },
    {
      title: 'Devices',
      unit: 'devices',
      atLeast: 10,
      lines: [{ column: 'devices', label: 'registered', format: counted }],
    },
  ],
  delivery: [
    {
      title: 'Events',
      unit: 'per second',
      atLeast: 2,
      lines: [{ column: 'events_per_second', label: 'fanned out', format: measured }],
    },
    {
      title: 'From ingest to the socket',
      unit: 'ms',
      atLeast: 10,
      lines: [
        { column: 'latency_p50_ms', label: 'half within', format: measured },
        { column: 'latency_p99_ms', label: '99 % within', format: measured },
      ],
    },
    {
      title: 'Queues',
      unit: 'messages',
      atLeast: 10,
      lines: [
        { column: 'own_queue', label: 'own queue', format: counted },
        { column: 'inbox', label: 'inbox', format: counted },
        { column: 'rejected', label: 'rejected', format: counted },
      ],
    },
    {
      title: 'Sessions',
      unit: 'connected',
      atLeast: 5,
      lines: [{ column: 'sessions', label: 'sessions', format: counted }],
    },
  ],
};

/** A plot with the table that says the same in figures: its legend, and its text for whoever cannot see it. */
export class Plot {
  /** @type {uPlot | undefined} */
  #plot;
  /** @type {Series} */
  #series = { at_ms: [], columns: {} };
  #nowMs = 0;
  #canvas = document.createElement('div');
  /** @type {{ now: HTMLElement, peak: HTMLElement }[]} */
  #cells = [];
  #nowHead = head('now');

  /** @param {PlotSpec} spec */
  constructor(spec) {
    this.spec = spec;
    this.figure = document.createElement('figure');
    const caption = document.createElement('figcaption');
    const unit = document.createElement('span');
    unit.textContent = ` ${spec.unit}`;
    caption.append(spec.title, unit);
    this.#canvas.className = 'canvas';
    this.#canvas.ariaHidden = 'true';
    this.figure.append(caption, this.#canvas, this.#table());
    new ResizeObserver(() => this.#resize()).observe(this.#canvas);
  }

  /** @param {Series} series @param {number} nowMs */
  update(series, nowMs) {
    this.#series = series;
    this.#nowMs = nowMs;
    this.#plot?.setData(this.#data());
    this.#figures();
  }

  /** Colours are read once: called again when the scheme changes. */
  draw() {
    this.#plot?.destroy();
    const width = this.#canvas.clientWidth;
    if (width === 0) return;
    this.#plot = new uPlot(this.#options(width), this.#data(), this.#canvas);
  }

  #resize() {
    const width = this.#canvas.clientWidth;
    if (this.#plot === undefined) this.draw();
    else if (width > 0 && width !== this.#plot.width) this.#plot.setSize({ width, height: HEIGHT_PX });
  }

  /** @returns {uPlot.AlignedData} */
  #data() {
    const { at_ms, columns } = this.#series;
    return [
      at_ms.map((atMs) => atMs / 1000),
      ...this.spec.lines.map(({ column }) => columns[column] ?? at_ms.map(() => null)),
    ];
  }

  /** @param {number} width @returns {uPlot.Options} */
  #options(width) {
    const style = getComputedStyle(document.documentElement);
    /** @param {string} name */
    const colour = (name) => style.getPropertyValue(`--${name}`).trim();
    const font = `11px ${style.fontFamily}`;
    const axis = {
      stroke: colour('quiet'),
      font,
      grid: { stroke: colour('grid'), width: 1 },
      ticks: { show: false },
    };
    return {
      width,
      height: HEIGHT_PX,
      padding: [8, 16, 0, 0],
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false }, points: { size: 6 } },
      scales: {
        x: { time: true, range: () => [this.#nowMs / 1000 - SPAN_S, this.#nowMs / 1000] },
        y: { range: (_plot, _min, max) => [0, Math.max(this.spec.atLeast, (max ?? 0) * 1.1)] },
      },
      axes: [
        { ...axis, size: 24, space: 70, values: (_plot, ticks) => ticks.map(minute) },
        { ...axis, size: 42, space: 32, gap: 6, values: (_plot, ticks) => ticks.map(short) },
      ],
      series: [
        {},
        ...this.spec.lines.map(({ label }, index) => ({
          label,
          stroke: colour(`series-${index + 1}`),
          width: 1.75,
          dash: dashes[index] ?? [],
          points: { show: false },
          ...(index === 0 ? { fill: `${colour('series-1')}1f` } : {}),
        })),
      ],
      hooks: { setCursor: [() => this.#figures()] },
    };
  }

  #table() {
    const table = document.createElement('table');
    const caption = document.createElement('caption');
    caption.className = 'visually-hidden';
    caption.textContent = `${this.spec.title}, ${this.spec.unit}: now, and the peak of ten minutes`;
    const heads = document.createElement('tr');
    heads.append(document.createElement('td'), this.#nowHead, head('peak'));
    const thead = document.createElement('thead');
    thead.append(heads);
    const tbody = document.createElement('tbody');
    this.spec.lines.forEach(({ label }, index) => {
      const row = document.createElement('tr');
      const name = document.createElement('th');
      name.scope = 'row';
      name.append(swatch(index), label);
      const now = document.createElement('td');
      const peak = document.createElement('td');
      row.append(name, now, peak);
      tbody.append(row);
      this.#cells.push({ now, peak });
    });
    table.append(caption, thead, tbody);
    return table;
  }

  /** The newest figures, or those under the pointer. */
  #figures() {
    const at = this.#plot?.cursor.idx ?? undefined;
    const pointed = at !== undefined && this.#plot?.cursor.left !== undefined && this.#plot.cursor.left >= 0;
    const index = pointed ? at : this.#series.at_ms.length - 1;
    const atMs = this.#series.at_ms[index];
    setText(this.#nowHead, pointed && atMs !== undefined ? minuteAndSecond(atMs) : 'now');
    this.spec.lines.forEach(({ column, format }, line) => {
      const values = this.#series.columns[column] ?? [];
      const cells = this.#cells[line];
      if (cells === undefined) return;
      setText(cells.now, format(values[index]));
      setText(cells.peak, format(greatest(values)));
    });
  }
}

/** @param {string} text */
function head(text) {
  const cell = document.createElement('th');
  cell.scope = 'col';
  cell.textContent = text;
  return cell;
}

/** The line of a series as the plot draws it. @param {number} index */
function swatch(index) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('width', '18');
  svg.setAttribute('height', '6');
  svg.setAttribute('aria-hidden', 'true');
  const line = document.createElementNS('http://www.w3.org/2000/svg', 'line');
  for (const [name, value] of Object.entries({ x1: 0, x2: 18, y1: 3, y2: 3, 'stroke-width': 2 })) {
    line.setAttribute(name, String(value));
  }
  line.setAttribute('stroke-dasharray', (dashes[index] ?? []).join(' '));
  line.style.stroke = `var(--series-${index + 1})`;
  svg.append(line);
  return svg;
}

/** @param {number} atS */
function minute(atS) {
  return new Date(atS * 1000).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });
}

/** @param {number} atMs */
function minuteAndSecond(atMs) {
  return new Date(atMs).toLocaleTimeString('en-GB');
}

/** @param {number} value */
function short(value) {
  return value >= 10_000 ? `${value / 1000}k` : String(value);
}

// Line charts as SVG: axes, labels, a legend, readable on light and dark. No more than an experiment's curves need.

export interface Line {
  readonly name: string;
  /** Points from left to right; undefined is a gap. */
  readonly points: readonly { readonly x: number; readonly y: number | undefined }[];
}

export interface Panel {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly lines: readonly Line[];
  /** A dashed line across, with its name. */
  readonly mark?: { readonly y: number; readonly name: string };
}

const WIDTH = 860;
const PANEL_HEIGHT = 320;
const MARGIN = { left: 70, right: 150, top: 48, bottom: 48 };
const TICKS = 6;
/** Told apart also by those who see colours differently (Okabe and Ito 2008), on either background. */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7'];
const STYLE = `
  .ground { fill: #ffffff } .text { fill: #24292f; font: 12px system-ui, sans-serif } .title { font-size: 15px }
  .grid { stroke: #d0d7de } .axis { stroke: #57606a }
  @media (prefers-color-scheme: dark) {
    .ground { fill: #0d1117 } .text { fill: #e6edf3 } .grid { stroke: #30363d } .axis { stroke: #8b949e }
  }`;

/** Panels below each other, as one SVG document. */
export function chart(panels: readonly Panel[]): string {
  const height = PANEL_HEIGHT * panels.length;
  const drawn = panels.map((panel, n) => `<g transform="translate(0 ${n * PANEL_HEIGHT})">${drawPanel(panel)}</g>`);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}">
<style>${STYLE}
</style>
<rect class="ground" width="${WIDTH}" height="${height}"/>
${drawn.join('\n')}
</svg>
`;
}

function drawPanel({ title, xLabel, yLabel, lines, mark }: Panel): string {
  const points = lines.flatMap((line) => line.points);
  const values = points.flatMap(({ y }) => (y === undefined ? [] : [y]));
  const xMax = Math.max(1, ...points.map(({ x }) => x));
  const step = niceStep(Math.max(mark?.y ?? 0, ...values, 1e-9) / TICKS);
  const yMax = step * Math.ceil(Math.max(mark?.y ?? 0, ...values, step) / step);
  const right = WIDTH - MARGIN.right;
  const bottom = PANEL_HEIGHT - MARGIN.bottom;
  const atX = (x: number): number => MARGIN.left + (x / xMax) * (right - MARGIN.left);
  const atY = (y: number): number => bottom - (y / yMax) * (bottom - MARGIN.top);
  const rows = Array.from({ length: Math.round(yMax / step) + 1 }, (_, n) => n * step).map(
    (y) =>
      `<line class="grid" x1="${MARGIN.left}" x2="${right}" y1="${fixed(atY(y))}" y2="${fixed(atY(y))}"/>` +
      text(MARGIN.left - 8, atY(y) + 4, numberText(y), 'end'),
  );
  const xStep = niceStep(xMax / TICKS);
  const columns = Array.from({ length: Math.floor(xMax / xStep) + 1 }, (_, n) => n * xStep).map(
    (x) =>
      `<line class="axis" x1="${fixed(atX(x))}" x2="${fixed(atX(x))}" y1="${bottom}" y2="${bottom + 5}"/>` +
      text(atX(x), bottom + 18, numberText(x), 'middle'),
  );
  const drawn = lines.map((line, n) => {
    const colour = COLOURS[n % COLOURS.length];
    const path = line.points.reduce((sofar, { x, y }, i) => {
      if (y === undefined) return sofar;
      const command = i === 0 || line.points[i - 1]?.y === undefined ? 'M' : 'L';
      return `${sofar}${command}${fixed(atX(x))} ${fixed(atY(y))}`;
    }, '');
    const legendY = MARGIN.top + 8 + n * 20;
    return (
      `<path d="${path}" fill="none" stroke="${colour}" stroke-width="2"/>` +
      `<line x1="${right + 14}" x2="${right + 34}" y1="${legendY}" y2="${legendY}" stroke="${colour}" ` +
      'stroke-width="3"/>' +
      text(right + 40, legendY + 4, line.name, 'start')
    );
  });
  const marked =
    mark === undefined
      ? ''
      : `<line class="axis" stroke-dasharray="6 4" x1="${MARGIN.left}" x2="${right}" y1="${fixed(atY(mark.y))}" ` +
        `y2="${fixed(atY(mark.y))}"/>${text(MARGIN.left + 8, atY(mark.y) - 6, mark.name, 'start')}`;
  const middle = (MARGIN.top + bottom) / 2;
  return [
    `<text class="text title" x="${MARGIN.left}" y="28">${escaped(title)}</text>`,
    ...rows,
    ...columns,
    `<line class="axis" x1="${MARGIN.left}" x2="${right}" y1="${bottom}" y2="${bottom}"/>`,
    `<line class="axis" x1="${MARGIN.left}" x2="${MARGIN.left}" y1="${MARGIN.top}" y2="${bottom}"/>`,
    marked,
    ...drawn,
    text((MARGIN.left + right) / 2, PANEL_HEIGHT - 10, xLabel, 'middle'),
    `<text class="text" text-anchor="middle" transform="translate(18 ${middle}) rotate(-90)">${escaped(yLabel)}</text>`,
  ].join('\n');
}

function text(x: number, y: number, words: string, anchor: 'start' | 'middle' | 'end'): string {
  return `<text class="text" x="${fixed(x)}" y="${fixed(y)}" text-anchor="${anchor}">${escaped(words)}</text>`;
}

/** 1, 2 or 5 times a power of ten, not below. */
function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  const rest = least / power;
  return power * (rest <= 1 ? 1 : rest <= 2 ? 2 : rest <= 5 ? 5 : 10);
}

const fixed = (x: number): string => x.toFixed(1);

function numberText(x: number): string {
  return x >= 10_000 ? `${Number((x / 1000).toPrecision(4))}k` : String(Number(x.toPrecision(4)));
}

function escaped(words: string): string {
  return words.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}

// The race as a picture: two panels for each price rule, by the start's deviation and by stress. What is drawn is what
// is missing to the bound, on a logarithmic scale: bidders that differ by a thousandth next to 1 would be one line
// otherwise.

import type { Row } from './race.js';
import { figureOf } from './summary.js';

const WIDTH = 900;
const PANEL_HEIGHT = 340;
const MARGIN = { left: 70, right: 150, top: 44, bottom: 46 };
/** Shares that have a line across; the panel reaches from the first to the last. */
const GRID = [0.2, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998] as const;
/** Told apart also by those who see colours differently (Okabe and Ito 2008); dashed where they begin again. */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9'];
const STYLE = `
  .ground { fill: #ffffff } .text { fill: #24292f; font: 12px system-ui, sans-serif } .title { font-size: 15px }
  .grid { stroke: #d0d7de }
  @media (prefers-color-scheme: dark) {
    .ground { fill: #0d1117 } .text { fill: #e6edf3 } .grid { stroke: #30363d }
  }`;
const TITLE = { second: 'second price: R/R*', first: "first price: share of the oracle's surplus" } as const;

/** An SVG document. */
export function pictureOf(rows: readonly Row[]): string {
  const panels = (['second', 'first'] as const).flatMap((price) => {
    const ours = rows.filter((row) => row.price === price && row.start_deviation !== null);
    if (ours.length === 0) return [];
    const start = ({ start_deviation }: Row): string => `${Math.round(100 * (start_deviation as number))}%`;
    return [
      panel(`${TITLE[price]}, by deviation of the start`, ours, start),
      panel(`${TITLE[price]}, by stress`, ours, ({ stress }) => stress),
    ];
  });
  const height = PANEL_HEIGHT * panels.length;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}">
<style>${STYLE}
</style>
<rect class="ground" width="${WIDTH}" height="${height}"/>
${panels.map((drawn, n) => `<g transform="translate(0 ${n * PANEL_HEIGHT})">${drawn}</g>`).join('\n')}
</svg>
`;
}

function panel(title: string, rows: readonly Row[], placeOf: (row: Row) => string): string {
  const places = [...new Set(rows.map(placeOf))];
  const right = WIDTH - MARGIN.right;
  const bottom = PANEL_HEIGHT - MARGIN.bottom;
  const atX = (place: number): number => MARGIN.left + ((place + 0.5) / places.length) * (right - MARGIN.left);
  const [low, high] = [depth(GRID[0]), depth(GRID.at(-1) as number)];
  const atY = (share: number): number =>
    bottom - ((Math.min(high, Math.max(low, depth(share))) - low) / (high - low)) * (bottom - MARGIN.top);
  const grid = GRID.map(
    (share) =>
      `<line class="grid" x1="${MARGIN.left}" x2="${right}" y1="${fixed(atY(share))}" y2="${fixed(atY(share))}"/>` +
      text(MARGIN.left - 8, atY(share) + 4, String(share), 'end'),
  );
  const lines = [...new Set(rows.map(({ policy }) => policy))].map((policy, n) => {
    const dots = places.map((place, i) => {
      const figures = rows.filter((row) => row.policy === policy && placeOf(row) === place).map(figureOf);
      return { x: atX(i), y: atY(figures.reduce((sum, each) => sum + each, 0) / figures.length) };
    });
    const colour = COLOURS[n % COLOURS.length];
    const dashes = n < COLOURS.length ? '' : ' stroke-dasharray="5 4"';
    const legendY = MARGIN.top + 8 + n * 20;
    return [
      `<polyline fill="none" stroke="${colour}" stroke-width="2"${dashes} points="${dots
        .map(({ x, y }) => `${fixed(x)},${fixed(y)}`)
        .join(' ')}"/>`,
      ...dots.map(({ x, y }) => `<circle cx="${fixed(x)}" cy="${fixed(y)}" r="3" fill="${colour}"/>`),
      `<line x1="${right + 14}" x2="${right + 34}" y1="${legendY}" y2="${legendY}" stroke="${colour}" ` +
        `stroke-width="3"${dashes}/>`,
      text(right + 40, legendY + 4, policy, 'start'),
    ].join('\n');
  });
  return [
    `<text class="text title" x="${MARGIN.left}" y="26">${title}</text>`,
    ...grid,
    ...places.map((place, n) => text(atX(n), bottom + 20, place, 'middle')),
    ...lines,
  ].join('\n');
}

/** How many times smaller than 1 is what is missing, in the logarithm. */
const depth = (share: number): number => -Math.log(Math.max(1e-9, 1 - share));

const fixed = (x: number): string => x.toFixed(1);

function text(x: number, y: number, words: string, anchor: 'start' | 'middle' | 'end'): string {
  return `<text class="text" x="${fixed(x)}" y="${fixed(y)}" text-anchor="${anchor}">${words}</text>`;
}

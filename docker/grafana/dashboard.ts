// A Grafana dashboard from what one wants to see: rows of panels, three side by side, each with its queries. The JSON
// that Grafana reads is written from it by `npm run generate`, so that a panel is three lines and all look alike.

export interface Panel {
  readonly title: string;
  /** What it tells, and what to do about it: the i in its corner. */
  readonly help: string;
  readonly unit: Unit;
  /** PromQL by its legend. */
  readonly queries: Readonly<Record<string, string>>;
  /** One number instead of lines. */
  readonly isNumber?: true;
  /** Lines add up. */
  readonly isStacked?: true;
  /** A line to stay below. */
  readonly limit?: number;
}

export interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

export interface Board {
  /** Name of its file and address. */
  readonly name: string;
  readonly title: string;
  readonly rows: readonly Row[];
}

/** As Grafana names them. */
export type Unit = 's' | 'reqps' | 'ops' | 'percentunit' | 'bytes' | 'Bps' | 'short' | 'none';

const COLUMNS = 24;
const PANELS_A_ROW = 3;
const PANEL_HEIGHT = 8;
const DATASOURCE = { type: 'prometheus', uid: 'prometheus' };

/** The JSON model of a dashboard (Grafana 11). */
export function dashboardOf(board: Board): object {
  const panels: object[] = [];
  let y = 0;
  for (const row of board.rows) {
    panels.push({
      id: panels.length + 1,
      type: 'row',
      title: row.title,
      collapsed: false,
      panels: [],
      gridPos: at(0, y, COLUMNS, 1),
    });
    y += 1;
    row.panels.forEach((panel, i) => {
      const width = COLUMNS / PANELS_A_ROW;
      const top = y + Math.floor(i / PANELS_A_ROW) * PANEL_HEIGHT;
      const place = at((i % PANELS_A_ROW) * width, top, width, PANEL_HEIGHT);
      panels.push({ id: panels.length + 1, gridPos: place, ...panelOf(panel) });
    });
    y += Math.ceil(row.panels.length / PANELS_A_ROW) * PANEL_HEIGHT;
  }
  return {
    uid: `gavel-${board.name}`,
    title: `Gavel: ${board.title}`,
    tags: ['gavel'],
    schemaVersion: 39,
    timezone: 'browser',
    editable: true,
    refresh: '10s',
    time: { from: 'now-1h', to: 'now' },
    templating: { list: [instanceVariable()] },
    panels,
  };
}

function panelOf({ title, help, unit, queries, isNumber, isStacked, limit }: Panel): object {
  const steps = [{ color: 'green', value: null }, ...(limit === undefined ? [] : [{ color: 'red', value: limit }])];
  const lines = {
    drawStyle: 'line',
    fillOpacity: isStacked ? 30 : 8,
    showPoints: 'never',
    stacking: { mode: isStacked ? 'normal' : 'none' },
    thresholdsStyle: { mode: limit === undefined ? 'off' : 'line' },
  };
  return {
    type: isNumber ? 'stat' : 'timeseries',
    title,
    description: help,
    datasource: DATASOURCE,
    fieldConfig: {
      defaults: { unit, min: 0, thresholds: { mode: 'absolute', steps }, ...(isNumber ? {} : { custom: lines }) },
      overrides: [],
    },
    options: isNumber
      ? { reduceOptions: { calcs: ['lastNotNull'] }, colorMode: 'value' }
      : { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi', sort: 'desc' } },
    targets: Object.entries(queries).map(([legend, expr], i) => ({
      refId: String.fromCharCode('A'.charCodeAt(0) + i),
      datasource: DATASOURCE,
      expr,
      legendFormat: legend,
    })),
  };
}

/** One bidder, or all. */
function instanceVariable(): object {
  return {
    name: 'instance',
    label: 'Bidder',
    type: 'query',
    datasource: DATASOURCE,
    query: { query: 'label_values(gavel_ready, instance)', refId: 'instance' },
    refresh: 2,
    includeAll: true,
    allValue: '.*',
    multi: true,
    current: { text: 'All', value: '$__all' },
  };
}

function at(x: number, y: number, w: number, h: number): object {
  return { x, y, w, h };
}

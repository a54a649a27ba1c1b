// Charts are well-formed SVG with what a person needs to read them.

import { XMLValidator } from 'fast-xml-parser';
import t from 'tap';
import { chart } from './chart.js';

const line = (name: string, ys: (number | undefined)[]) => ({ name, points: ys.map((y, x) => ({ x: x * 1000, y })) });

t.test('a chart is well-formed, with title, axes, legend and mark', async (t) => {
  const svg = chart([
    {
      title: 'Value & spend',
      xLabel: 'auctions',
      yLabel: 'share',
      lines: [line('one', [0.1, 0.5, 0.9]), line('other', [0.2, undefined, 0.4])],
      mark: { y: 0.9, name: '90%' },
    },
  ]);
  t.equal(XMLValidator.validate(svg), true);
  for (const words of ['Value &amp; spend', '>auctions<', '>share<', '>one<', '>other<', '>90%<', '>2000<']) {
    t.ok(svg.includes(words), words);
  }
  t.match(svg, /prefers-color-scheme: dark/);
  const [first = '', second = ''] = [...svg.matchAll(/<path d="([^"]*)"/g)].map(([, path]) => path as string);
  t.equal(first.match(/[ML]/g)?.join(''), 'MLL');
  t.equal(second.match(/[ML]/g)?.join(''), 'MM', 'a gap is not bridged');
});

t.test('higher is further up, later further right, and nothing leaves the frame', async (t) => {
  const svg = chart([{ title: '', xLabel: '', yLabel: '', lines: [line('', [0, 3, 7.3])] }]);
  const path = /<path d="([^"]*)"/.exec(svg)?.[1] ?? '';
  const points = path
    .split(/[ML]/)
    .slice(1)
    .map((point) => point.split(' ').map(Number) as [number, number]);
  const [a, b, c] = points as [[number, number], [number, number], [number, number]];
  t.ok(a[0] < b[0] && b[0] < c[0]);
  t.ok(a[1] > b[1] && b[1] > c[1] && c[1] >= 48);
});

t.test('a chart of nothing is still one', async (t) => {
  t.equal(XMLValidator.validate(chart([{ title: 't', xLabel: 'x', yLabel: 'y', lines: [] }])), true);
});

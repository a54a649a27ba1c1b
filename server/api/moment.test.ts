// What is remembered for a moment, in times that the test gives.

import t from 'tap';
import { Moment } from './moment.js';

t.test('known for half a second, unless something changes', async (t) => {
  const moment = new Moment<number>();
  let looked = 0;
  const look = (nowMs: number) => moment.of('a', nowMs, async () => ++looked);
  t.same([await look(0), await look(499), await look(500)], [1, 1, 2]);
  moment.forget();
  t.equal(await look(501), 3);
});

t.test('what was on its way when something changed is not remembered', async (t) => {
  const moment = new Moment<string>();
  let arrive: (value: string) => void = () => undefined;
  const first = moment.of('a', 0, () => new Promise((resolve) => (arrive = resolve)));
  moment.forget();
  arrive('old');
  t.equal(await first, 'old');
  t.equal(await moment.of('a', 1, async () => 'new'), 'new');
});

t.test('that there is none is not remembered', async (t) => {
  const moment = new Moment<string>();
  t.equal(await moment.of('a', 0, async () => undefined), undefined);
  t.equal(await moment.of('a', 1, async () => 'there'), 'there');
});

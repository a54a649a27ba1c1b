// What a trainer that runs by itself tells over HTTP, from figures of ours.

import t from 'tap';
import type { TrainerFigures } from '../../bidcore/trainer_metrics.js';
import { openStatusPort } from './status_port.js';

const FIGURES: TrainerFigures = {
  up: true,
  notices: 12,
  lagS: 1.5,
  problem: '',
  examples: { impression: 5, click: 2, conversion: 1, price: 9 },
  drift: { feature: 0, price: 3, prediction: 0, reward: 0, calibration: 0 },
};

t.test('a trainer tells its health and its metrics as they are when somebody asks', async (t) => {
  let figures = FIGURES;
  const status = await openStatusPort(0, () => figures);
  t.teardown(() => status.close());
  const ask = async (path: string) => {
    const answer = await fetch(`http://127.0.0.1:${status.port}${path}`);
    return { status: answer.status, text: await answer.text() };
  };
  t.match(await ask('/health'), { status: 200, text: /alive/ });
  const { text } = await ask('/metrics');
  t.match(text, /^# TYPE gavel_trainer_up gauge\ngavel_trainer_up 1$/m);
  t.match(text, /^gavel_trainer_events_total 12$/m);
  t.match(text, /^gavel_trainer_examples_total\{label="price"\} 9$/m);
  t.match(text, /^gavel_drift_alerts_total\{test="price"\} 3$/m);
  t.match(text, /^gavel_trainer_problem 0$/m);
  figures = { ...FIGURES, problem: 'Redis does not answer' };
  t.match(await ask('/health'), { status: 503, text: /Redis does not answer/ });
  t.match((await ask('/metrics')).text, /^gavel_trainer_problem 1$/m);
  t.equal((await ask('/other')).status, 404);
});

t.test('a port that is taken is said', async (t) => {
  const status = await openStatusPort(0, () => FIGURES);
  t.teardown(() => status.close());
  await t.rejects(() => openStatusPort(status.port, () => FIGURES), { code: 'EADDRINUSE' });
});

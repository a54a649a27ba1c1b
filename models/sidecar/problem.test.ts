// A sidecar that cannot read says so: once in its log, and in its status as long as it lasts.

import { existsSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { appended, openedLog } from '../../server/testing/events.js';
import { dataFolder, SidecarProcess } from '../testing/sidecar_process.js';
import { marketNotices } from '../testing/traffic.js';

t.test('an event log that goes and comes back', async (t) => {
  const folder = dataFolder(t);
  const [events, away] = [join(folder, 'events'), join(folder, 'away')];
  const log = await openedLog(events);
  await appended(log, marketNotices({ seed: 5, bids: 50 }));
  await log.close();
  const sidecar = new SidecarProcess(t, folder);
  const status = () => JSON.parse(readFileSync(join(folder, 'models', 'status.json'), 'utf8'));
  await sidecar.logged('"training"');
  await sidecar.until(() => existsSync(join(folder, 'models', 'status.json')) && status().notices > 0);
  t.match(status(), { problem: '', lagS: 0 });
  renameSync(events, away);
  await sidecar.logged('no notices can be read');
  await sidecar.until(() => status().problem !== '');
  t.match(status(), { problem: /is not there yet/ });
  t.ok(status().lagS > 0, 'it is as late as its last notice is old');
  renameSync(away, events);
  await sidecar.logged('notices are read again');
  await sidecar.until(() => status().problem === '');
  t.equal(status().lagS, 0);
  t.equal(sidecar.log.split('no notices can be read').length, 2, 'told once');
});

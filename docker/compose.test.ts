// The compose stack keeps to the Compose Specification's schema, is on the ports of the design, locked down, and has no
// secret in it.

import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import t from 'tap';
import { parse } from 'yaml';
import { isConfigError, readConfig } from '../server/config.js';

interface Service {
  readonly image: string;
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly stop_grace_period?: string;
  readonly secrets?: readonly string[];
}

const text = readFileSync('docker/compose.yaml', 'utf8');
const compose: {
  readonly services: Readonly<Record<string, Service>>;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
} = parse(text, { merge: true });

t.test('the stack keeps to the Compose Specification', async (t) => {
  const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
  const validate = ajv.compile(JSON.parse(readFileSync('docker/compose-spec.json', 'utf8')));
  t.ok(validate(compose), JSON.stringify(validate.errors));
  t.notOk(validate({ ...compose, services: { bidder: { imag: 'gavel' } } }), 'a key that does not exist is refused');
});

t.test('services are on the ports of the design, and only bids are open to other machines', async (t) => {
  const published = Object.entries(compose.services).flatMap(([name, { ports = [] }]) =>
    ports.map((port) => `${name} ${port.replace(/:\d+$/, '')}`),
  );
  t.same(published.sort(), [
    'bidder 127.0.0.1:7508',
    'bidder 7507',
    'grafana 127.0.0.1:7504',
    'nginx 7443',
    'postgres 127.0.0.1:7500',
    'prometheus 127.0.0.1:7503',
    'redis 127.0.0.1:7501',
  ]);
});

t.test('containers may not write to themselves nor become more than they are', async (t) => {
  for (const [name, service] of Object.entries(compose.services)) {
    t.match(service, { read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] }, name);
    t.match(service.image, /:[\w.{}$-]+$/, `${name}: a version`);
    for (const volume of service.volumes ?? []) {
      const [from = ''] = volume.split(':');
      if (from.startsWith('.')) t.ok(existsSync(join('docker', from)), `${name}: ${from} is there`);
    }
  }
});

t.test('the environment of bidder and trainer is one they start with, and leaves time to drain', async (t) => {
  for (const name of ['bidder', 'trainer']) {
    const { environment = {}, stop_grace_period: grace = '' } = compose.services[name] as Service;
    const plain = Object.fromEntries(
      Object.entries(environment).map(([key, value]) => [key, value.replace(/\$\{\w+:-(.*)\}/, '$1')]),
    );
    const config = readConfig(plain);
    if (isConfigError(config)) t.fail(config.problems.join());
    else t.ok(config.drainMs < Number.parseInt(grace, 10) * 1000, `${name}: ${grace}`);
  }
});

t.test(
  'docker/secrets.sh makes every secret the stack asks for, once, and keeps the folder to its owner',
  async (t) => {
    const folder = join(t.testdir({}), 'secrets');
    execFileSync('docker/secrets.sh', [folder]);
    t.equal(statSync(folder).mode & 0o777, 0o700);
    const contents = () =>
      Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
    const made = contents();
    for (const { file } of Object.values(compose.secrets)) t.ok(made[file.replace('secrets/', '')], file);
    const lines = (made['gavel.env'] ?? '')
      .trim()
      .split('\n')
      .map((line) => line.split(/=(.*)/).slice(0, 2));
    const config = readConfig(Object.fromEntries(lines));
    if (isConfigError(config)) t.fail(config.problems.join());
    else {
      t.ok(made['redis.acl']?.includes(`>${config.redis?.password} `), 'Redis has the password that bidders know');
      t.ok(config.databaseUrl?.includes(`:${made['postgres.password']?.trim()}@`), 'and so has Postgres');
    }
    execFileSync('docker/secrets.sh', [folder]);
    t.same(contents(), made, 'a second run changes nothing');
  },
);

t.test('nothing in the stack is a secret, and git does not see those that are', async (t) => {
  t.notMatch(text, /(password|key|token)\s*[:=]\s*["']?[\w-]{8,}/i);
  const ignored = readFileSync('.gitignore', 'utf8').split('\n');
  for (const folder of ['docker/secrets/', 'k8s/overlays/dev/secrets/']) t.ok(ignored.includes(folder), folder);
});

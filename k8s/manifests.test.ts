// The manifests keep to the schemas of Kubernetes 1.30, unknown keys refused; what they refer to is there; every pod is
// locked down; no secret has a value.

import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import t from 'tap';
import { configurationKeys } from '../server/config.js';
import { type Manifest, manifestsOf, nameOf } from './manifests.js';

const FOLDERS = ['k8s/base', 'k8s/overlays/dev', 'k8s/overlays/production'];
const KINDS_WANTED = [
  ...['Namespace', 'ConfigMap', 'StatefulSet', 'Deployment', 'Service', 'HorizontalPodAutoscaler', 'Ingress'],
  ...['PersistentVolumeClaim', 'ServiceMonitor', 'PrometheusRule', 'PodDisruptionBudget', 'NetworkPolicy'],
];

const schemas = ['kubernetes-1.30', 'operators'].map((name) => ({
  name,
  ...JSON.parse(readFileSync(`k8s/schemas/${name}.json`, 'utf8')),
}));
const ajv = new Ajv({ strict: false, allErrors: true });
for (const { name, definitions } of schemas) ajv.addSchema({ $id: name, definitions });

/** What a schema says against an object, a line each. */
function problemsOf(manifest: Manifest): string[] {
  const kind = `${manifest['apiVersion']} ${manifest['kind']}`;
  const schema = schemas.find(({ kinds }) => kind in kinds);
  if (schema === undefined) return [`no schema of ${kind}`];
  const validate = ajv.getSchema(`${schema.name}#/definitions/${schema.kinds[kind]}`);
  if (validate === undefined) throw new Error(`no definition of ${kind}`);
  if (validate(manifest)) return [];
  return (validate.errors ?? []).map(
    (error) => `${error.instancePath} ${error.message} ${JSON.stringify(error.params)}`,
  );
}

interface Container {
  readonly name: string;
  readonly [key: string]: unknown;
}

/** Values at a path of keys, through lists. */
function at(value: unknown, ...path: string[]): unknown[] {
  if (Array.isArray(value)) return value.flatMap((item) => at(item, ...path));
  const [key, ...rest] = path;
  if (key === undefined) return value === undefined ? [] : [value];
  return typeof value === 'object' && value !== null ? at((value as Manifest)[key], ...rest) : [];
}

const podsOf = (manifests: readonly Manifest[]): readonly Manifest[] =>
  manifests.filter(({ kind }) => kind === 'StatefulSet' || kind === 'Deployment');
const containersOf = (pod: Manifest): readonly Container[] =>
  ['initContainers', 'containers'].flatMap((list) => at(pod, 'spec', 'template', 'spec', list)) as Container[];

for (const folder of FOLDERS) {
  const manifests = manifestsOf(folder);
  const named = (kind: string): Set<unknown> =>
    new Set(manifests.filter((one) => one['kind'] === kind).flatMap((one) => at(one, 'metadata', 'name')));

  t.test(`${folder}: every object keeps to its schema`, async (t) => {
    for (const manifest of manifests) t.same(problemsOf(manifest), [], nameOf(manifest));
  });

  t.test(`${folder}: what an object names is there`, async (t) => {
    const pods = podsOf(manifests);
    const claims = named('PersistentVolumeClaim');
    for (const claim of at(pods, 'spec', 'template', 'spec', 'volumes', 'persistentVolumeClaim', 'claimName')) {
      t.ok(claims.has(claim), `claim ${claim}`);
    }
    for (const name of at(pods.flatMap(containersOf), 'envFrom', 'configMapRef', 'name')) {
      t.ok(named('ConfigMap').has(name), `configuration ${name}`);
    }
    for (const name of at(pods, 'spec', 'template', 'spec', 'serviceAccountName')) {
      t.ok(named('ServiceAccount').has(name), `account ${name}`);
    }
    for (const pod of pods) {
      const volumes = new Set([
        ...at(pod, 'spec', 'template', 'spec', 'volumes', 'name'),
        ...at(pod, 'spec', 'volumeClaimTemplates', 'metadata', 'name'),
      ]);
      for (const name of at(containersOf(pod), 'volumeMounts', 'name')) t.ok(volumes.has(name), `volume ${name}`);
    }
    const services = manifests.filter(({ kind }) => kind === 'Service');
    for (const service of services) {
      const selector = JSON.stringify(at(service, 'spec', 'selector', 'app.kubernetes.io/component'));
      const behind = pods.filter((pod) => {
        return (
          JSON.stringify(at(pod, 'spec', 'template', 'metadata', 'labels', 'app.kubernetes.io/component')) === selector
        );
      });
      const ports = new Set(at(behind.flatMap(containersOf), 'ports', 'name'));
      for (const port of at(service, 'spec', 'ports', 'targetPort'))
        t.ok(ports.has(port), `${nameOf(service)}: ${port}`);
    }
    const backends = manifests.filter(({ kind }) => kind === 'Ingress');
    for (const name of at(backends, 'spec', 'rules', 'http', 'paths', 'backend', 'service', 'name')) {
      t.ok(named('Service').has(name), `service ${name}`);
    }
    const scaled = manifests.filter(({ kind }) => kind === 'HorizontalPodAutoscaler');
    for (const target of at(scaled, 'spec', 'scaleTargetRef') as Manifest[]) {
      t.ok(named(String(target['kind'])).has(target['name']), `${target['kind']} ${target['name']}`);
    }
  });

  t.test(`${folder}: containers are locked down, bounded and probed`, async (t) => {
    for (const pod of podsOf(manifests)) {
      t.match(at(pod, 'spec', 'template', 'spec', 'securityContext'), [{ runAsNonRoot: true }], nameOf(pod));
      for (const container of containersOf(pod)) {
        const name = `${nameOf(pod)}: ${container.name}`;
        const locked = {
          readOnlyRootFilesystem: true,
          allowPrivilegeEscalation: false,
          capabilities: { drop: ['ALL'] },
        };
        t.match(container['securityContext'], locked, name);
        t.match(
          container['resources'],
          { requests: { cpu: String, memory: String }, limits: { memory: String } },
          name,
        );
      }
      for (const container of at(pod, 'spec', 'template', 'spec', 'containers') as Container[]) {
        const probes = ['startupProbe', 'readinessProbe', 'livenessProbe'];
        t.same(
          probes.filter((probe) => !(probe in container)),
          [],
          `${nameOf(pod)}: ${container.name}`,
        );
      }
    }
  });

  t.test(`${folder}: keys of the environment exist, and secrets have no value`, async (t) => {
    const known = new Set(configurationKeys().map(({ name }) => name));
    const config = manifests.filter((one) => nameOf(one) === 'ConfigMap gavel');
    const given = [
      ...at(config, 'data').flatMap((data) => Object.keys(data as Manifest)),
      ...(at(podsOf(manifests).flatMap(containersOf), 'env', 'name') as string[]),
    ];
    t.ok(given.length > 0);
    t.same(
      given.filter((name) => !known.has(name)),
      [],
    );
    const secret = ['GAVEL_ADMIN_KEY', 'GAVEL_NOTICE_KEY', 'GAVEL_NOTICE_KEYS_OLD', 'REDIS_URL', 'DATABASE_URL'];
    t.same(
      given.filter((name) => secret.includes(name)),
      [],
    );
    t.notOk(manifests.some(({ kind }) => kind === 'Secret'));
  });
}

t.test('the base has every kind a bidder in production wants, and what is promised of them', async (t) => {
  const manifests = manifestsOf('k8s/base');
  const kinds = new Set(manifests.map(({ kind }) => kind));
  t.same(
    KINDS_WANTED.filter((kind) => !kinds.has(kind)),
    [],
  );
  const one = (name: string): Manifest => manifests.find((manifest) => nameOf(manifest) === name) as Manifest;
  t.match(one('HorizontalPodAutoscaler bidder')['spec'], { minReplicas: 3, maxReplicas: 10 });
  const bidder = one('StatefulSet bidder');
  const pod = at(bidder, 'spec', 'template', 'spec')[0] as Manifest;
  const [container] = at(pod, 'containers') as Container[];
  const number = { valueFrom: { fieldRef: { fieldPath: "metadata.labels['apps.kubernetes.io/pod-index']" } } };
  const env = at(container, 'env') as Manifest[];
  t.match(
    env.find(({ name }) => name === 'GAVEL_NODE'),
    number,
    'its number is that of the pod',
  );
  const drainS = Number(at(one('ConfigMap gavel'), 'data', 'GAVEL_DRAIN_SECONDS')[0]);
  const preStopS = Number(/, (\d+)\)/.exec(JSON.stringify(container?.['lifecycle']))?.[1]) / 1000;
  t.ok(preStopS > 0 && drainS > 0);
  t.ok(preStopS + drainS < Number(pod['terminationGracePeriodSeconds']), 'it has the time to drain');
});

t.test('a manifest with a key that does not exist is refused', async (t) => {
  const [service] = manifestsOf('k8s/base').filter(({ kind }) => kind === 'Service');
  t.match(problemsOf({ ...service, specs: {} }).join(), /additional properties/);
  t.same(problemsOf({ apiVersion: 'v2', kind: 'Service' }), ['no schema of v2 Service']);
});

// What the schema cannot say about clusters whose Prometheus is somebody else's.
import { deployed, isExternal } from './externals';
import type { Fleet } from './schema';
import { type Check, type Path, refuseIf, type Violation } from './violations';

type Written = Fleet['clusters'][string];

const externals = (fleet: Fleet): [string, Written][] => Object.entries(fleet.clusters).filter(([, c]) => isExternal(c));

/** Keys that say how the fleet's own Prometheus is deployed. */
const ofOwn = [
  'namespace',
  'expose',
  'nodes',
  'namespaces',
  'retention',
  'blockDuration',
  'series',
  'churn',
  'queries',
  'volume',
  'resources',
] as const satisfies readonly (keyof Written)[];

const settings: Check = (fleet) => [
  ...externals(fleet).flatMap(([name, c]) => {
    const found: Path[] = [
      ...ofOwn.filter((key) => c[key] !== undefined).map((key) => [key]),
      ...(c.alerts?.ruleFiles ? [['alerts', 'ruleFiles']] : []),
    ];
    return found.map(
      (path): Violation => ({
        code: 'external-setting',
        path: ['clusters', name, ...path],
        problem: `${path.join('.')} is for a Prometheus that the fleet deploys, and that of ${name} is external`,
        consequence: 'the setting would have been ignored without a word.',
        remedy: 'leave it out, and set it where that Prometheus is deployed.',
      }),
    );
  }),
  ...deployed(fleet).flatMap(([name, c]) =>
    refuseIf(c.sidecar !== undefined, {
      code: 'external-setting',
      path: ['clusters', name, 'sidecar'],
      problem: `sidecar says how a Prometheus is reached that is not the fleet's, and that of ${name} is`,
      consequence: 'the setting would have been ignored without a word.',
      remedy: 'prometheus: external beside it, or leave it out.',
    }),
  ),
];

const reach: Check = (fleet) =>
  externals(fleet).flatMap(([name, { sidecar, in: place, replicas }]): Violation[] => {
    const path: Path = ['clusters', name, ...(sidecar ? ['sidecar'] : [])];
    const { pods, addresses } = sidecar ?? {};
    if ((pods === undefined) === (addresses === undefined))
      return [
        {
          code: 'one-of',
          path: addresses ? [...path, 'addresses'] : path,
          problem: pods ? `${path.join('.')} has pods and addresses` : `clusters.${name}.sidecar has neither pods nor addresses`,
          consequence: 'the querier would not know where its sidecars are.',
          remedy: pods
            ? 'one of them: pods or addresses.'
            : 'sidecar: {pods: {namespace: monitoring, labels: {app.kubernetes.io/name: prometheus}}}.',
        },
      ];
    if (pods)
      return [
        ...refuseIf(place !== fleet.observer.in, {
          code: 'external-elsewhere',
          path: [...path, 'pods'],
          problem: `the pods are in ${place}, and the querier is in ${fleet.observer.in}`,
          consequence: 'it would look for their Service in its own Kubernetes cluster, and find none.',
          remedy: 'addresses: [host:port, …], one for each sidecar, and tls.',
        }),
        // thanos cmd/thanos/endpointset.go: dynamic endpoints get the global options
        ...refuseIf(sidecar?.tls !== undefined, {
          code: 'external-setting',
          path: [...path, 'tls'],
          problem: `tls is of addresses, and the sidecars of ${name} are looked up by their Service`,
          consequence: 'Thanos would have spoken to them in plain text without a word.',
          remedy: `addresses in place of pods, one for each sidecar, such as prometheus-${name}-0.prometheus-operated.${pods.namespace}.svc:10901; or leave tls out.`,
        }),
      ];
    return [
      ...(['service', 'port'] as const).flatMap((key) =>
        refuseIf(sidecar?.[key] !== undefined, {
          code: 'external-setting',
          path: [...path, key],
          problem: `${key} is of pods, and the sidecars of ${name} have addresses`,
          consequence: 'the setting would have been ignored without a word.',
          remedy: 'leave it out.',
        }),
      ),
      ...refuseIf(replicas !== undefined && replicas !== addresses?.length, {
        code: 'replicas-behind-one-address',
        path: [...path, 'addresses'],
        problem: `${name} has ${replicas} replicas and ${addresses?.length} addresses`,
        consequence: 'behind one address the querier sees one replica and misses what the others have.',
        remedy: 'an address for each replica.',
      }),
      ...refuseIf(new Set(addresses).size !== addresses?.length, {
        code: 'replicas-behind-one-address',
        path: [...path, 'addresses'],
        problem: `an address of ${name} is there twice`,
        consequence: 'the querier would see one of its replicas twice, and miss what another has.',
        remedy: 'each address once, one for each replica.',
      }),
      ...refuseIf(sidecar?.tls === undefined, {
        code: 'external-without-tls',
        path: [...path, 'addresses'],
        problem: `the querier would speak to the sidecars of ${name} in plain text`,
        consequence: 'whoever is between could read every series, and answer in their place.',
        remedy: 'tls: {secret: …, serverName: …}.',
      }),
    ];
  });

const somebodyWatches: Check = (fleet) =>
  refuseIf(externals(fleet).length > 0 && deployed(fleet).length === 0, {
    code: 'no-clusters',
    path: ['clusters'],
    problem: 'every cluster has a Prometheus of its own, and the fleet deploys none',
    consequence: 'nobody would scrape the observer: a halted compactor or a dead ruler would go unnoticed.',
    remedy: `home: {in: ${fleet.observer.in}}, beside them.`,
  });

export const externalsChecks: readonly Check[] = [settings, reach, somebodyWatches];

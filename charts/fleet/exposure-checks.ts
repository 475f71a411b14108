// What the schema cannot say about connections between Kubernetes clusters: nothing unreachable, nothing open.
import { clientCertificate, clientTls, serverCertificate, serverNameOf } from '../config/certificates';
import { endpointsFile, remote, sidecarAt } from '../config/endpoints';
import { isEverybody } from '../kit/addresses';
import { yaml } from '../kit/kubernetes';
import { nodesService } from '../kit/wiring';
import { hostAndPort, isSpread, type ResolvedExpose, replicaPattern } from './exposure';
import { isExternal } from './externals';
import { hostsOf, titles } from './ingress-checks';
import type { ResolvedFleet } from './resolve';
import type { Expose, Fleet } from './schema';
import { type Check, type Path, refuseIf, type Violation } from './violations';

/** Whatever the fleet file exposes: where it says so, what it is, and how often it runs. */
const exposed = (fleet: Fleet, resolved: ResolvedFleet) => [
  {
    path: ['observer', 'expose'],
    in: fleet.observer.in,
    what: 'the Alertmanagers',
    replicas: resolved.observer.alertmanager.replicas,
    expose: fleet.observer.expose,
    resolved: resolved.observer.expose,
    /** Whether somebody in another Kubernetes cluster needs it. */
    needed: isSpread(resolved),
    needless: 'no cluster is in another Kubernetes cluster',
    missing: 'alerts of the clusters in other Kubernetes clusters would reach nobody',
    example: 'observer: {expose: {nodePort: {}, allowFrom: [172.18.0.0/16]}}',
  },
  ...(fleet.objectStore.type === 'embedded'
    ? [
        {
          path: ['objectStore', 'expose'],
          in: fleet.observer.in,
          what: 'the embedded object store',
          replicas: 1,
          expose: fleet.objectStore.expose,
          resolved: resolved.objectStore.type === 'embedded' ? resolved.objectStore.expose : undefined,
          needed: isSpread(resolved),
          needless: 'no cluster is in another Kubernetes cluster',
          missing: 'sidecars in other Kubernetes clusters could upload nothing, and local retention would delete it',
          example: 'objectStore: {type: embedded, expose: {nodePort: {}, allowFrom: [172.18.0.0/16]}}',
        },
      ]
    : []),
  ...resolved.clusters.map((c) => ({
    path: ['clusters', c.name, 'expose'],
    in: c.in,
    what: `the sidecars of ${c.name}`,
    replicas: c.replicas,
    expose: fleet.clusters[c.name]?.expose,
    resolved: c.expose,
    needed: c.in !== fleet.observer.in,
    needless: `${c.name} is in the observer's own Kubernetes cluster`,
    missing: `the observer could not query ${c.name}`,
    example: `${c.name}: {in: ${c.in}, expose: {nodePort: {}, allowFrom: [172.18.0.0/16]}}`,
  })),
];

const allOnKind = (fleet: Fleet): boolean => Object.values(fleet.kubernetes).every((k) => k.platform === 'kind');

const ways = ['nodePort', 'loadBalancer', 'addresses'] as const;

const exposure: Check = (fleet, resolved) =>
  exposed(fleet, resolved).flatMap(({ path, expose, ...e }): Violation[] => {
    if (!expose)
      return e.needed
        ? [
            {
              code: 'not-exposed',
              path: path.slice(0, -1),
              problem: `${e.what} cannot be reached from other Kubernetes clusters`,
              consequence: `${e.missing}.`,
              remedy: `${e.example}, with the addresses that connections come from.`,
            },
          ]
        : [];
    if (!e.needed)
      return [
        {
          code: 'exposed-for-nobody',
          path,
          problem: `${e.what} would be exposed, but ${e.needless}`,
          consequence: 'a port would be open that nobody of the fleet uses.',
          remedy: 'leave expose out.',
        },
      ];
    const given = ways.filter((way) => expose[way]);
    if (given.length !== 1)
      return [
        {
          code: 'one-of',
          path,
          problem: given.length === 0 ? 'nothing says how it is exposed' : `${given.join(' and ')} are two ways`,
          consequence: 'the other side would not know which address to use.',
          remedy: `one of ${ways.join(', ')}.`,
        },
      ];
    return [
      ...replicaViolations(path, expose, e.replicas),
      ...oneNodeViolations(path, expose, e.replicas, resolved.kubernetes.find((k) => k.name === e.in)?.zones),
      ...sourceViolations(path, expose),
      ...nodeViolations(fleet, path, e.resolved),
    ];
  });

/** Every replica needs an address of its own: behind a common one, a balancer shows one of them and hides the rest. */
const replicaViolations = (path: Path, { loadBalancer, addresses }: Expose, replicas: number): Violation[] => {
  const consequence = 'a balancer would lead to one of them and hide the others: half of the data, and no deduplication.';
  if (loadBalancer && replicas > 1 && !loadBalancer.hostname.includes(replicaPattern))
    return [
      {
        code: 'replicas-behind-one-address',
        path: [...path, 'loadBalancer', 'hostname'],
        problem: `${replicas} replicas would share ${loadBalancer.hostname}`,
        consequence,
        remedy: `a name with ${replicaPattern} in it, such as ${loadBalancer.hostname.replace(/^([^.]*)/, `$1-${replicaPattern}`)}.`,
      },
    ];
  if (addresses && (addresses.length !== replicas || new Set(addresses).size !== addresses.length))
    return [
      {
        code: 'replicas-behind-one-address',
        path: [...path, 'addresses'],
        problem: `${new Set(addresses).size} different addresses for ${replicas} replicas`,
        consequence,
        remedy: `${replicas} different host:port, one for each replica in order.`,
      },
    ];
  return [];
};

/** A node takes connections for its own pods only (externalTrafficPolicy: Local), and zones that are required keep replicas apart. */
const oneNodeViolations = (path: Path, { nodePort }: Expose, replicas: number, zones: string | undefined): Violation[] =>
  refuseIf(zones === 'required' && replicas > 1 && /^\d+(\.\d+){3}$/.test(nodePort?.address ?? ''), {
    code: 'replicas-behind-one-address',
    path: [...path, 'nodePort', 'address'],
    problem: `${nodePort?.address} is one node, and ${replicas} replicas are on nodes of several zones`,
    consequence: 'a node takes connections for its own pods only: the replicas of the other zones could not be reached.',
    remedy: 'a DNS name with the addresses of all nodes, or loadBalancer.',
  });

const sourceViolations = (path: Path, { allowFrom }: Expose): Violation[] =>
  allowFrom.flatMap((cidr, i) =>
    isEverybody(cidr)
      ? [
          {
            code: 'open-to-everybody',
            path: [...path, 'allowFrom', i],
            problem: `${cidr} is everybody, or a large part of the internet`,
            consequence: 'the port would be open to the whole internet, with nothing but certificates between.',
            remedy: 'the addresses that connections really come from, such as 10.1.0.0/16.',
          },
        ]
      : [],
  );

const nodeViolations = (fleet: Fleet, path: Path, expose: ResolvedExpose | undefined): Violation[] => {
  if (expose?.by === 'nodePort' && expose.addresses.some((a) => a.host === undefined) && !allOnKind(fleet))
    return [
      {
        code: 'node-address-missing',
        path: [...path, 'nodePort'],
        problem: 'nothing says where the nodes are reached',
        consequence: 'the other side would have no address: only nodes of kind clusters are looked up.',
        remedy: 'nodePort: {address: …}, or loadBalancer.',
      },
    ];
  const last = expose?.by === 'nodePort' ? (expose.addresses.at(-1)?.port ?? 0) : 0;
  return last <= 32_767
    ? []
    : [
        {
          code: 'node-port-range',
          path: [...path, 'nodePort', 'port'],
          problem: `the last replica would need port ${last}`,
          consequence: 'Kubernetes takes ports from 30000 to 32767 on its nodes.',
          remedy: 'a smaller port.',
        },
      ];
};

const nodePortsTwice: Check = (fleet, resolved) => {
  const taken = new Map<string, string>();
  return exposed(fleet, resolved).flatMap((e): Violation[] => {
    if (e.resolved?.by !== 'nodePort') return [];
    const clashes = e.resolved.addresses.flatMap(({ port }) => {
      const key = `${e.in}:${port}`;
      const other = taken.get(key);
      taken.set(key, other ?? e.what);
      return other ? [{ port, other }] : [];
    });
    const [first] = clashes;
    return first
      ? [
          {
            code: 'node-port-taken',
            path: e.expose?.nodePort?.port === undefined ? e.path : [...e.path, 'nodePort', 'port'],
            problem: `port ${first.port} of the nodes of ${e.in} is taken by ${first.other}`,
            consequence: 'Kubernetes would refuse the second Service.',
            remedy: 'nodePort: {port: …} with a port of its own; each replica takes one, upwards.',
          },
        ]
      : [];
  });
};

/** Nodes that are looked up have a Service of their own where others ask for them. */
const nodesNames: Check = (fleet, resolved) =>
  resolved.kubernetes.flatMap((k) => {
    const service = nodesService(k.name);
    const lookedUp = exposed(fleet, resolved).some(
      (e) => e.in === k.name && e.resolved?.by === 'nodePort' && e.resolved.addresses.some((a) => a.host === undefined),
    );
    return refuseIf(lookedUp && service.length > 63, {
      code: 'name-too-long',
      path: ['kubernetes', k.name],
      problem: `the Service ${service} would have ${service.length} characters`,
      consequence: 'Kubernetes takes 63 at most.',
      remedy: `a name of at most ${63 - nodesService('').length} characters, or nodePort: {address: …}.`,
    });
  });

interface Addressed {
  readonly path: Path;
  readonly what: string;
  /** Without a port: the name of a load balancer, which has one port and takes the whole name. */
  readonly addresses: readonly { readonly host: string; readonly port?: number }[];
  /** What may share an address as far as this check goes: that of others of its group is told otherwise. */
  readonly group?: string;
}

const written = { nodePort: ['nodePort', 'address'], loadBalancer: ['loadBalancer', 'hostname'], none: ['addresses'] } as const;

/** Whatever is reached by an address that the fleet file says. */
const addressed = (fleet: Fleet, resolved: ResolvedFleet): Addressed[] => [
  ...exposed(fleet, resolved).flatMap(({ path, what, resolved: expose, in: place }): Addressed[] => {
    const addresses = expose?.addresses.flatMap(({ host, port }) => (host === undefined ? [] : [{ host, port }]));
    return expose && addresses
      ? [
          {
            path: [...path, ...written[expose.by]],
            what,
            addresses,
            group: expose.by === 'nodePort' ? `nodes of ${place}` : undefined,
          },
        ]
      : [];
  }),
  ...Object.entries(fleet.clusters).flatMap(([name, c]): Addressed[] =>
    isExternal(c) && c.sidecar?.addresses
      ? [
          {
            path: ['clusters', name, 'sidecar', 'addresses'],
            what: `the sidecars of ${name}`,
            addresses: c.sidecar.addresses.map(hostAndPort),
          },
        ]
      : [],
  ),
  ...hostsOf(fleet).map(({ part, host }) => ({
    path: ['observer', part, 'host'],
    what: titles[part],
    addresses: [{ host, port: 443 }],
    group: 'user interfaces',
  })),
];

/** Of two at one address, each would answer for both. */
const addressesTwice: Check = (fleet, resolved) => {
  const taken = new Map<string, (Pick<Addressed, 'what' | 'group'> & { readonly port?: number })[]>();
  return addressed(fleet, resolved).flatMap(({ path, what, addresses, group }): Violation[] => {
    const at = (host: string) => taken.get(host.toLowerCase()) ?? [];
    const clashes = addresses.flatMap(({ host, port }) => {
      const other = at(host).find(
        (o) => (o.port === undefined || port === undefined || o.port === port) && (group === undefined || o.group !== group),
      );
      return other ? [{ address: port === undefined ? host : `${host}:${port}`, what: other.what }] : [];
    });
    for (const { host, port } of addresses) taken.set(host.toLowerCase(), [...at(host), { what, group, port }]);
    return clashes.slice(0, 1).map((clash) => ({
      code: 'address-twice',
      path,
      problem: `${clash.address} is that of ${clash.what} already`,
      consequence: 'both would be asked at one place: one of the two would be missing, and no certificate has the names of both.',
      remedy: 'an address of its own for each, with the name of its cluster in it, for example.',
    }));
  });
};

const issuer: Check = (fleet, resolved) => {
  const path: Path = ['tls', 'issuer'];
  if (!isSpread(resolved))
    return fleet.tls
      ? [
          {
            code: 'tls-for-nobody',
            path: ['tls'],
            problem: 'all of the fleet is in one Kubernetes cluster',
            consequence: 'nobody would use the certificates.',
            remedy: 'leave tls out.',
          },
        ]
      : [];
  if (!fleet.tls)
    return allOnKind(fleet)
      ? []
      : [
          {
            code: 'tls-missing',
            path: ['clusters'],
            problem: 'nothing says who makes the certificates',
            consequence: 'Kubernetes clusters are connected by mutual TLS, and pods would wait for certificates for ever.',
            remedy: 'tls: {issuer: {certManager: {name: fleet-ca}}}, or tls: {issuer: {builtin: {}}} for npm run certs.',
          },
        ];
  return Object.keys(fleet.tls.issuer).length === 1
    ? []
    : [
        {
          code: 'one-of',
          path,
          problem: 'one issuer makes all certificates',
          consequence: 'the two sides of a connection would not trust each other.',
          remedy: 'issuer: {builtin: {}} or issuer: {certManager: {name: fleet-ca}}.',
        },
      ];
};

/** What tells Kubernetes clusters apart: their contexts, and on EKS their ARNs. */
const contexts: Check = (fleet, resolved) => [...contextsTwice(fleet, resolved), ...arnsTwice(fleet, resolved)];

const arnsTwice: Check = ({ kubernetes }) => {
  const owner = new Map<string, string>();
  return Object.entries(kubernetes).flatMap(([name, k]): Violation[] => {
    const arn = k.platform === 'eks' ? k.arn : undefined;
    if (arn === undefined) return [];
    const other = owner.get(arn);
    owner.set(arn, other ?? name);
    return refuseIf(other !== undefined, {
      code: 'context-twice',
      path: ['kubernetes', name, 'arn'],
      problem: `${name} and ${other} are the EKS cluster ${arn}`,
      consequence: 'both would be applied to one Kubernetes cluster, or roles written for the wrong one.',
      remedy: 'the ARN of each, which `aws eks describe-cluster` says.',
    });
  });
};

const contextsTwice: Check = (fleet, resolved) => {
  const owner = new Map<string, string>();
  return resolved.kubernetes.flatMap((k): Violation[] => {
    const other = owner.get(k.context);
    owner.set(k.context, other ?? k.name);
    return other === undefined
      ? []
      : [
          {
            code: 'context-twice',
            path: ['kubernetes', k.name, ...(fleet.kubernetes[k.name]?.context ? ['context'] : [])],
            problem: `${k.name} and ${other} are reached by the same context ${k.context}`,
            consequence: 'both would be applied to one Kubernetes cluster.',
            remedy: 'a context for each.',
          },
        ];
  });
};

const observerWatched: Check = (fleet, resolved) =>
  !isSpread(resolved) || resolved.clusters.some((c) => c.in === resolved.observer.in)
    ? []
    : [
        {
          code: 'observer-unwatched',
          path: ['observer', 'in'],
          problem: `no cluster is in ${fleet.observer.in}, where the observer is`,
          consequence: 'nobody would scrape the observer: a halted compactor or a dead ruler would go unnoticed.',
          remedy: `clusters: {${fleet.observer.in}: {in: ${fleet.observer.in}}} beside the others.`,
        },
      ];

/** What the querier's file may hold in bytes: a ConfigMap takes 1 MiB, and endpoints in its own Kubernetes cluster are in it, too. */
const roomForEndpoints = 960 * 2 ** 10;

/** What the querier's file says of endpoints that it asks one by one. */
const askedOneByOne = ({ name: fleet, observer, clusters, externals }: ResolvedFleet) => {
  const at = (place: { in: string; namespace: string }) => ({ kubernetes: place.in, namespace: place.namespace, fleet });
  const client = clientCertificate({ workload: at(observer), program: 'thanos-query' });
  return [
    ...clusters
      .filter((c) => c.in !== observer.in)
      .flatMap((c) => {
        const server = serverCertificate({ workload: { ...at(c), cluster: c.name }, program: 'thanos-sidecar' });
        const tls = clientTls(client, serverNameOf(server));
        // as long as the address of a node may be
        return (c.expose?.addresses ?? []).map(({ host = '255.255.255.255', port = 10_901 }) => remote(`${host}:${port}`, tls));
      }),
    ...externals.flatMap(({ sidecars: { at, tls } }) =>
      at.by === 'addresses' ? at.addresses.map((address) => sidecarAt(address, tls)) : [],
    ),
  ];
};

const endpoints: Check = (_fleet, resolved) => {
  const all = askedOneByOne(resolved);
  const size = Buffer.byteLength(yaml(endpointsFile(all)));
  return refuseIf(size > roomForEndpoints, {
    code: 'too-many-sidecars-elsewhere',
    path: ['clusters'],
    problem: `the querier's list of the ${all.length} sidecars in other Kubernetes clusters has ${Math.ceil(size / 1024)} KiB`,
    consequence: 'Kubernetes would refuse the ConfigMap that holds it: it takes 1 MiB. No new cluster would be queried.',
    remedy: `${roomForEndpoints / 1024} KiB at most: shorter host names, or several fleets.`,
  });
};

/** Of places that are not there, only that is said. */
const ofKnownPlaces =
  (check: Check): Check =>
  (fleet, resolved) =>
    [fleet.observer, ...Object.values(fleet.clusters)].every((part) => Object.hasOwn(fleet.kubernetes, part.in))
      ? check(fleet, resolved)
      : [];

export const exposureChecks: readonly Check[] = [
  contexts,
  ...[exposure, nodePortsTwice, nodesNames, addressesTwice, issuer, observerWatched, endpoints].map(ofKnownPlaces),
];

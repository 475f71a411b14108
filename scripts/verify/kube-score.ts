// kube-score: what it finds in a Kubernetes cluster's objects, but for what is right as it is. docs/kube-score.md is made from here.
import type { Platform } from '../../charts/fleet/platforms';
import type { OutputFile } from '../output';

/** The version whose findings these are; `npm run verify` says how to get it. */
export const kubeScoreVersion = 'v1.20.0';

interface Explained {
  readonly severity: 'CRITICAL' | 'WARNING';
  /** In kube-score's own words. */
  readonly finding: string;
  /** Objects, by kind and name. */
  readonly of: RegExp;
  /** The same for people. */
  readonly where: string;
  /** Only there; absent: everywhere. */
  readonly platform?: Platform;
  readonly why: string;
}

const thanosAlone = 'thanos-(query|query-tenants|query-frontend|store.*|compact|rule|replicate|bucket-web)';

const explained: readonly Explained[] = [
  {
    severity: 'CRITICAL',
    finding: 'CPU limit is not set',
    of: /./,
    where: 'every container',
    why: 'CPU is requested and not limited. Monitoring that is throttled is blind when it is needed, while the node has processors to spare; what is requested is guaranteed to the others.',
  },
  {
    severity: 'CRITICAL',
    finding: 'ImagePullPolicy is not set to Always',
    of: /./,
    where: 'every container',
    why: 'Images are pinned by version, and by digest with `imageDigests`: what the node has is what would be pulled. With Always no pod would start anew while the registry is away.',
  },
  {
    severity: 'CRITICAL',
    finding: 'The container is running with a low user ID',
    of: new RegExp(`/(${thanosAlone}|grafana|cadvisor|object-store)$`),
    where: 'Thanos, Grafana, the embedded object store; cAdvisor',
    why: "Thanos (1001) and Grafana (472) run as the users of their images, the object store as 1000. None of them sees files of its node, so that a user of the node with the same number has nothing to do with them; their volumes hold files of these users. cAdvisor is root, because cgroups and the container runtime are root's: in a namespace of its own, without privileges, and with the host's files read-only.",
  },
  {
    severity: 'CRITICAL',
    finding: 'The container running with a low group ID',
    of: new RegExp(`/(${thanosAlone}|grafana|cadvisor|object-store)$`),
    where: 'the same',
    why: 'The same.',
  },
  {
    severity: 'CRITICAL',
    finding: 'Container has the same readiness and liveness probe',
    of: /\/(alertmanager|cadvisor|grafana|memcached|node-exporter|object-store)$/,
    where: 'Grafana, memcached, node-exporter, cAdvisor, the embedded object store; Alertmanager behind mutual TLS',
    why: 'They have one endpoint that says whether they serve, and it asks nobody else. Readiness is asked every 5 s, liveness every 30 s and fails after 4 minutes only: a busy program is left alone, one that hangs starts again.',
  },
  {
    severity: 'CRITICAL',
    finding: 'The services selector does not match any pods',
    of: /^Service\/.*-\d+-(exposed|localhost)$/,
    where: 'Services of one pod of a StatefulSet',
    why: 'They select it by the label `statefulset.kubernetes.io/pod-name`, which Kubernetes sets on each pod and kube-score does not know of.',
  },
  {
    severity: 'CRITICAL',
    finding: 'StatefulSet does not have a valid serviceName',
    of: /\/(grafana|thanos-compact)$/,
    where: 'Grafana, compactor',
    why: 'Their Service is not headless. A headless one gives each pod a name of its own; there is one pod, and nobody asks for it by name.',
  },
  {
    severity: 'CRITICAL',
    finding: 'Ephemeral Storage limit is not set',
    of: /./,
    where: 'every container, on kind',
    platform: 'kind',
    why: 'Nodes of kind have no such storage to give where Docker or Podman run without root, and pods that ask for some start nowhere. Nothing can be written outside of volumes, and volumes have a size. On EKS it is requested and limited.',
  },
  {
    severity: 'CRITICAL',
    finding: 'Ephemeral Storage request is not set',
    of: /./,
    where: 'every container, on kind',
    platform: 'kind',
    why: 'The same.',
  },
  {
    severity: 'WARNING',
    finding: 'Deployment few replicas',
    of: /\/thanos-bucket-web$/,
    where: 'bucket web',
    why: 'A page for people that keeps nothing. It is away for some seconds when its node goes, and no alert or graph depends on it.',
  },
  {
    severity: 'WARNING',
    finding: 'Deployment few replicas',
    of: /\/thanos-replicate$/,
    where: 'replicator',
    why: 'Two would copy the same blocks at the same time. While it is away the second bucket lags, which is alerted; the first has everything.',
  },
  {
    severity: 'WARNING',
    finding: 'Deployment few replicas',
    of: /\/thanos-(query|query-tenants|query-frontend|store)$/,
    where: 'queriers, query-frontend and store gateway, on kind',
    platform: 'kind',
    why: 'One of each on a machine that is lost as a whole. [high-availability.md](high-availability.md) says how to have several; on EKS there are.',
  },
  {
    severity: 'WARNING',
    finding: 'The service is of type NodePort',
    of: /-(exposed|localhost)$/,
    where: 'the ports of localhost, and sidecars that other clusters reach by nodes; on kind',
    platform: 'kind',
    why: 'kind has no load balancers. Policies let in private addresses only, or those of `allowFrom`.',
  },
];

/** A line of `kube-score score --output-format ci`: severity, name, namespace if any, version and kind, container if any, finding. */
const line = /^\[(\w+)\] ([^/ ]+)(?:\/(\S+))? \S*?(\w+)(?:: (?:\((\S+)\) )?(.*))?$/;

const used = new Set<Explained>();

/** Findings that nobody has explained, in kube-score's words; explanations that are needed are noted. */
export const unexplained = (output: string, platform: Platform): string[] =>
  output.split('\n').filter((text) => {
    const [, severity, name, , kind, , finding] = line.exec(text) ?? [];
    if (text.trim() === '' || severity === 'OK' || severity === 'SKIPPED') return false;
    const known = explained.find(
      (e) =>
        e.severity === severity &&
        e.finding === finding &&
        e.of.test(`${kind}/${name}`) &&
        (!e.platform || e.platform === platform),
    );
    if (known) used.add(known);
    return !known;
  });

/** Explanations of what none of the fleets has that were looked at so far. */
export const needless = (): string[] => explained.filter((e) => !used.has(e)).map((e) => `${e.finding}: ${e.where}`);

/** The page that explains them. */
export const kubeScorePage = (): OutputFile => ({
  path: 'docs/kube-score.md',
  text: `# kube-score

\`npm run verify\` has [kube-score](https://github.com/zegl/kube-score) ${kubeScoreVersion} look at every checked-in fleet, and fails on every finding,
critical or not, that is not explained here, and on every explanation that no fleet needs any more. \`npm run generate\` makes this page from
[scripts/verify/kube-score.ts](../scripts/verify/kube-score.ts).

| severity | finding | where | why it is right |
|---|---|---|---|
${explained.map((e) => `| ${e.severity.toLowerCase()} | ${e.finding} | ${e.where} | ${e.why} |`).join('\n')}

## Pod Security

Every namespace enforces the level \`restricted\`, but for that of the node agents: node-exporter reads the node's files and shares its network
and processes, cAdvisor reads cgroups and the container runtime's files. That namespace has the level \`privileged\`, and nothing else in it.
\`npm run e2e\` tries to start a privileged pod in each.
`,
});

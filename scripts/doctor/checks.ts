// What doctor looks at: Kubernetes for what runs, the querier for what it knows of itself (every component is scraped),
// and the programs that can tell more. Expectations come from the topology, never from a list.
import { adminSecretName } from '../../charts/components/grafana';
import { datasource } from '../../charts/config/grafana';
import { overShards } from '../../charts/dashboards/shards';
import type { Synthesized } from '../../charts/fleet';
import { isSpread } from '../../charts/fleet/exposure';
import type { ResolvedKubernetes } from '../../charts/fleet/resolve';
import { clusterLabel } from '../../charts/fleet/resolve';
import { seconds } from '../../charts/kit/units';
import { allowedSkew } from '../../charts/rules/fleet';
import type { Topology } from '../../charts/topology';
import { certificateFleet } from '../certificates/fleet';
import { readCertificates } from '../certificates/keep';
import { ends } from '../certificates/plan';
import { left, showCertificates } from '../certificates/show';
import { components, fleetPods, troubles } from '../lib/components';
import { unreachable } from '../lib/contexts';
import { each } from '../lib/each';
import {
  type ClientTls,
  type Forward,
  fetchJson,
  fetchJsonByTls,
  instantQuery,
  Kubectl,
  type KubeObject,
  type Sample,
  ToolError,
} from '../lib/kubectl';
import { externalFindings, type Sidecar } from './externals';
import { type Finding, finding } from './finding';

interface Context {
  readonly synthesized: Synthesized;
  readonly topology: Topology;
  /** The observer's. */
  readonly kubectl: Kubectl;
  readonly query: (expr: string, parameters?: Record<string, string>) => Promise<Sample[]>;
  readonly queryUrl: string;
}

type Check = (context: Context) => Promise<Finding[]>;

const value = (samples: readonly Sample[], labels: Record<string, string> = {}): number | undefined => {
  const found = samples.find((s) => Object.entries(labels).every(([k, v]) => s.metric[k] === v));
  return found ? Number(found.value[1]) : undefined;
};

const list = (texts: readonly string[], most = 5): string =>
  `${texts.slice(0, most).join(', ')}${texts.length > most ? ` and ${texts.length - most} more` : ''}`;

const ago = (s: number): string =>
  s < 120 ? `${Math.round(s)} s` : s < 7200 ? `${Math.round(s / 60)} min` : `${(s / 3600).toFixed(1)} h`;

/** Over which failures are counted: four scrapes of whoever is scraped least often, so that what is mended is soon forgotten. */
const lately = ({ fleet }: Topology): string => `${4 * Math.max(15, ...fleet.clusters.map((c) => seconds(c.scrapeInterval)))}s`;

/** A kubectl command line of a Kubernetes cluster, for people. */
const kubectlIn = ({ fleet }: Topology, kubernetes: string, namespace: string): string =>
  `kubectl --context ${fleet.kubernetes.find((k) => k.name === kubernetes)?.context} -n ${namespace}`;
const kubectlInObserver = (topology: Topology): string =>
  kubectlIn(topology, topology.fleet.observer.in, topology.fleet.observer.namespace);

/** What runs in one Kubernetes cluster. */
const workloads = async ({ fleet }: Topology, { name, context }: ResolvedKubernetes): Promise<Finding[]> => {
  const kubectl = new Kubectl(context);
  const where = fleet.kubernetes.length > 1 ? `${name} ` : '';
  const of = fleet.kubernetes.length > 1 ? name : fleet.name;
  const all = await components(kubectl, fleet.name);
  const bad = troubles(await fleetPods(kubectl, fleet.name));
  if (all.length === 0)
    return [
      finding('pods', of, 'wrong', 'nothing of the fleet is deployed', `npm run up, or kubectl apply (context ${context})`),
    ];
  const open = all.filter((c) => !c.done);
  return [
    finding(
      'pods',
      of,
      open.length === 0 ? 'ok' : 'wrong',
      `${all.length - open.length} of ${all.length} components ready`,
      `not ready: ${list(open.map((c) => `${c.namespace}/${c.name} ${c.ready}/${c.wanted}`))}`,
    ),
    ...bad.map((b) => finding('pods', `${where}${b.pod}`, 'wrong', `${b.reason}: ${b.message.slice(0, 200)}`, b.remedy)),
  ];
};

const endpoints: Check = async ({ topology, queryUrl }) => {
  const answer: Record<string, KubeObject[]> = (await fetchJson(`${queryUrl}/api/v1/stores`)).data;
  const alive = (type: string) => (answer[type] ?? []).filter((e) => !e.lastError);
  const clusterOf = (e: KubeObject): string | undefined =>
    (e.labelSets ?? []).map((l: Record<string, string>) => l[clusterLabel]).find(Boolean);
  const perCluster = topology.clusters.map(({ cluster }) => {
    const seen = alive('sidecar').filter((e) => clusterOf(e) === cluster.name).length;
    return finding(
      'StoreAPI endpoints',
      `sidecars of ${cluster.name}`,
      seen === cluster.replicas ? 'ok' : 'wrong',
      `${seen} of ${cluster.replicas}`,
      cluster.in === topology.fleet.observer.in
        ? `the pod is down or not ready, or a NetworkPolicy between query and sidecar is missing: ${kubectlIn(topology, cluster.in, cluster.namespace)} get pods`
        : `the pod is down, the way to it is cut, or its certificate is refused: ${kubectlIn(topology, cluster.in, cluster.namespace)} get pods; npm run certs -- --check; what the querier says is below`,
    );
  });
  const { stores, ruler } = topology.observer;
  const expected = [
    ['store', 'store gateways', stores.length], // the replicas of each are one endpoint
    ['rule', 'rulers', ruler.workload.replicas],
  ] as const;
  const global = expected.map(([type, of, wanted]) => {
    const seen = alive(type).length;
    return finding(
      'StoreAPI endpoints',
      of,
      seen === wanted ? 'ok' : 'wrong',
      `${seen} of ${wanted}`,
      `${kubectlInObserver(topology)} get pods -l app.kubernetes.io/component=${type}; see the log of what is not ready`,
    );
  });
  const failing = Object.values(answer)
    .flat()
    .filter((e) => e.lastError);
  const { externals } = topology.fleet;
  const own = topology.clusters.map((c) => c.cluster.name);
  return [
    ...perCluster,
    ...externalFindings(externals, own, (answer.sidecar ?? []) as Sidecar[]),
    ...global,
    ...failing.map((e) =>
      finding(
        'StoreAPI endpoints',
        String(e.name),
        'warning',
        String(e.lastError),
        'one that was looked up in the DNS is dropped after 5 minutes; one of another Kubernetes cluster is asked until it answers',
      ),
    ),
  ];
};

const pairs: Check = async ({ topology, query }) => {
  const expr = `count by (${clusterLabel}) (prometheus_build_info{job="prometheus"})`;
  const [plain, merged] = await Promise.all([query(expr, { dedup: 'false' }), query(expr, { dedup: 'true' })]);
  return topology.clusters.map(({ cluster: { name, replicas } }) => {
    const [raw, deduplicated] = [value(plain, { cluster: name }), value(merged, { cluster: name })];
    // each replica scrapes every replica
    const ok = raw === replicas * replicas && deduplicated === replicas;
    return finding(
      'replica pair',
      name,
      ok ? 'ok' : 'wrong',
      `${raw ?? 0} series of ${replicas} replicas, ${deduplicated ?? 0} deduplicated (expected ${replicas * replicas} and ${replicas})`,
      (deduplicated ?? 0) > replicas
        ? 'the replica label of query and Prometheus differ: graphs are doubled'
        : 'a replica does not answer or does not scrape its peer',
    );
  });
};

const targets: Check = async ({ topology, query }) => {
  const [down, all, twice] = await Promise.all([
    query('up == 0'),
    query(`count by (${clusterLabel}) (up)`),
    query(`count by (job, namespace, pod, instance) (count by (${clusterLabel}, job, namespace, pod, instance) (up)) > 1`),
  ]);
  return [
    ...topology.clusters.map(({ cluster: { name } }) => {
      const dead = down.filter((s) => s.metric.cluster === name).map((s) => `${s.metric.job} ${s.metric.instance}`);
      const total = value(all, { cluster: name }) ?? 0;
      return finding(
        'targets',
        name,
        dead.length === 0 && total > 0 ? 'ok' : 'wrong',
        `${total - dead.length} of ${total} up`,
        total === 0 ? 'the cluster sends no data at all' : `down: ${list(dead)}`,
      );
    }),
    finding(
      'targets',
      'counted once',
      twice.length === 0 ? 'ok' : 'wrong',
      `${twice.length} in more than one cluster`,
      `two clusters scrape ${list(twice.map((s) => `${s.metric.job} ${s.metric.instance}`))}: see clusters.<name>.nodes and .namespaces`,
    ),
  ];
};

const uploads: Check = async ({ topology, query }) => {
  const job = 'job="thanos-sidecar"';
  const [last, started, failures] = await Promise.all([
    query(`time() - (max by (cluster, pod) (thanos_objstore_bucket_last_successful_upload_time{${job}}) > 0)`),
    query(`time() - max by (cluster, pod) (process_start_time_seconds{${job}})`),
    query(`sum by (cluster, pod) (increase(thanos_shipper_dir_sync_failures_total{${job}}[10m]))`),
  ]);
  return topology.clusters.flatMap(({ cluster, workload }) => {
    // a block is cut when the head spans one and a half of it, and uploaded within half a minute
    const due = seconds(cluster.blockDuration) * 2.5 + 300;
    return Array.from({ length: cluster.replicas }, (_, i) => {
      const labels = { cluster: cluster.name, pod: `${workload.name}-${i}` };
      const [lag, age, failed] = [value(last, labels), value(started, labels), value(failures, labels) ?? 0];
      const of = `${cluster.name} ${labels.pod}`;
      const hoursLeft = (seconds(cluster.retention) - (lag ?? age ?? 0)) / 3600;
      if (age === undefined)
        return finding(
          'uploads',
          of,
          'wrong',
          'its sidecar is not scraped',
          'is the pod up, and its Prometheus scraped by its peer?',
        );
      if (failed >= 2)
        return finding(
          'uploads',
          of,
          'wrong',
          `${Math.round(failed)} failed attempts in 10 min; ${hoursLeft.toFixed(0)} h until blocks are lost`,
          `${kubectlIn(topology, cluster.in, cluster.namespace)} logs ${labels.pod} -c thanos-sidecar; is the object store up, are its credentials right?`,
        );
      if (lag === undefined && age < due)
        return finding(
          'uploads',
          of,
          'ok',
          `no block is due yet (the first after about ${ago(due - 300)}, up for ${ago(age)})`,
          '',
        );
      const late = (lag ?? age) > due;
      return finding(
        'uploads',
        of,
        late ? 'warning' : 'ok',
        lag === undefined ? `nothing uploaded for ${ago(age)}` : `last upload ${ago(lag)} ago`,
        `expected every ${cluster.blockDuration}; ${hoursLeft.toFixed(0)} h until blocks are lost: ${kubectlIn(topology, cluster.in, cluster.namespace)} logs ${labels.pod} -c thanos-sidecar`,
      );
    });
  });
};

const store: Check = async ({ topology, query }) => {
  const window = lately(topology);
  const [loaded, failures, synced] = await Promise.all([
    query(overShards('thanos_bucket_store_blocks_loaded{job="thanos-store"}')),
    query(
      `sum(increase(thanos_bucket_store_block_load_failures_total{job="thanos-store"}[${window}])) + sum(increase(thanos_blocks_meta_sync_failures_total{job="thanos-store"}[${window}]))`,
    ),
    query(overShards('thanos_blocks_meta_synced{job="thanos-store", state="loaded"}')),
  ]);
  const [blocks, failed, known] = [value(loaded), value(failures) ?? 0, value(synced)];
  const remedy = `${kubectlInObserver(topology)} logs -l app.kubernetes.io/component=store`;
  if (blocks === undefined)
    return [finding('store gateway', 'blocks', 'wrong', 'it tells nothing of itself', `is it up and scraped? ${remedy}`)];
  return [
    finding(
      'store gateway',
      'blocks',
      failed >= 1 ? 'wrong' : blocks === known ? 'ok' : 'warning',
      `${blocks} loaded of ${known ?? '?'} known, ${Math.round(failed)} failures in ${window}`,
      remedy,
    ),
  ];
};

const compactor: Check = async ({ topology, query }) => {
  const [halted, todo, down, failures] = await Promise.all([
    query('max(thanos_compact_halted{job="thanos-compact"})'),
    query('max(thanos_compact_todo_compactions{job="thanos-compact"})'),
    query('max(thanos_compact_todo_downsample_blocks{job="thanos-compact"})'),
    query('sum(increase(thanos_compact_group_compactions_failures_total{job="thanos-compact"}[1h]))'),
  ]);
  const logs = `${kubectlInObserver(topology)} logs thanos-compact-0`;
  const stopped = value(halted);
  const backlog = (value(todo) ?? 0) + (value(down) ?? 0);
  return [
    finding(
      'compactor',
      'halted',
      stopped === 0 ? 'ok' : 'wrong',
      stopped === undefined ? 'it tells nothing of itself' : stopped === 0 ? 'no' : 'yes: it has stopped for good',
      `overlapping blocks or a broken one; ${logs}`,
    ),
    finding(
      'compactor',
      'backlog',
      backlog < 50 ? 'ok' : 'warning',
      `${value(todo) ?? 0} compactions and ${value(down) ?? 0} blocks to downsample wait; ${Math.round(value(failures) ?? 0)} failures in 1 h`,
      `it is behind: more CPU or disk; ${logs}`,
    ),
  ];
};

const rules: Check = async ({ topology, query }) => {
  const window = lately(topology);
  const [failures, dropped, evaluated] = await Promise.all([
    query(`sum by (cluster, job) (increase(prometheus_rule_evaluation_failures_total[${window}]))`),
    query(
      `sum(increase(thanos_alert_queue_alerts_dropped_total[${window}])) + sum(increase(thanos_alert_sender_alerts_dropped_total[${window}]))`,
    ),
    query('max by (cluster, job) (sum by (cluster, job, pod) (prometheus_rule_group_rules))'),
  ]);
  const line = (of: string, labels: Record<string, string>, logs: string): Finding => {
    const failed = value(failures, labels) ?? 0;
    const count = value(evaluated, labels) ?? 0;
    return finding(
      'rules',
      of,
      count === 0 ? 'wrong' : failed >= 1 ? 'wrong' : 'ok',
      `${count} evaluated, ${Math.round(failed)} failures in ${window}`,
      count === 0 ? `no rule is loaded; ${logs}` : `the failing rule is in the log: ${logs}`,
    );
  };
  const lost = value(dropped) ?? 0;
  return [
    ...topology.clusters.map(({ cluster }) =>
      line(
        cluster.name,
        { cluster: cluster.name, job: 'prometheus' },
        `${kubectlIn(topology, cluster.in, cluster.namespace)} logs prometheus-0 -c prometheus`,
      ),
    ),
    line('ruler', { job: 'thanos-rule' }, `${kubectlInObserver(topology)} logs thanos-rule-0`),
    finding(
      'rules',
      'alerts of the ruler',
      lost >= 1 ? 'wrong' : 'ok',
      `${Math.round(lost)} dropped in ${window}`,
      'no Alertmanager takes them',
    ),
  ];
};

/** What the ruler shows to the Alertmanagers, and doctor with it; nothing where they speak no TLS. */
const alertmanagerTls = async (
  { observer: { alertmanager, ruler } }: Topology,
  kubectl: Kubectl,
): Promise<ClientTls | undefined> => {
  const servername = alertmanager.http.serverName;
  if (!servername || !ruler.clientTls) return undefined;
  const [secret] = await kubectl.get(['secret', ruler.clientTls.secret, '-n', ruler.clientTls.namespace]);
  const text = (key: string) => Buffer.from(secret.data[key] ?? '', 'base64').toString();
  return { cert: text('tls.crt'), key: text('tls.key'), ca: text('ca.crt'), servername };
};

const alertmanagers: Check = async ({ topology, kubectl, query }) => {
  const window = lately(topology);
  const { workload } = topology.observer.alertmanager;
  const tls = await alertmanagerTls(topology, kubectl);
  const { replicas, namespace, name } = workload;
  const peers = await Promise.all(
    Array.from({ length: replicas }, async (_, i) => {
      const pod = `${name}-${i}`;
      let forward: Forward | undefined;
      try {
        forward = await kubectl.forward(namespace, `pod/${pod}`, topology.observer.alertmanager.http.port.number);
        const path = '/api/v2/status';
        const status = tls
          ? await fetchJsonByTls(forward.url.replace('http:', 'https:') + path, tls)
          : await fetchJson(forward.url + path);
        const seen = replicas === 1 && status.cluster?.status === 'disabled' ? 1 : (status.cluster?.peers?.length ?? 0);
        return finding(
          'Alertmanager',
          pod,
          seen === replicas ? 'ok' : 'wrong',
          `${seen} of ${replicas} peers`,
          'port 9094 tcp and udp between the peers; silences and notifications are not shared until then',
        );
      } catch (error) {
        return finding(
          'Alertmanager',
          pod,
          'wrong',
          `no answer: ${(error as Error).message.slice(0, 120)}`,
          `${kubectlInObserver(topology)} describe pod ${pod}`,
        );
      } finally {
        forward?.close();
      }
    }),
  );
  const [discovered, failures] = await Promise.all([
    query('min by (cluster) (prometheus_notifications_alertmanagers_discovered{job="prometheus"})'),
    query(`sum by (cluster) (increase(prometheus_notifications_errors_total{job="prometheus"}[${window}]))`),
  ]);
  const senders = topology.clusters.map(({ cluster }) => {
    const seen = value(discovered, { cluster: cluster.name });
    const failed = Math.round(value(failures, { cluster: cluster.name }) ?? 0);
    return finding(
      'Alertmanager',
      `senders of ${cluster.name}`,
      seen === replicas && failed === 0 ? 'ok' : 'wrong',
      `${seen ?? 0} of ${replicas} known to every replica; ${failed} alerts not delivered in ${window}`,
      failed > 0
        ? `the way to an Alertmanager is cut, or a certificate is refused: ${kubectlIn(topology, cluster.in, cluster.namespace)} logs prometheus-0 -c prometheus`
        : 'its alerts may be delivered twice or not at all',
    );
  });
  return [...peers, ...senders];
};

const grafana: Check = async ({ topology, kubectl }) => {
  const { workload, http } = topology.observer.grafana;
  const secret = adminSecretName(topology.fleet);
  let forward: Forward | undefined;
  try {
    const [credentials] = await kubectl.get(['secret', secret, '-n', workload.namespace]);
    const decode = (key: string) => Buffer.from(credentials.data[key] ?? '', 'base64').toString();
    const authorization = `Basic ${Buffer.from(`${decode('admin-user')}:${decode('admin-password')}`).toString('base64')}`;
    forward = await kubectl.forward(workload.namespace, `svc/${workload.name}`, http.port.number);
    const answer = await fetchJson(`${forward.url}/api/datasources/uid/${datasource.uid}/health`, { headers: { authorization } });
    return [
      finding(
        'Grafana',
        'datasource',
        answer.status === 'OK' ? 'ok' : 'wrong',
        String(answer.message ?? answer.status),
        'can Grafana reach the query-frontend?',
      ),
    ];
  } catch (error) {
    return [
      finding(
        'Grafana',
        'datasource',
        'wrong',
        (error as Error).message.slice(0, 200),
        `the Secret ${secret}, the pod ${workload.name}-0, and its way to the query-frontend`,
      ),
    ];
  } finally {
    forward?.close();
  }
};

const certificates: Check = async ({ synthesized, topology: { fleet } }) => {
  const wanted = certificateFleet(synthesized);
  if (!wanted)
    return [finding('certificates', 'fleet', 'ok', 'no TLS between its parts: all of it is inside one Kubernetes cluster', '')];
  const remedy = 'npm run certs -- --check shows all';
  let state: Awaited<ReturnType<typeof readCertificates>>;
  try {
    state = await readCertificates(wanted);
  } catch (error) {
    return [finding('certificates', 'fleet', 'wrong', `could not be read: ${(error as Error).message.slice(0, 200)}`, remedy)];
  }
  const now = new Date();
  const { problems } = showCertificates(wanted, state, now, fleet.tls.certManager !== undefined);
  const first = Math.min(...state.leaves.flatMap((l) => (l.stored?.certificate ? [ends(l.stored.certificate)] : [])));
  const until = Number.isFinite(first) ? `; the first ends in ${left(first - now.getTime())}` : '';
  return [
    finding(
      'certificates',
      'fleet',
      problems.length === 0 ? 'ok' : 'wrong',
      `${state.leaves.filter((l) => l.stored).length} of ${state.leaves.length}${until}`,
      `${list(problems)}; ${remedy}`,
    ),
  ];
};

/** How far the newest samples of each cluster are from the observer's clock; ones from the future are seen from there only. */
const clocks: Check = async ({ topology, query }) => {
  if (!isSpread(topology.fleet)) return [];
  const now = Date.now() / 1000;
  const newest = await query(`max by (${clusterLabel}) (timestamp(up))`, { time: String(now + 150) });
  const here = value(newest, {
    [clusterLabel]: topology.clusters.find((c) => c.cluster.in === topology.fleet.observer.in)?.cluster.name ?? '',
  });
  return topology.clusters.flatMap(({ cluster }): Finding[] => {
    const at = value(newest, { [clusterLabel]: cluster.name });
    if (at === undefined) return []; // the check of targets says so
    const ahead = Math.round(at - (here ?? now));
    return [
      finding(
        'clocks',
        cluster.name,
        ahead > allowedSkew.ahead || -ahead > allowedSkew.behind ? 'wrong' : 'ok',
        `newest samples ${ahead >= 0 ? `${ahead} s ahead` : `${-ahead} s behind`}`,
        `its nodes' clocks and the observer's differ, or its data are late: docs/runbooks/ClusterClockSkew.md`,
      ),
    ];
  });
};

const alerts: Check = async ({ query }) => {
  const firing = await query('ALERTS{alertstate="firing", severity!="none"}');
  const names = firing.map((s) => `${s.metric.alertname} (${s.metric.cluster ?? 'fleet'})`).sort();
  return [
    finding(
      'alerts',
      'firing',
      firing.length === 0 ? 'ok' : 'warning',
      `${firing.length}`,
      `${list([...new Set(names)])}; runbooks: docs/runbooks`,
    ),
  ];
};

const checks: readonly (readonly [string, Check])[] = [
  ['StoreAPI endpoints', endpoints],
  ['replica pairs', pairs],
  ['targets', targets],
  ['uploads', uploads],
  ['store gateway', store],
  ['compactor', compactor],
  ['rules', rules],
  ['Alertmanager', alertmanagers],
  ['Grafana', grafana],
  ['certificates', certificates],
  ['clocks', clocks],
  ['alerts', alerts],
];

/**
 * Inspects a running fleet.
 * @param say is told what is being looked at
 * @throws ToolError when the observer's Kubernetes cluster cannot be reached
 */
export const inspect = async (synthesized: Synthesized, say: (what: string) => void): Promise<Finding[]> => {
  const { topology } = synthesized;
  const kubectl = new Kubectl(topology.observer.kubernetes.context);
  const { workload, http } = topology.observer.query;
  say('Looking at pods …');
  const { kubernetes } = topology.fleet;
  const silent = await unreachable(kubernetes);
  const observer = silent.find((s) => s.kubernetes === topology.observer.kubernetes);
  if (observer) throw new ToolError(observer.reason);
  const there = kubernetes.filter((k) => !silent.some((s) => s.kubernetes === k));
  const findings = [
    ...silent.map(({ kubernetes: k, reason }) => {
      const [problem = '', ...rest] = reason.split('\n').map((line) => line.trim());
      return finding('Kubernetes cluster', k.name, 'wrong', problem, rest.join(' ').slice(0, 300));
    }),
    ...(await each(there, (k) => workloads(topology, k))).flat(),
  ];
  let forward: Forward;
  try {
    forward = await kubectl.forward(workload.namespace, `svc/${workload.name}`, http.port.number);
  } catch (error) {
    return [
      ...findings,
      finding(
        'query',
        workload.name,
        'wrong',
        (error as Error).message.slice(0, 200),
        'without the querier nothing more can be said; mend it first',
      ),
    ];
  }
  const context: Context = {
    synthesized,
    topology,
    kubectl,
    queryUrl: forward.url,
    query: (expr, parameters) => instantQuery(forward.url, expr, parameters),
  };
  try {
    for (const [name, check] of checks) {
      say(`Looking at ${name} …`);
      try {
        findings.push(...(await check(context)));
      } catch (error) {
        findings.push(
          finding(
            name,
            'fleet',
            'wrong',
            `could not be checked: ${(error as Error).message.slice(0, 200)}`,
            'is the querier well?',
          ),
        );
      }
    }
  } finally {
    forward.close();
  }
  return findings;
};

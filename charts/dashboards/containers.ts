// Containers: CPU, memory, network and disk by namespace, pod and container, from cAdvisor.
import {
  dashboard,
  graph,
  highIsBad,
  neutral,
  noneIsBetter,
  noneIsGood,
  type ProvisionedDashboard,
  rate,
  selected,
  share,
  stat,
  table,
  top,
  variable,
  worst,
} from './panels';

const chosen = `${selected}, job="cadvisor", namespace=~"$namespace", pod=~"$pod"`;
/** Without the sandboxes of pods, which hold nothing but the network. */
const container = `${chosen}, container!=""`;

type Level = 'namespace' | 'pod' | 'container';
const labels: Readonly<Record<Level, readonly string[]>> = {
  namespace: ['cluster', 'namespace'],
  pod: ['cluster', 'namespace', 'pod'],
  container: ['cluster', 'namespace', 'pod', 'container'],
};
const legends: Readonly<Record<Level, string>> = {
  namespace: '{{cluster}} {{namespace}}',
  pod: '{{cluster}} {{namespace}} {{pod}}',
  container: '{{cluster}} {{pod}} {{container}}',
};
const by = (level: Level): string => `by (${labels[level].join(', ')})`;
const sum = (level: Level, expr: string): string => `sum ${by(level)} (${expr})`;
const topBy = (level: Level, expr: string) => [{ expr: top(sum(level, expr)), legend: legends[level] }];

const cpu = rate(`container_cpu_usage_seconds_total{${container}}`);
const memory = `container_memory_working_set_bytes{${container}}`;
/** Containers without a limit report 0, or more than any machine has. */
const limit = `(container_spec_memory_limit_bytes{${container}} > 0 < 2^50)`;
const ofLimit = `max ${by('container')} (${memory} / ${limit})`;
const network = (what: string): string => rate(`container_network_${what}_total{${chosen}}`);
/** A container that starts again has another id: what there was within the time, less what it should be. */
const restarts = (level: Level, range: string): string =>
  `sum ${by(level)} (count ${by('container')} (last_over_time(container_start_time_seconds{${container}}[${range}])) - 1)`;
/** cAdvisor has counters of a container's disk only where the runtime and the kernel do: 0 for the rest. */
const disk = (what: string): string =>
  `(${sum('pod', rate(`container_fs_${what}_bytes_total{${container}}`))} or 0 * group ${by('pod')} (${memory}))`;
const hundred = (expr: string): string => `topk(100, ${expr})`;

export const containers = (): ProvisionedDashboard =>
  dashboard({
    uid: 'containers',
    title: 'Containers',
    description:
      'What every container uses, from cAdvisor. Containers belong to the cluster that watches their Kubernetes cluster, whatever cluster of the fleet their namespace is for.',
    tags: ['kubernetes'],
    variables: [
      variable(
        'namespace',
        'Namespace',
        `label_values(container_memory_working_set_bytes{${selected}, container!=""}, namespace)`,
      ),
      variable(
        'pod',
        'Pod',
        `label_values(container_memory_working_set_bytes{${selected}, namespace=~"$namespace", container!=""}, pod)`,
      ),
    ],
    rows: {
      'Chosen pods together': [
        stat({ title: 'Containers', description: 'That run.', unit: 'none', expr: `count(${memory})`, thresholds: neutral }),
        stat({ title: 'CPU', description: 'Cores in use.', unit: 'none', decimals: 2, expr: `sum(${cpu})`, thresholds: neutral }),
        stat({
          title: 'Memory',
          description: 'Working set: what cannot be given back.',
          unit: 'bytes',
          decimals: 1,
          expr: `sum(${memory})`,
          thresholds: neutral,
        }),
        stat({
          title: 'Nearest to its limit',
          description: 'Working set against the memory limit, of the container that is nearest. At 100 % it is killed.',
          unit: 'percentunit',
          decimals: 0,
          expr: `max(${ofLimit}) or vector(0)`,
          thresholds: highIsBad(0.8, 0.95),
        }),
        stat({
          title: 'Killed for memory',
          description: 'Processes killed because their container was at its limit, within the chosen time.',
          unit: 'none',
          decimals: 0,
          expr: `sum(increase(container_oom_events_total{${container}}[$__range]))`,
          instant: true,
          thresholds: noneIsGood,
        }),
        stat({
          title: 'Started again',
          description: 'Containers that ended and started again within the chosen time; pods of the same name included.',
          unit: 'none',
          decimals: 0,
          expr: `sum(${restarts('pod', '$__range')})`,
          instant: true,
          thresholds: noneIsBetter,
        }),
        stat({
          title: 'Received',
          description: 'By all pods.',
          unit: 'Bps',
          decimals: 1,
          expr: `sum(${network('receive_bytes')})`,
          thresholds: neutral,
        }),
        stat({
          title: 'Sent',
          description: 'By all pods.',
          unit: 'Bps',
          decimals: 1,
          expr: `sum(${network('transmit_bytes')})`,
          thresholds: neutral,
        }),
      ],
      'Pod by pod': [
        table({
          title: 'Pods',
          description:
            'Of each column the hundred highest. Of its limit: of the container of the pod that is nearest to its own. Started again: within an hour.',
          keys: [
            { label: 'cluster', name: 'Cluster', width: 130, links: { nodes: 'Nodes of ${__value.text}' } },
            { label: 'namespace', name: 'Namespace', width: 190, links: { containers: 'Only ${__value.text}' } },
            { label: 'pod', name: 'Pod', width: 320, links: { containers: 'Only ${__value.text}' } },
          ],
          columns: [
            { name: 'Memory', expr: hundred(sum('pod', memory)), unit: 'bytes', decimals: 1 },
            {
              name: 'Of its limit',
              expr: hundred(`(max ${by('pod')} (${ofLimit}) or 0 * group ${by('pod')} (${memory}))`),
              unit: 'percentunit',
              decimals: 0,
              thresholds: highIsBad(0.8, 0.95),
            },
            { name: 'CPU', expr: hundred(sum('pod', cpu)), unit: 'none', decimals: 3 },
            { name: 'Received', expr: hundred(sum('pod', network('receive_bytes'))), unit: 'Bps', decimals: 1 },
            { name: 'Sent', expr: hundred(sum('pod', network('transmit_bytes'))), unit: 'Bps', decimals: 1 },
            { name: 'Started again', expr: hundred(restarts('pod', '1h')), unit: 'none', decimals: 0, thresholds: noneIsBetter },
          ],
          sortBy: 'Memory',
          height: 12,
        }),
      ],
      CPU: [
        graph({
          title: 'CPU by namespace',
          description: 'Cores in use: the ten highest.',
          unit: 'none',
          width: 12,
          decimals: 3,
          stacked: true,
          queries: topBy('namespace', cpu),
        }),
        graph({
          title: 'CPU by pod',
          description: 'Cores in use: the ten highest.',
          unit: 'none',
          width: 12,
          decimals: 3,
          queries: topBy('pod', cpu),
        }),
        graph({
          title: 'CPU by container',
          description: 'Cores in use: the ten highest.',
          unit: 'none',
          width: 12,
          decimals: 3,
          queries: topBy('container', cpu),
        }),
        graph({
          title: 'CPU of the kernel',
          max: 1,
          description:
            'Share of the CPU time of a pod that goes to the kernel: the ten highest. Much of it: disk, network, page faults.',
          unit: 'percentunit',
          width: 12,
          queries: [
            {
              expr: top(
                share(
                  sum('pod', `rate(container_cpu_system_seconds_total{${container}}[5m])`),
                  sum('pod', `rate(container_cpu_usage_seconds_total{${container}}[5m])`),
                ),
              ),
              legend: legends.pod,
            },
          ],
        }),
        graph({
          title: 'CPU throttled',
          description:
            'Share of the periods in which a container was stopped at its CPU limit: the ten worst. Containers without one never are.',
          unit: 'percentunit',
          width: 12,
          queries: [
            {
              expr: worst(
                `(${sum('container', rate(`container_cpu_cfs_throttled_periods_total{${container}}`))} / ${sum('container', rate(`container_cpu_cfs_periods_total{${container}}`))})`,
              ),
              legend: legends.container,
            },
          ],
        }),
        graph({
          title: 'Containers started again',
          description: 'Within 15 minutes, by pod: the ten worst.',
          unit: 'none',
          width: 12,
          queries: [{ expr: worst(restarts('pod', '15m')), legend: legends.pod }],
        }),
      ],
      Memory: [
        graph({
          title: 'Memory by namespace',
          description: 'Working set: the ten largest.',
          unit: 'bytes',
          width: 12,
          stacked: true,
          queries: topBy('namespace', memory),
        }),
        graph({
          title: 'Memory by pod',
          description: 'Working set: the ten largest.',
          unit: 'bytes',
          width: 12,
          queries: topBy('pod', memory),
        }),
        graph({
          title: 'Memory by container',
          description: 'Working set: the ten largest.',
          unit: 'bytes',
          width: 12,
          queries: topBy('container', memory),
        }),
        graph({
          title: 'Memory against the limit',
          description: 'Working set of containers that have a limit: the ten nearest to it. At 100 % they are killed.',
          unit: 'percentunit',
          width: 12,
          queries: [
            {
              expr: `${top(ofLimit)} or label_replace(0 * count(${memory}), "pod", "without a limit", "", "")`,
              legend: legends.container,
            },
          ],
        }),
        graph({
          title: 'Memory by kind',
          together: true,
          description: 'Of all chosen pods. Cache beyond the working set is given back when somebody needs it.',
          unit: 'bytes',
          width: 12,
          queries: [
            { expr: `sum(container_memory_rss{${container}})`, legend: 'anonymous' },
            { expr: `sum(container_memory_cache{${container}})`, legend: 'page cache' },
            { expr: `sum(${memory})`, legend: 'working set' },
          ],
        }),
        graph({
          title: 'Killed for want of memory',
          description: 'Processes within 5 minutes, by container: the ten worst.',
          unit: 'none',
          width: 12,
          queries: [
            {
              expr: worst(sum('container', `increase(container_oom_events_total{${container}}[5m])`)),
              legend: legends.container,
            },
          ],
        }),
      ],
      Network: [
        graph({
          title: 'Received by namespace',
          description: 'Bytes per second: the ten highest.',
          unit: 'Bps',
          width: 12,
          stacked: true,
          queries: topBy('namespace', network('receive_bytes')),
        }),
        graph({
          title: 'Sent by namespace',
          description: 'Bytes per second: the ten highest.',
          unit: 'Bps',
          width: 12,
          stacked: true,
          queries: topBy('namespace', network('transmit_bytes')),
        }),
        graph({
          title: 'Received by pod',
          description: 'Bytes per second: the ten highest.',
          unit: 'Bps',
          width: 12,
          queries: topBy('pod', network('receive_bytes')),
        }),
        graph({
          title: 'Sent by pod',
          description: 'Bytes per second: the ten highest.',
          unit: 'Bps',
          width: 12,
          queries: topBy('pod', network('transmit_bytes')),
        }),
        graph({
          title: 'Packets dropped by pod',
          description: 'Received and sent, per second: the ten worst.',
          unit: 'pps',
          width: 12,
          queries: [
            {
              expr: worst(
                `(${sum('pod', network('receive_packets_dropped'))} + ${sum('pod', network('transmit_packets_dropped'))})`,
              ),
              legend: legends.pod,
            },
          ],
        }),
        graph({
          title: 'Network errors by pod',
          description: 'Received and sent, per second: the ten worst.',
          unit: 'pps',
          width: 12,
          queries: [
            {
              expr: worst(`(${sum('pod', network('receive_errors'))} + ${sum('pod', network('transmit_errors'))})`),
              legend: legends.pod,
            },
          ],
        }),
      ],
      Disk: [
        graph({
          title: 'Read by pod',
          description: 'Bytes per second: the ten highest. 0 where the runtime does not tell.',
          unit: 'Bps',
          width: 12,
          queries: [{ expr: top(disk('reads')), legend: legends.pod }],
        }),
        graph({
          title: 'Written by pod',
          description: 'Bytes per second: the ten highest. 0 where the runtime does not tell.',
          unit: 'Bps',
          width: 12,
          queries: [{ expr: top(disk('writes')), legend: legends.pod }],
        }),
      ],
    },
  });

// Nodes by the USE method: utilisation, saturation and errors of CPU, memory, disk and network.
import {
  dashboard,
  graph,
  highIsBad,
  neutral,
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

const node = `${selected}, job="node-exporter", instance=~"$instance"`;
/** Interfaces of the machine: no loopback, no pod's end of a pair, no bridge of a container network. */
const physical = `${node}, device!~"lo|veth.+|cali.+|cni.+|flannel.+|lxc.+|docker.+|br-.+|tunl.+|kube-.+|nodelocaldns"`;
const filesystem = `${node}, fstype!~"tmpfs|ramfs|squashfs|overlay"`;
const disk = '{{cluster}} {{instance}} {{device}}';
const each = '{{cluster}} {{instance}}';

const max = (series: string, ...by: string[]): string => `max by (${['cluster', 'instance', ...by].join(', ')}) (${series})`;
const sum = (series: string, ...by: string[]): string => `sum by (${['cluster', 'instance', ...by].join(', ')}) (${series})`;

const cpu = `1 - avg by (cluster, instance) (${rate(`node_cpu_seconds_total{${node}, mode="idle"}`)})`;
const cores = `count by (cluster, instance) (node_cpu_seconds_total{${node}, mode="idle"})`;
const load = `${max(`node_load1{${node}}`)} / ${cores}`;
const memory = `1 - ${max(`node_memory_MemAvailable_bytes{${node}}`)} / ${max(`node_memory_MemTotal_bytes{${node}}`)}`;
/** Of a device that is mounted in several places, once. */
const full = `1 - min by (cluster, instance, device) (node_filesystem_avail_bytes{${filesystem}} / (node_filesystem_size_bytes{${filesystem}} > 0))`;

/** Pressure stall information: the share of time in which somebody waited (kernel Documentation/accounting/psi.rst). */
const pressure = (resource: string, who: string, title: string, description: string) =>
  graph({
    title,
    description: `${description} The ten highest nodes.`,
    unit: 'percentunit',
    queries: [{ expr: top(sum(rate(`node_pressure_${resource}_${who}_seconds_total{${node}}`))), legend: each }],
  });

export const nodes = (): ProvisionedDashboard =>
  dashboard({
    uid: 'nodes',
    title: 'Nodes',
    description:
      'Utilisation, saturation and errors of every node. Nodes belong to the cluster that watches their Kubernetes cluster.',
    tags: ['kubernetes'],
    variables: [variable('instance', 'Node', `label_values(node_uname_info{${selected}}, instance)`)],
    rows: {
      'Chosen nodes together': [
        stat({
          title: 'Nodes',
          description: 'Whose node-exporter answers.',
          unit: 'none',
          expr: `count(up{${node}} == 1) or vector(0)`,
          thresholds: neutral,
        }),
        stat({
          title: 'Nodes unseen',
          description: 'Whose node-exporter does not answer.',
          unit: 'none',
          expr: `count(up{${node}} == 0) or vector(0)`,
          thresholds: noneIsGood,
        }),
        stat({
          title: 'CPU in use',
          description: 'Of all cores.',
          unit: 'percentunit',
          decimals: 0,
          expr: `1 - avg(${rate(`node_cpu_seconds_total{${node}, mode="idle"}`)})`,
          thresholds: highIsBad(0.8, 0.95),
        }),
        stat({
          title: 'Highest load per core',
          description: 'Processes that run or wait, by the minute. Above 2 for long: they wait for each other.',
          unit: 'none',
          decimals: 2,
          expr: `max(${load})`,
          thresholds: highIsBad(1, 2),
        }),
        stat({
          title: 'Memory in use',
          description: 'Of all memory; what the kernel can give back counts as free.',
          unit: 'percentunit',
          decimals: 0,
          expr: `1 - sum(node_memory_MemAvailable_bytes{${node}}) / sum(node_memory_MemTotal_bytes{${node}})`,
          thresholds: highIsBad(0.8, 0.9),
        }),
        stat({
          title: 'Fullest filesystem',
          description: 'Of all nodes. Kubernetes evicts pods at 85 to 90 %.',
          unit: 'percentunit',
          decimals: 0,
          expr: `max(${full})`,
          thresholds: highIsBad(0.75, 0.85),
        }),
        stat({
          title: 'Processes killed',
          description: 'For want of memory, within the chosen time.',
          unit: 'none',
          decimals: 0,
          expr: `sum(increase(node_vmstat_oom_kill{${node}}[$__range]))`,
          instant: true,
          thresholds: noneIsGood,
        }),
        stat({
          title: 'Clocks off',
          description: 'Nodes whose kernel knows no time server. Samples and certificates need right clocks.',
          unit: 'none',
          expr: `count(node_timex_sync_status{${node}} == 0 and node_timex_maxerror_seconds{${node}} >= 16) or vector(0)`,
          thresholds: noneIsGood,
        }),
      ],
      'Node by node': [
        table({
          title: 'Nodes at a glance',
          description: 'The hundred busiest.',
          keys: [
            { label: 'cluster', name: 'Cluster', width: 150, links: { containers: 'Containers of ${__value.text}' } },
            { label: 'instance', name: 'Node', width: 220, links: { nodes: 'Only ${__value.text}' } },
          ],
          columns: [
            { name: 'CPU', expr: `topk(100, ${cpu})`, unit: 'percentunit', decimals: 0, thresholds: highIsBad(0.8, 0.95) },
            { name: 'Cores', expr: `topk(100, ${cores})`, unit: 'none' },
            { name: 'Load per core', expr: `topk(100, ${load})`, unit: 'none', decimals: 2, thresholds: highIsBad(1, 2) },
            { name: 'Memory', expr: `topk(100, ${memory})`, unit: 'percentunit', decimals: 0, thresholds: highIsBad(0.8, 0.9) },
            { name: 'Of', expr: `topk(100, ${max(`node_memory_MemTotal_bytes{${node}}`)})`, unit: 'bytes', decimals: 1 },
            {
              name: 'Fullest filesystem',
              expr: `topk(100, max by (cluster, instance) (${full}))`,
              unit: 'percentunit',
              decimals: 0,
              thresholds: highIsBad(0.75, 0.85),
            },
            {
              name: 'Received',
              expr: `topk(100, ${sum(rate(`node_network_receive_bytes_total{${physical}}`))})`,
              unit: 'Bps',
              decimals: 1,
            },
            {
              name: 'Sent',
              expr: `topk(100, ${sum(rate(`node_network_transmit_bytes_total{${physical}}`))})`,
              unit: 'Bps',
              decimals: 1,
            },
            {
              name: 'Running for',
              expr: `topk(100, time() - ${max(`node_boot_time_seconds{${node}}`)})`,
              unit: 's',
              decimals: 1,
            },
          ],
          sortBy: 'CPU',
        }),
      ],
      CPU: [
        graph({
          title: 'CPU utilisation',
          description: 'Share of the cores: the ten busiest nodes.',
          unit: 'percentunit',
          max: 1,
          queries: [{ expr: top(cpu), legend: each }],
        }),
        graph({
          title: 'CPU by mode',
          together: true,
          description: 'Cores of all chosen nodes. Steal: taken by other machines on the same host.',
          unit: 'none',
          stacked: true,
          queries: [{ expr: `sum by (mode) (${rate(`node_cpu_seconds_total{${node}, mode!="idle"}`)})`, legend: '{{mode}}' }],
        }),
        graph({
          title: 'Load per core',
          description: 'Saturation: processes that run or wait, by the minute. The ten highest nodes.',
          unit: 'none',
          decimals: 2,
          queries: [{ expr: top(load), legend: each }],
        }),
        pressure('cpu', 'waiting', 'CPU pressure', 'Saturation: share of the time in which a process waited for a core.'),
      ].map((panel) => panel.span(6)),
      Memory: [
        graph({
          title: 'Memory utilisation',
          description: 'What the kernel can give back counts as free: the ten fullest nodes.',
          unit: 'percentunit',
          max: 1,
          queries: [{ expr: top(memory), legend: each }],
        }),
        graph({
          title: 'Memory by use',
          description: 'Of all chosen nodes.',
          together: true,
          unit: 'bytes',
          stacked: true,
          queries: [
            {
              expr: `sum(node_memory_MemTotal_bytes{${node}}) - sum(node_memory_MemFree_bytes{${node}}) - sum(node_memory_Buffers_bytes{${node}}) - sum(node_memory_Cached_bytes{${node}}) - sum(node_memory_SReclaimable_bytes{${node}})`,
              legend: 'used',
            },
            {
              expr: `sum(node_memory_Cached_bytes{${node}}) + sum(node_memory_Buffers_bytes{${node}}) + sum(node_memory_SReclaimable_bytes{${node}})`,
              legend: 'caches',
            },
            { expr: `sum(node_memory_MemFree_bytes{${node}})`, legend: 'free' },
          ],
        }),
        graph({
          title: 'Major page faults',
          description: 'Saturation: pages per second that had to be read from a disk. The ten highest nodes.',
          unit: 'ops',
          queries: [{ expr: top(sum(rate(`node_vmstat_pgmajfault{${node}}`))), legend: each }],
        }),
        pressure('memory', 'waiting', 'Memory pressure', 'Saturation: share of the time in which a process waited for memory.'),
      ].map((panel) => panel.span(6)),
      Disk: [
        graph({
          title: 'Disk utilisation',
          description: 'Share of the time in which a disk had something to do: the ten busiest.',
          unit: 'percentunit',
          max: 1,
          queries: [{ expr: top(sum(rate(`node_disk_io_time_seconds_total{${node}}`), 'device')), legend: disk }],
        }),
        graph({
          title: 'Disk queue',
          description: 'Saturation: requests that are under way or wait. The ten longest queues; alerts start at 10.',
          unit: 'none',
          decimals: 2,
          queries: [{ expr: top(sum(rate(`node_disk_io_time_weighted_seconds_total{${node}}`), 'device')), legend: disk }],
        }),
        pressure('io', 'waiting', 'Disk pressure', 'Saturation: share of the time in which a process waited for a disk.'),
        graph({
          title: 'Disk latency',
          description: 'Mean time of a read and of a write: the ten slowest of each. No line: no requests.',
          unit: 's',
          queries: [
            {
              expr: top(
                `${sum(rate(`node_disk_read_time_seconds_total{${node}}`), 'device')} / ${sum(rate(`node_disk_reads_completed_total{${node}}`), 'device')}`,
              ),
              legend: `${disk} read`,
            },
            {
              expr: top(
                `${sum(rate(`node_disk_write_time_seconds_total{${node}}`), 'device')} / ${sum(rate(`node_disk_writes_completed_total{${node}}`), 'device')}`,
              ),
              legend: `${disk} write`,
            },
          ],
        }),
        graph({
          title: 'Filesystems in use',
          description: 'Share of the space: the ten fullest. Kubernetes evicts pods at 85 to 90 %.',
          unit: 'percentunit',
          max: 1,
          queries: [{ expr: top(full), legend: disk }],
        }),
        graph({
          title: 'Inodes in use',
          description: 'Share of the files that a filesystem can hold: the ten fullest.',
          unit: 'percentunit',
          max: 1,
          queries: [
            {
              expr: top(
                `1 - min by (cluster, instance, device) (node_filesystem_files_free{${filesystem}} / (node_filesystem_files{${filesystem}} > 0))`,
              ),
              legend: disk,
            },
          ],
        }),
        graph({
          title: 'Disk throughput',
          description: 'Bytes read and written per second: the ten highest of each.',
          unit: 'Bps',
          queries: [
            { expr: top(sum(rate(`node_disk_read_bytes_total{${node}}`), 'device')), legend: `${disk} read` },
            { expr: top(sum(rate(`node_disk_written_bytes_total{${node}}`), 'device')), legend: `${disk} write` },
          ],
        }),
        graph({
          title: 'Disk errors',
          description: 'Filesystems that cannot be read, or that the kernel has made read-only, by node: the ten worst.',
          unit: 'none',
          queries: [
            {
              expr: worst(`sum by (cluster, instance) (node_filesystem_device_error{${filesystem}})`),
              legend: `${each} unreadable`,
            },
            { expr: worst(`sum by (cluster, instance) (node_filesystem_readonly{${filesystem}})`), legend: `${each} read-only` },
          ],
        }),
      ].map((panel) => panel.span(6)),
      Network: [
        graph({
          title: 'Received',
          description: 'Bytes per second on the interfaces of the machine: the ten highest nodes.',
          unit: 'Bps',
          queries: [{ expr: top(sum(rate(`node_network_receive_bytes_total{${physical}}`))), legend: each }],
        }),
        graph({
          title: 'Sent',
          description: 'Bytes per second on the interfaces of the machine: the ten highest nodes.',
          unit: 'Bps',
          queries: [{ expr: top(sum(rate(`node_network_transmit_bytes_total{${physical}}`))), legend: each }],
        }),
        graph({
          title: 'Packets dropped',
          description: 'Saturation: per second, received and sent. The ten worst nodes.',
          unit: 'pps',
          queries: [
            {
              expr: worst(
                `(${sum(rate(`node_network_receive_drop_total{${physical}}`))} + ${sum(rate(`node_network_transmit_drop_total{${physical}}`))})`,
              ),
              legend: each,
            },
          ],
        }),
        graph({
          title: 'Network errors',
          description: 'Packets per second that were received or sent with an error: the ten worst nodes.',
          unit: 'pps',
          queries: [
            {
              expr: worst(
                `(${sum(rate(`node_network_receive_errs_total{${physical}}`))} + ${sum(rate(`node_network_transmit_errs_total{${physical}}`))})`,
              ),
              legend: each,
            },
          ],
        }),
        graph({
          title: 'TCP segments repeated',
          description:
            'Saturation: share of the sent segments. The ten highest nodes; above 1 % something on the way loses packets.',
          unit: 'percentunit',
          queries: [
            {
              expr: top(
                share(sum(rate(`node_netstat_Tcp_RetransSegs{${node}}`)), sum(rate(`node_netstat_Tcp_OutSegs{${node}}`))),
              ),
              legend: each,
            },
          ],
        }),
        graph({
          title: 'Connections tracked',
          description: 'Share of the kernel’s table: the ten fullest nodes. When it is full, new connections fail.',
          unit: 'percentunit',
          queries: [
            {
              expr: top(`${max(`node_nf_conntrack_entries{${node}}`)} / ${max(`node_nf_conntrack_entries_limit{${node}}`)}`),
              legend: each,
            },
          ],
        }),
        graph({
          title: 'Open files',
          description: 'Share of what the kernel allows: the ten highest nodes.',
          unit: 'percentunit',
          queries: [
            { expr: top(`${max(`node_filefd_allocated{${node}}`)} / ${max(`node_filefd_maximum{${node}}`)}`), legend: each },
          ],
        }),
        graph({
          title: 'Clock offset',
          description: 'Distance from the right time: the ten furthest nodes.',
          unit: 's',
          queries: [{ expr: top(max(`abs(node_timex_offset_seconds{${node}})`)), legend: each }],
        }),
      ].map((panel) => panel.span(6)),
    },
  });

// Nodes, as node-exporter sees them: after the node mixin, without systemd's units: its collector wants the host's D-Bus.
import { seconds } from '../kit/units';
import { here, percent, type RulesOf, type Severity } from './rule';

const who = `node {{ $labels.instance }} of cluster ${here}`;
const Who = who.replace('node', 'Node');
const mount = `{{ $labels.mountpoint }} ({{ $labels.device }}) of ${who}`;
/** File systems that can fill: of disks, and writable. */
const disks = 'fstype!~"tmpfs|ramfs|overlay|squashfs|iso9660|fuse.*", mountpoint!=""';
const writable = `node_filesystem_readonly{${disks}} == 0`;

/** What may run out on a file system: the metrics that say what is free and what there is. */
const kinds = {
  bytes: { free: 'node_filesystem_avail_bytes', all: 'node_filesystem_size_bytes', noun: 'space' },
  files: { free: 'node_filesystem_files_free', all: 'node_filesystem_files', noun: 'inodes' },
} as const;

/** Claims of everybody; a Prometheus of the fleet knows more about its own (PrometheusVolumeFilling). */
const claims = 'persistentvolumeclaim!~"data-prometheus-[0-9]+"';
const claim = '{{ $labels.namespace }}/{{ $labels.persistentvolumeclaim }}';
const share = `kubelet_volume_stats_available_bytes{${claims}} / kubelet_volume_stats_capacity_bytes{${claims}}`;
/** A volume that pods of several nodes share is seen by the kubelet of each. */
const ofClaim = (expr: string): string => `min by (namespace, persistentvolumeclaim) (${expr})`;

/** Of each node. */
const processors = 'count without (cpu, mode) (node_cpu_seconds_total{mode="idle"})';

export const nodeRules: RulesOf = (_fleet, { alerts }) => {
  const { highLoad, diskFull, volumeFull, nodeMemory, nodeCpu } = alerts;
  const load =
    highLoad.threshold === 'processors'
      ? { above: processors, words: 'more than it has processors' }
      : { above: highLoad.threshold, words: `above ${highLoad.threshold}` };
  const fillingUp = (alert: string, kind: keyof typeof kinds, severity: Severity, below: number, within: string) => {
    const { free, all, noun } = kinds[kind];
    return {
      alert,
      expr: `${free}{${disks}} / ${all}{${disks}} < ${below} and predict_linear(${free}{${disks}}[6h], ${seconds(within)}) < 0 and ${writable}`,
      for: '1h',
      severity,
      summary: `A file system of ${who} will run out of ${noun} within ${within}`,
      description: `${mount} has {{ $value | humanizePercentage }} of its ${noun} left and, at the rate of the last 6 hours, none within ${within}.`,
    };
  };
  const almostOut = (alert: string, kind: keyof typeof kinds, severity: Severity, below: number) => {
    const { free, all, noun } = kinds[kind];
    return {
      alert,
      expr: `${free}{${disks}} / ${all}{${disks}} < ${below} and ${writable}`,
      for: '30m',
      severity,
      summary: `A file system of ${who} is almost out of ${noun}`,
      description: `${mount} has {{ $value | humanizePercentage }} of its ${noun} left (limit ${percent(below)}).`,
    };
  };
  const networkErrors = (alert: string, direction: 'receive' | 'transmit') => ({
    alert,
    expr: `rate(node_network_${direction}_errs_total[5m]) / rate(node_network_${direction}_packets_total[5m]) > 0.01`,
    for: '1h',
    severity: 'warning' as const,
    summary: `A network interface of ${who} has ${direction} errors`,
    description: `{{ $value | humanizePercentage }} of the packets that {{ $labels.device }} of ${who} ${direction}s are errors.`,
  });
  const fileDescriptors = (severity: Severity, above: number) => ({
    alert: 'NodeFileDescriptorLimit',
    expr: `node_filefd_allocated / node_filefd_maximum > ${above}`,
    for: '15m',
    severity,
    summary: `${Who} runs out of file descriptors`,
    description: `{{ $value | humanizePercentage }} of the file descriptors of ${who} are in use (limit ${percent(above)}).`,
  });
  return [
    {
      name: 'nodes',
      why: 'only the cluster that watches the nodes scrapes node-exporter',
      dashboard: 'nodes',
      rules: [
        {
          alert: 'high_load',
          expr: `node_load1 > ${load.above}`,
          for: '2m',
          severity: 'warning',
          summary: `Node {{ $labels.instance }} of cluster ${here} is under high load`,
          description: `The load (1 minute) of {{ $labels.instance }} in cluster ${here} has been ${load.words} for more than 2 minutes; it is {{ printf "%.2f" $value }}.`,
        },
      ],
    },
    {
      name: 'node file systems',
      why: 'only the cluster that watches the nodes scrapes node-exporter; slopes over 6 hours need no more than one look a minute',
      dashboard: 'nodes',
      interval: '1m',
      rules: [
        fillingUp('NodeFilesystemSpaceFillingUp', 'bytes', 'warning', 0.4, diskFull.within),
        fillingUp('NodeFilesystemSpaceFillingUp', 'bytes', 'critical', 0.2, '4h'),
        almostOut('NodeFilesystemAlmostOutOfSpace', 'bytes', 'warning', diskFull.free),
        almostOut('NodeFilesystemAlmostOutOfSpace', 'bytes', 'critical', diskFull.free * 0.6),
        fillingUp('NodeFilesystemFilesFillingUp', 'files', 'warning', 0.4, diskFull.within),
        fillingUp('NodeFilesystemFilesFillingUp', 'files', 'critical', 0.2, '4h'),
        almostOut('NodeFilesystemAlmostOutOfFiles', 'files', 'warning', diskFull.free),
        almostOut('NodeFilesystemAlmostOutOfFiles', 'files', 'critical', diskFull.free * 0.6),
      ],
    },
    {
      // what the storage tells the kubelet; volumes that are directories of a node (kind's) are its file systems above
      name: 'volumes',
      why: 'only the cluster that watches the nodes scrapes kubelets',
      dashboard: 'nodes',
      interval: '1m',
      rules: [
        {
          alert: 'PersistentVolumeFilling',
          expr: `${ofClaim(`predict_linear(kubelet_volume_stats_available_bytes{${claims}}[6h], ${seconds(volumeFull.within)})`)} < 0 and ${ofClaim(share)} < 0.5`,
          for: '1h',
          severity: 'warning',
          summary: `The volume ${claim} will be full within ${volumeFull.within}`,
          description: `At the rate of the last 6 hours, {{ $value | humanize1024 }}B would be left of the volume of ${claim} within ${volumeFull.within} (seen by cluster ${here}).`,
        },
        {
          alert: 'PersistentVolumeFilling',
          expr: `1 - ${ofClaim(share)} > ${volumeFull.used}`,
          for: '10m',
          severity: 'critical',
          summary: `The volume ${claim} is almost full`,
          description: `{{ $value | humanizePercentage }} of the volume of ${claim} is used (limit ${percent(volumeFull.used)}; seen by cluster ${here}).`,
        },
      ],
    },
    {
      name: 'node resources',
      why: 'only the cluster that watches the nodes scrapes node-exporter',
      dashboard: 'nodes',
      interval: '30s',
      rules: [
        networkErrors('NodeNetworkReceiveErrs', 'receive'),
        networkErrors('NodeNetworkTransmitErrs', 'transmit'),
        {
          alert: 'NodeHighNumberConntrackEntriesUsed',
          expr: 'node_nf_conntrack_entries / node_nf_conntrack_entries_limit > 0.75',
          for: '5m',
          severity: 'warning',
          summary: `${Who} runs out of connection tracking entries`,
          description: `{{ $value | humanizePercentage }} of the connection tracking entries of ${who} are in use; at 100% new connections are dropped.`,
        },
        {
          alert: 'NodeTextFileCollectorScrapeError',
          expr: 'node_textfile_scrape_error == 1',
          for: '5m',
          severity: 'warning',
          summary: `node-exporter of ${who} cannot read its text files`,
          description: `The text file collector of ${who} fails: metrics that others write for it are missing.`,
        },
        {
          alert: 'NodeClockSkewDetected',
          expr: '(node_timex_offset_seconds > 0.05 and deriv(node_timex_offset_seconds[5m]) >= 0) or (node_timex_offset_seconds < -0.05 and deriv(node_timex_offset_seconds[5m]) <= 0)',
          for: '10m',
          severity: 'warning',
          summary: `The clock of ${who} is wrong`,
          description: `The clock of ${who} is off by {{ $value | humanizeDuration }}, and does not come nearer.`,
        },
        {
          alert: 'NodeClockNotSynchronising',
          expr: 'min_over_time(node_timex_sync_status[5m]) == 0 and node_timex_maxerror_seconds >= 16',
          for: '10m',
          severity: 'warning',
          summary: `The clock of ${who} is not synchronised`,
          description: `The clock of ${who} has not been synchronised for 10 minutes.`,
        },
        fileDescriptors('warning', 0.7),
        fileDescriptors('critical', 0.9),
        {
          alert: 'NodeCPUHighUsage',
          expr: `1 - sum without (mode) (avg without (cpu) (rate(node_cpu_seconds_total{mode=~"idle|iowait"}[5m]))) > ${nodeCpu.used}`,
          for: '15m',
          severity: 'info',
          summary: `The processors of ${who} are busy`,
          description: `The processors of ${who} are {{ $value | humanizePercentage }} busy (limit ${percent(nodeCpu.used)}).`,
        },
        {
          alert: 'NodeSystemSaturation',
          expr: `node_load1 / ${processors} > 2`,
          for: '15m',
          severity: 'warning',
          summary: `${Who} has more to do than it can`,
          description: `The load (1 minute) of ${who} is {{ printf "%.1f" $value }} per core (limit 2).`,
        },
        {
          alert: 'NodeMemoryMajorPagesFaults',
          expr: 'rate(node_vmstat_pgmajfault[5m]) > 500',
          for: '15m',
          severity: 'warning',
          summary: `${Who} reads memory from its disk`,
          description: `${Who} has {{ printf "%.0f" $value }} major page faults a second (limit 500).`,
        },
        {
          alert: 'NodeMemoryHighUtilization',
          expr: `1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes > ${nodeMemory.used}`,
          for: '15m',
          severity: 'warning',
          summary: `${Who} runs out of memory`,
          description: `{{ $value | humanizePercentage }} of the memory of ${who} is in use (limit ${percent(nodeMemory.used)}).`,
        },
        {
          alert: 'NodeDiskIOSaturation',
          expr: 'rate(node_disk_io_time_weighted_seconds_total{device=~"(/dev/)?(mmcblk.p.+|nvme.+|rbd.+|sd.+|vd.+|xvd.+|dm-.+|md.+|dasd.+)"}[5m]) > 10',
          for: '30m',
          severity: 'warning',
          summary: `A disk of ${who} is overloaded`,
          description: `{{ printf "%.1f" $value }} operations wait for {{ $labels.device }} of ${who} on average (limit 10).`,
        },
        {
          alert: 'NodeRAIDDegraded',
          expr: 'node_md_disks_required - ignoring (state) node_md_disks{state="active"} > 0',
          for: '15m',
          severity: 'critical',
          summary: `A RAID array of ${who} is degraded`,
          description: `{{ $labels.device }} of ${who} lacks {{ printf "%.0f" $value }} of its disks, and no spare has taken over.`,
        },
        {
          alert: 'NodeRAIDDiskFailure',
          expr: 'node_md_disks{state="failed"} > 0',
          for: '0s',
          severity: 'warning',
          summary: `A disk of a RAID array of ${who} has failed`,
          description: `Failed disks of {{ $labels.device }} of ${who}: {{ printf "%.0f" $value }}.`,
        },
        {
          alert: 'NodeBondingDegraded',
          expr: 'node_bonding_slaves - node_bonding_active > 0',
          for: '5m',
          severity: 'warning',
          summary: `A bonded network interface of ${who} has lost a link`,
          description: `{{ $labels.master }} of ${who} lacks {{ printf "%.0f" $value }} of its interfaces.`,
        },
      ],
    },
  ];
};

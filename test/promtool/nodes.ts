// Alerts on nodes and containers, which the cluster that watches them evaluates.
import { always, type Case, counter, gauge, line } from './case';

const node = 'instance="node-a", node="node-a", namespace="demo-agents", pod="node-exporter-x", job="node-exporter"';
const disk = `${node}, device="/dev/vda", fstype="ext4", mountpoint="/"`;
const container = 'job="cadvisor", instance="node-a", namespace="demo-observer", pod="thanos-store-x", container="thanos-store"';

/** The start of a container, by cAdvisor's id of it, which has the uid of its pod. */
const started = (pod: number, id: string): string =>
  `container_start_time_seconds{${container}, id="/kubepods/burstable/pod${pod}6e176a1-803d-4993-ade7-77f30c96b01f/${id}"}`;

const fileSystem = (alert: string, free: string, all: string, fills: boolean): Case[] =>
  (['warning', 'critical'] as const).map((severity) => ({
    alert,
    severity,
    series: {
      [`${free}{${disk}}`]: fills
        ? severity === 'warning'
          ? line(39, -0.15, -0.05)
          : line(19, -0.15, -0.05)
        : severity === 'warning'
          ? gauge(50, 4, 6)
          : gauge(50, 2, 4),
      [`${all}{${disk}}`]: always(100),
      [`node_filesystem_readonly{${disk}}`]: always(0),
    },
    step: 5,
    bad: 100,
    // as long as the slope is looked at
    after: fills ? 100 : 10,
  }));

const fileDescriptors = (severity: 'warning' | 'critical', bad: number, near: number): Case => ({
  alert: 'NodeFileDescriptorLimit',
  severity,
  series: { [`node_filefd_allocated{${node}}`]: gauge(10, bad, near), [`node_filefd_maximum{${node}}`]: always(100) },
});

const networkErrors = (alert: string, direction: string): Case => ({
  alert,
  severity: 'warning',
  series: {
    [`node_network_${direction}_errs_total{${node}, device="eth0"}`]: counter(0, 2, 0.5),
    [`node_network_${direction}_packets_total{${node}, device="eth0"}`]: counter(100, 100, 100),
  },
  bad: 90,
});

const jobs = ['node-exporter', 'cadvisor', 'kubelet', 'apiserver', 'kube-dns'];

export const nodeCases: readonly Case[] = [
  { alert: 'high_load', severity: 'warning', series: { [`node_load1{${node}}`]: gauge(0.1, 0.6, 0.5) } },
  ...(['warning', 'critical'] as const).map(
    (severity): Case => ({
      alert: 'PersistentVolumeFilling',
      severity,
      series: {
        'kubelet_volume_stats_available_bytes{namespace="demo-object-store", persistentvolumeclaim="data-object-store-0"}':
          severity === 'warning' ? line(45e9, -3e8, -1e6) : gauge(50e9, 9e9, 11e9),
        'kubelet_volume_stats_capacity_bytes{namespace="demo-object-store", persistentvolumeclaim="data-object-store-0"}':
          always(100e9),
        // Prometheus says it of its own
        'kubelet_volume_stats_available_bytes{namespace="demo-chicago", persistentvolumeclaim="data-prometheus-0"}': always(1),
        'kubelet_volume_stats_capacity_bytes{namespace="demo-chicago", persistentvolumeclaim="data-prometheus-0"}': always(100e9),
      },
      step: 5,
      bad: 100,
      after: 100,
    }),
  ),
  {
    alert: 'JobMissing',
    severity: 'critical',
    // near: it is there, and down
    series: Object.fromEntries(jobs.map((job) => [`up{job="${job}"}`, job === 'kubelet' ? gauge(1, '_', 0) : always(1)])),
  },
  {
    alert: 'NodeAgentMissing',
    severity: 'warning',
    series: {
      'up{job="kubelet", instance="node-a"}': always(1),
      'up{job="kubelet", instance="node-b"}': always(1),
      'up{job="node-exporter", instance="node-a"}': always(1),
      'up{job="node-exporter", instance="node-b"}': gauge(1, '_', 0),
    },
  },
  ...fileSystem('NodeFilesystemSpaceFillingUp', 'node_filesystem_avail_bytes', 'node_filesystem_size_bytes', true),
  ...fileSystem('NodeFilesystemAlmostOutOfSpace', 'node_filesystem_avail_bytes', 'node_filesystem_size_bytes', false),
  ...fileSystem('NodeFilesystemFilesFillingUp', 'node_filesystem_files_free', 'node_filesystem_files', true),
  ...fileSystem('NodeFilesystemAlmostOutOfFiles', 'node_filesystem_files_free', 'node_filesystem_files', false),
  networkErrors('NodeNetworkReceiveErrs', 'receive'),
  networkErrors('NodeNetworkTransmitErrs', 'transmit'),
  {
    alert: 'NodeHighNumberConntrackEntriesUsed',
    severity: 'warning',
    series: {
      [`node_nf_conntrack_entries{${node}}`]: gauge(10, 80, 70),
      [`node_nf_conntrack_entries_limit{${node}}`]: always(100),
    },
  },
  {
    alert: 'NodeTextFileCollectorScrapeError',
    severity: 'warning',
    series: { [`node_textfile_scrape_error{${node}}`]: gauge(0, 1, 0) },
  },
  {
    alert: 'NodeClockSkewDetected',
    severity: 'warning',
    series: { [`node_timex_offset_seconds{${node}}`]: gauge(0, -0.06, -0.04) },
  },
  {
    alert: 'NodeClockNotSynchronising',
    severity: 'warning',
    series: {
      [`node_timex_sync_status{${node}}`]: gauge(1, 0, 0),
      [`node_timex_maxerror_seconds{${node}}`]: gauge(0.1, 16, 10),
    },
  },
  fileDescriptors('warning', 75, 65),
  fileDescriptors('critical', 95, 85),
  {
    alert: 'NodeCPUHighUsage',
    severity: 'info',
    series: {
      [`node_cpu_seconds_total{${node}, cpu="0", mode="idle"}`]: counter(50, 2, 10),
      [`node_cpu_seconds_total{${node}, cpu="0", mode="iowait"}`]: counter(1, 1, 1),
      [`node_cpu_seconds_total{${node}, cpu="0", mode="user"}`]: counter(9, 57, 49),
    },
  },
  {
    alert: 'NodeSystemSaturation',
    severity: 'warning',
    series: {
      [`node_load1{${node}}`]: gauge(1, 5, 3),
      [`node_cpu_seconds_total{${node}, cpu="0", mode="idle"}`]: counter(50, 50, 50),
      [`node_cpu_seconds_total{${node}, cpu="1", mode="idle"}`]: counter(50, 50, 50),
    },
  },
  {
    alert: 'NodeMemoryMajorPagesFaults',
    severity: 'warning',
    series: { [`node_vmstat_pgmajfault{${node}}`]: counter(60, 60 * 600, 60 * 400) },
  },
  {
    alert: 'NodeMemoryHighUtilization',
    severity: 'warning',
    series: {
      [`node_memory_MemAvailable_bytes{${node}}`]: gauge(50, 5, 15),
      [`node_memory_MemTotal_bytes{${node}}`]: always(100),
    },
  },
  {
    alert: 'NodeDiskIOSaturation',
    severity: 'warning',
    series: { [`node_disk_io_time_weighted_seconds_total{${node}, device="vda"}`]: counter(60, 60 * 12, 60 * 8) },
  },
  {
    alert: 'NodeRAIDDegraded',
    severity: 'critical',
    series: {
      [`node_md_disks_required{${node}, device="md0"}`]: always(2),
      [`node_md_disks{${node}, device="md0", state="active"}`]: gauge(2, 1, 2),
      // near: the spare has taken over
      [`node_md_disks{${node}, device="md0", state="failed"}`]: gauge(0, 1, 1),
    },
  },
  {
    alert: 'NodeRAIDDiskFailure',
    severity: 'warning',
    series: {
      [`node_md_disks{${node}, device="md0", state="active"}`]: gauge(2, 2, 1),
      [`node_md_disks{${node}, device="md0", state="failed"}`]: gauge(0, 1, 0),
    },
  },
  {
    alert: 'NodeBondingDegraded',
    severity: 'warning',
    series: {
      [`node_bonding_slaves{${node}, master="bond0"}`]: always(2),
      [`node_bonding_active{${node}, master="bond0"}`]: gauge(2, 1, 2),
    },
  },
  {
    alert: 'ContainerMemoryNearLimit',
    severity: 'warning',
    series: {
      [`container_memory_working_set_bytes{${container}, id="/a"}`]: gauge(50, 95, 85),
      [`container_spec_memory_limit_bytes{${container}, id="/a"}`]: always(100),
    },
  },
  {
    alert: 'ContainerOOMKilled',
    severity: 'warning',
    series: { [`container_oom_events_total{${container}, id="/a"}`]: counter(0, 1, 0) },
  },
  {
    alert: 'ContainerRestarting',
    severity: 'warning',
    series: {
      ...Object.fromEntries(['a', 'b', 'c'].map((id) => [started(1, id), gauge('_', 1, 1)])),
      [started(1, 'd')]: gauge('_', 1, '_'),
      [started(2, 'e')]: gauge('_', '_', 1), // another pod of that name
    },
    after: 90,
  },
];

/** Alerts whose defaults are others there. */
export const nodeCasesOfEks: readonly Case[] = [
  {
    alert: 'high_load',
    severity: 'warning',
    series: {
      [`node_load1{${node}}`]: gauge(0.6, 2.5, 2),
      [`node_cpu_seconds_total{${node}, cpu="0", mode="idle"}`]: counter(50, 50, 50),
      [`node_cpu_seconds_total{${node}, cpu="1", mode="idle"}`]: counter(50, 50, 50),
    },
  },
];

// Containers as cAdvisor sees them: of the whole Kubernetes cluster, the fleet's own and everybody else's.
import { here, percent, type RulesOf } from './rule';

const container = 'job="cadvisor", container!=""';
const who = '{{ $labels.container }} of {{ $labels.namespace }}/{{ $labels.pod }}';

export const containerRules: RulesOf = (_fleet, { alerts }) => {
  const { used } = alerts.containerMemory;
  return [
    {
      name: 'containers',
      why: 'only the cluster that watches the nodes scrapes cAdvisor',
      dashboard: 'containers',
      interval: '30s',
      rules: [
        {
          alert: 'ContainerMemoryNearLimit',
          expr: `max by (namespace, pod, container) (container_memory_working_set_bytes{${container}} / (container_spec_memory_limit_bytes{${container}} > 0)) > ${used}`,
          for: '10m',
          severity: 'warning',
          summary: `${who} is near its memory limit`,
          description: `${who} (seen by cluster ${here}) uses {{ $value | humanizePercentage }} of its memory limit (limit of this alert ${percent(used)}); at 100% it is killed.`,
        },
        {
          alert: 'ContainerOOMKilled',
          expr: `sum by (namespace, pod, container) (increase(container_oom_events_total{${container}}[15m])) > 0`,
          for: '0s',
          severity: 'warning',
          summary: `${who} ran out of memory`,
          description: `${who} (seen by cluster ${here}) ran out of memory {{ printf "%.0f" $value }} times within 15 minutes.`,
        },
        {
          // a restarted container is a new one to cAdvisor: its series differ in `id`, which contains its pod's uid; a pod of a
          // StatefulSet that was replaced has the old name and another uid
          alert: 'ContainerRestarting',
          expr: `max by (namespace, pod, container) (count by (namespace, pod, container, uid) (label_replace(last_over_time(container_start_time_seconds{${container}}[1h]), "uid", "$1", "id", ".*pod([0-9a-f]{8}[-_0-9a-f]{28}).*"))) > ${alerts.restarts.perHour}`,
          for: '0s',
          severity: 'warning',
          summary: `${who} keeps restarting`,
          description: `There were {{ printf "%.0f" $value }} containers ${who} within an hour (seen by cluster ${here}).`,
        },
      ],
    },
  ];
};

// cAdvisor: CPU, memory, disk and network of every container on a node.
import type { Construct } from 'constructs';
import { images } from '../images';
import { container, containerPorts, daemonSet, probes, readOnly, resources, service } from '../kit/kubernetes';
import { type Edges, Endpoint, type Port, type Workload } from '../kit/wiring';
import type { Agent } from './node-exporter';
import type { Place } from './thanos';

const http: Port = { name: 'http', number: 8080 };

export const declareCadvisor = (edges: Edges, place: Place): Agent => {
  const workload: Workload = {
    kind: 'workload',
    name: 'cadvisor',
    component: 'agent',
    ...place,
    replicas: 1,
    image: images.cadvisor,
  };
  return { workload, http: new Endpoint(edges, workload, http) };
};

const hostPath = (name: string, path: string) => ({ name, hostPath: { path } });

export const renderCadvisor = (scope: Construct, agent: Agent): void => {
  const { workload } = agent;
  service(scope, workload, [http]);
  daemonSet(scope, workload, {
    spec: {
      securityContext: { runAsUser: 0, seccompProfile: { type: 'RuntimeDefault' } }, // cgroups and the container runtime are root's
      terminationGracePeriodSeconds: 30,
      containers: [
        container(workload.name, workload.image, {
          args: [
            `-port=${http.number}`,
            '-containerd=/run/containerd/containerd.sock',
            '-docker_only=true', // containers and the node itself, no system slices
            '-store_container_labels=false',
            '-whitelisted_container_labels=io.kubernetes.container.name,io.kubernetes.pod.name,io.kubernetes.pod.namespace',
            '-enable_metrics=cpu,disk,diskIO,memory,network,oom_event',
            '-housekeeping_interval=10s',
            '-max_housekeeping_interval=15s',
            '-event_storage_event_limit=default=0',
            '-event_storage_age_limit=default=0',
          ],
          ports: containerPorts(http),
          ...probes(http, { live: '/healthz', ready: '/healthz' }),
          resources: resources({ cpu: '80m', memory: '96Mi', memoryLimit: '400Mi' }),
          volumeMounts: [
            { ...readOnly('root', '/rootfs'), mountPropagation: 'HostToContainer' },
            readOnly('run', '/var/run'),
            readOnly('containerd', '/run/containerd'),
            readOnly('sys', '/sys'),
            readOnly('disk', '/dev/disk'),
          ],
        }),
      ],
      volumes: [
        hostPath('root', '/'),
        hostPath('run', '/var/run'),
        hostPath('containerd', '/run/containerd'),
        hostPath('sys', '/sys'),
        { name: 'disk', hostPath: { path: '/dev/disk', type: 'DirectoryOrCreate' } },
      ],
    },
  });
};

// node-exporter: what a node's kernel knows of its CPU, memory, disks and network.
import type { Construct } from 'constructs';
import { images } from '../images';
import { container, containerPorts, daemonSet, probes, resources, restricted } from '../kit/kubernetes';
import { type Addresses, type Edges, Endpoint, type Workload } from '../kit/wiring';
import type { Place } from './thanos';

const uid = 65534;
const root = '/host/root';

export interface Agent {
  readonly workload: Workload;
  readonly http: Endpoint;
}

/** @param port on every node: it shares the nodes' network */
export const declareNodeExporter = (edges: Edges, place: Place, nodes: Addresses, port: number): Agent => {
  const workload: Workload = {
    kind: 'workload',
    name: 'node-exporter',
    component: 'agent',
    ...place,
    replicas: 1,
    image: images.nodeExporter,
    hostNetwork: nodes,
  };
  return { workload, http: new Endpoint(edges, workload, { name: 'http', number: port }) };
};

export const renderNodeExporter = (scope: Construct, agent: Agent): void => {
  const { workload } = agent;
  const http = agent.http.port;
  const { fsGroup: _, fsGroupChangePolicy: __, ...securityContext } = restricted(uid).securityContext ?? {};
  daemonSet(scope, workload, {
    spec: {
      securityContext,
      hostNetwork: true, // the node's interfaces, not a pod's
      hostPid: true,
      terminationGracePeriodSeconds: 30,
      containers: [
        container(workload.name, workload.image, {
          args: [
            `--web.listen-address=:${http.number}`,
            `--path.rootfs=${root}`,
            `--path.procfs=${root}/proc`,
            `--path.sysfs=${root}/sys`,
            `--path.udev.data=${root}/run/udev/data`,
            '--no-collector.wifi',
            '--collector.filesystem.mount-points-exclude=^/(dev|proc|sys|run|var/lib/(kubelet|containerd|docker)/.+|tmp/.+)($|/)',
            '--collector.netdev.device-exclude=^(veth.*|cali.*|cni.*|flannel.*|lxc.*|eni.*|[a-f0-9]{15})$',
            '--collector.netclass.ignored-devices=^(veth.*|cali.*|cni.*|flannel.*|lxc.*|eni.*|[a-f0-9]{15})$',
          ],
          ports: [{ ...containerPorts(http)[0], containerPort: http.number, hostPort: http.number }],
          ...probes(http, { live: '/', ready: '/' }),
          resources: resources({ cpu: '20m', memory: '32Mi', memoryLimit: '128Mi' }),
          volumeMounts: [{ name: 'root', mountPath: root, readOnly: true, mountPropagation: 'HostToContainer' }],
        }),
      ],
      volumes: [{ name: 'root', hostPath: { path: '/' } }],
    },
  });
};

// versitygw: the embedded S3 server, one volume, for kind only.
import type { Construct } from 'constructs';
import { embedded, embeddedCredentials } from '../config/objstore';
import type { ResolvedKubernetes } from '../fleet/resolve';
import { images } from '../images';
import { container, containerPorts, probes, resources, restricted, service, statefulSet } from '../kit/kubernetes';
import { type Edges, Endpoint, type Port, type Workload } from '../kit/wiring';
import type { Place } from './thanos';

const s3: Port = { name: 's3', number: 7070 };
const uid = 1000;

export interface ObjectStore {
  readonly workload: Workload;
  readonly s3: Endpoint;
}

export const declareObjectStore = (edges: Edges, place: Place): ObjectStore => {
  const workload: Workload = {
    kind: 'workload',
    name: 'object-store',
    component: 'object-store',
    ...place,
    replicas: 1,
    image: images.versitygw,
  };
  return { workload, s3: new Endpoint(edges, workload, s3) };
};

const credential = (name: string, key: string) => ({ name, valueFrom: { secretKeyRef: { name: embedded.secret, key } } });

export const renderObjectStore = (
  scope: Construct,
  store: ObjectStore,
  options: { size: string; kubernetes: ResolvedKubernetes },
): void => {
  const { workload } = store;
  embeddedCredentials(scope, workload);
  service(scope, workload, [s3], { headless: true });
  const paths = { live: '/healthz', ready: '/healthz' };
  statefulSet(
    scope,
    workload,
    {
      spec: {
        ...restricted(uid),
        terminationGracePeriodSeconds: 30,
        initContainers: [
          // a bucket is a directory; it must belong to the server's user
          container('make-bucket', images.busybox, {
            command: ['mkdir', '-p', `/data/${embedded.bucket}`],
            resources: resources({ cpu: '10m', memory: '16Mi' }),
            volumeMounts: [{ name: 'data', mountPath: '/data' }],
          }),
        ],
        containers: [
          container(workload.name, workload.image, {
            args: ['--port', `:${s3.number}`, '--health', paths.live, '--keep-alive', 'posix', '/data'],
            env: [credential('ROOT_ACCESS_KEY_ID', 'accessKey'), credential('ROOT_SECRET_ACCESS_KEY', 'secretKey')],
            ports: containerPorts(s3),
            ...probes(s3, paths),
            resources: resources({ cpu: '50m', memory: '64Mi', memoryLimit: '256Mi' }),
            volumeMounts: [{ name: 'data', mountPath: '/data' }],
          }),
        ],
      },
    },
    [{ name: 'data', size: options.size, storageClass: options.kubernetes.storageClass }],
  );
};

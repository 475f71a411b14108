// versitygw: the embedded S3 server, one volume, for kind only.
import type { Construct } from 'constructs';
import { type Certificate, serverCertificate, serverNameOf, tlsFiles, tlsMounts, tlsVolumes } from '../config/certificates';
import { embedded, embeddedAccounts, embeddedCredentials } from '../config/objstore';
import type { ResolvedKubernetes } from '../fleet/resolve';
import { images } from '../images';
import {
  container,
  containerPorts,
  probes,
  readOnly,
  resources,
  restricted,
  secretVolume,
  service,
  statefulSet,
} from '../kit/kubernetes';
import { type Edges, Endpoint, type Exposure, type Port, type Workload } from '../kit/wiring';
import type { Place } from './thanos';

const s3: Port = { name: 's3', number: 7070 };
const uid = 1000;
const accountsDirectory = '/etc/versitygw';

export interface ObjectStore {
  readonly workload: Workload;
  readonly s3: Endpoint;
  /** What it shows when clusters in other Kubernetes clusters use it. */
  readonly tls?: Certificate;
}

/** @param exposure how clusters in other Kubernetes clusters reach it */
export const declareObjectStore = (edges: Edges, place: Place, exposure?: (port: Port) => Exposure | undefined): ObjectStore => {
  const workload: Workload = {
    kind: 'workload',
    name: 'object-store',
    component: 'object-store',
    ...place,
    replicas: 1,
    image: images.versitygw,
  };
  const { kubernetes, namespace, name } = workload;
  const tls = exposure && {
    ...serverCertificate({ workload, program: 'object-store' }),
    readOnceBy: { kubernetes, namespace, kind: 'StatefulSet', name } as const, // it waits for a SIGHUP (versitygw cmd/versitygw/main.go)
  };
  return {
    workload,
    s3: new Endpoint(edges, workload, s3, { serverName: tls && serverNameOf(tls), exposure: exposure?.(s3) }),
    tls,
  };
};

const credential = (name: string, key: string) => ({ name, valueFrom: { secretKeyRef: { name: embedded.secret, key } } });

export const renderObjectStore = (
  scope: Construct,
  store: ObjectStore,
  options: { size: string; kubernetes: ResolvedKubernetes; accounts: readonly string[] },
): void => {
  const { workload, tls } = store;
  embeddedCredentials(scope, workload);
  const accounts = options.accounts.length > 0 ? [embeddedAccounts(scope, workload, options.accounts)] : [];
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
            args: [
              ...['--port', `:${s3.number}`, '--health', paths.live, '--keep-alive'],
              ...(tls ? ['--cert', tlsFiles(tls).cert, '--key', tlsFiles(tls).key] : []),
              ...(accounts.length > 0 ? ['--iam-dir', accountsDirectory] : []),
              ...['posix', '/data'],
            ],
            env: [credential('ROOT_ACCESS_KEY_ID', 'accessKey'), credential('ROOT_SECRET_ACCESS_KEY', 'secretKey')],
            ports: containerPorts(s3),
            ...probes(s3, paths, tls && 'HTTPS'),
            resources: resources({ cpu: '50m', memory: '64Mi', memoryLimit: '256Mi' }),
            volumeMounts: [
              { name: 'data', mountPath: '/data' },
              ...tlsMounts(tls),
              ...accounts.map(() => readOnly('accounts', accountsDirectory)),
            ],
          }),
        ],
        ...(tls ? { volumes: [...tlsVolumes(tls), ...accounts.map((name) => secretVolume('accounts', name))] } : {}),
      },
    },
    [{ name: 'data', size: options.size, storageClass: options.kubernetes.storageClass }],
  );
};

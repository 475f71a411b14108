// Thanos Ruler: rules over all clusters.
import type { Construct } from 'constructs';
import { type Certificate, clientCertificate, clientTls, tlsMounts, tlsVolumes } from '../config/certificates';
import type { BucketClient } from '../config/objstore';
import { rulerLabels, rulerName } from '../fleet/checks';
import type { ResolvedFleet, ResolvedKubernetes } from '../fleet/resolve';
import {
  configMapsVolume,
  configMapVolume,
  hashedConfigMap,
  podField,
  readOnly,
  resources,
  service,
  statefulSet,
  yaml,
} from '../kit/kubernetes';
import { filesInParts } from '../kit/parts';
import type { Edges, Endpoint } from '../kit/wiring';
import { globalRuleFiles } from '../rules';
import { drains, grpc, http, type Place, type StoreApi, thanosPod, thanosWorkload, withStoreApi } from './thanos';

export interface Ruler extends StoreApi {
  /** What it shows to the Alertmanagers. */
  readonly clientTls?: Certificate;
}

/** @param spread whether the fleet is in several Kubernetes clusters */
export const declareRuler = (edges: Edges, place: Place, scale: ResolvedFleet['observer']['ruler'], spread: boolean): Ruler => {
  const api = withStoreApi(edges, thanosWorkload(place, 'thanos-rule', 'rule', scale));
  return { ...api, clientTls: spread ? clientCertificate({ workload: api.workload, program: 'thanos-rule' }) : undefined };
};

const configDirectory = '/etc/thanos/rule';
const rulesDirectory = '/etc/thanos/rules';

export const renderRuler = (
  scope: Construct,
  ruler: Ruler,
  fleet: ResolvedFleet,
  kubernetes: ResolvedKubernetes,
  options: { query: Endpoint; alertmanager: Endpoint; bucket: BucketClient; queryUrl: string },
): void => {
  const { workload } = ruler;
  const { serverName } = options.alertmanager;
  const tls = ruler.clientTls && serverName ? clientTls(ruler.clientTls, serverName) : undefined;
  const config = hashedConfigMap(scope, workload, 'thanos-rule', {
    'alertmanagers.yaml': yaml({
      alertmanagers: [
        {
          static_configs: options.alertmanager.eachFor(workload),
          scheme: tls ? 'https' : 'http',
          ...(tls ? { http_config: { tls_config: tls } } : {}),
          api_version: 'v2',
        },
      ],
    }),
    'query.yaml': yaml([{ static_configs: [options.query.for(workload)], scheme: 'http' }]),
  });
  const rules = filesInParts(globalRuleFiles(fleet)).map((files) => hashedConfigMap(scope, workload, 'thanos-rule-rules', files));
  service(scope, workload, [http, grpc], { headless: true });
  statefulSet(
    scope,
    workload,
    thanosPod(workload, {
      command: ['rule'],
      drains: drains.lookup,
      grpc: true,
      data: true,
      bucket: options.bucket,
      args: [
        `--rule-file=${rulesDirectory}/*.yaml`,
        '--eval-interval=15s',
        `--label=${rulerLabels.ruler}="${rulerName}"`, // never `cluster`: it would overwrite that of the alerts
        `--label=${rulerLabels.replica}="$(POD_NAME)"`,
        `--alert.label-drop=${rulerLabels.replica}`, // or every ruler's alert would be another one
        `--query.config-file=${configDirectory}/query.yaml`,
        `--alertmanagers.config-file=${configDirectory}/alertmanagers.yaml`,
        `--alert.query-url=${options.queryUrl}`,
        '--tsdb.block-duration=2h',
        '--tsdb.retention=48h',
      ],
      env: [podField('POD_NAME', 'metadata.name')],
      resources: resources(fleet.observer.ruler.resources),
      volumeMounts: [readOnly('config', configDirectory), readOnly('rules', rulesDirectory), ...tlsMounts(ruler.clientTls)],
      volumes: [configMapVolume('config', config), configMapsVolume('rules', rules), ...tlsVolumes(ruler.clientTls)],
    }),
    [{ name: 'data', size: fleet.observer.ruler.volume, storageClass: kubernetes.storageClass }],
  );
};

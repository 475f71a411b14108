// Secrets from the External Secrets Operator: for each Secret that pods use, what it is made from.
import { ApiObject } from 'cdk8s';
import type { Construct } from 'constructs';
import {
  ExternalSecret,
  ExternalSecretSpecDataRemoteRefConversionStrategy,
  ExternalSecretSpecDataRemoteRefDecodingStrategy,
  ExternalSecretSpecDataRemoteRefMetadataPolicy,
  ExternalSecretSpecRefreshPolicy,
  ExternalSecretSpecSecretStoreRefKind,
  ExternalSecretSpecTargetCreationPolicy,
  ExternalSecretSpecTargetDeletionPolicy,
  ExternalSecretSpecTargetTemplateEngineVersion,
  ExternalSecretSpecTargetTemplateMergePolicy,
} from '../imports/external-secrets.io';
import type { ResolvedExternalSecrets } from './fleet/external-secrets';
import { metadata, type Named } from './kit/kubernetes';
import type { SecretUse } from './kit/secrets';
import { seconds } from './kit/units';
import type { Topology } from './topology';

const storeKinds: Record<ResolvedExternalSecrets['store']['kind'], ExternalSecretSpecSecretStoreRefKind> = {
  ClusterSecretStore: ExternalSecretSpecSecretStoreRefKind.CLUSTER_SECRET_STORE,
  SecretStore: ExternalSecretSpecSecretStoreRefKind.SECRET_STORE,
};

/** A duration as Go prints it, which the operator writes back: 1h0m0s. */
const goDuration = (duration: string): string => {
  const all = seconds(duration);
  const [h, m, s] = [Math.floor(all / 3600), Math.floor((all % 3600) / 60), all % 60];
  return h > 0 ? `${h}h${m}m${s}s` : m > 0 ? `${m}m${s}s` : `${s}s`;
};

const remoteKey = (pattern: string, names: Readonly<Record<string, string>>): string =>
  pattern.replace(/\{(\w+)\}/g, (_, name: string) => names[name] as string);

/** Argo CD waits until the Secrets are there before it applies what is in no earlier wave: pods. */
const beforePods = { 'argocd.argoproj.io/sync-wave': '-1' };

/**
 * What the API server fills in is written out, since Argo CD would call it a difference (external-secrets#5895). The Secret
 * stays when this object is taken away: pods may use it still. It has no labels of the fleet, or it would be taken for
 * something that was once in its manifests; without a template it would get those of this object.
 */
const renderOne = (
  scope: Construct,
  fleet: string,
  place: { readonly kubernetes: string; readonly namespace: string },
  from: ResolvedExternalSecrets,
  { name, keys, type }: SecretUse,
): void => {
  const key = remoteKey(from.remoteKey, { fleet, ...place, secret: name });
  const owner: Named = { name: 'external-secrets', component: 'secrets', fleet, namespace: place.namespace };
  new ExternalSecret(scope, `${name}-external-secret`, {
    metadata: { ...metadata(owner, name), annotations: beforePods },
    spec: {
      refreshPolicy: ExternalSecretSpecRefreshPolicy.PERIODIC,
      refreshInterval: goDuration(from.refreshInterval),
      secretStoreRef: { kind: storeKinds[from.store.kind], name: from.store.name },
      target: {
        name,
        creationPolicy: ExternalSecretSpecTargetCreationPolicy.ORPHAN,
        deletionPolicy: ExternalSecretSpecTargetDeletionPolicy.RETAIN,
        template: {
          engineVersion: ExternalSecretSpecTargetTemplateEngineVersion.V2,
          mergePolicy: ExternalSecretSpecTargetTemplateMergePolicy.REPLACE,
          type,
        },
      },
      data: keys.map((property) => ({
        secretKey: property,
        remoteRef: {
          key,
          property,
          conversionStrategy: ExternalSecretSpecDataRemoteRefConversionStrategy.DEFAULT,
          decodingStrategy: ExternalSecretSpecDataRemoteRefDecodingStrategy.NONE,
          metadataPolicy: ExternalSecretSpecDataRemoteRefMetadataPolicy.NONE,
        },
      })),
    },
  });
};

/** What feeds the Secrets that pods of a namespace use; nothing when people make them. */
export const renderExternalSecrets = (scope: Construct, topology: Topology, kubernetes: string, namespace: string): void => {
  const { fleet, secrets } = topology;
  const uses = secrets.in(kubernetes, namespace);
  if (!fleet.externalSecrets || uses.length === 0) return;
  const own = scope.node.findChild('namespace');
  if (ApiObject.isApiObject(own)) for (const [key, wave] of Object.entries(beforePods)) own.metadata.addAnnotation(key, wave);
  for (const use of uses) renderOne(scope, fleet.name, { kubernetes, namespace }, fleet.externalSecrets, use);
};

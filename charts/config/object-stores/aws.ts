// Identities of Amazon: which role a component has, and how its pod comes by the role's credentials.
import type { AwsAuth } from '../../fleet/object-stores';
import type { ResolvedKubernetes } from '../../fleet/resolve';
import type { Addresses, Edges, Port, Workload } from '../../kit/wiring';
import { partOfInternet } from '../../kit/wiring';
import { identityName, type MountedFile, pathOf, type StoreClient } from './client';

/** The ARN of a component's role. */
export const roleOf = (roles: string, component: string, k: ResolvedKubernetes): string =>
  roles
    .replaceAll('{component}', component)
    .replaceAll('{kubernetes}', k.name)
    .replaceAll('{account}', k.aws?.account ?? '')
    .replaceAll('{partition}', k.aws?.partition ?? '');

const https: Port = { name: 'https', number: 443 };

/** The agent of EKS Pod Identity on each node: link-local addresses, the same everywhere (AWS: pod-id-how-it-works). */
const podIdentityAgent: Addresses = {
  kind: 'addresses',
  name: 'EKS Pod Identity agent',
  cidrs: [{ cidr: '169.254.170.23/32' }, { cidr: 'fd00:ec2::23/128' }],
};
const podIdentityPort: Port = { name: 'http', number: 80 };

/**
 * What a pod needs to use a bucket as somebody. Roles: a webhook of EKS puts a token and the variables that name it into every
 * container of the pod, so the Prometheus beside the sidecar is left out by name.
 */
export const awsIdentity = (
  auth: AwsAuth,
  client: Workload,
  kubernetes: ResolvedKubernetes,
  edges: Edges,
): Omit<StoreClient, 'config'> => {
  if (auth.type === 'secret') {
    const credentials: MountedFile = {
      volume: 'objstore-credentials',
      from: { kind: 'secret', name: auth.secret, key: auth.key },
      file: 'credentials',
    };
    return { files: [credentials], env: [{ name: 'AWS_SHARED_CREDENTIALS_FILE', value: pathOf(credentials) }] };
  }
  const podAnnotations = client.component === 'prometheus' ? { 'eks.amazonaws.com/skip-containers': client.name } : undefined;
  if (auth.type === 'podIdentity') {
    edges.allow(client, podIdentityAgent, podIdentityPort);
    return { podAnnotations };
  }
  edges.allow(client, partOfInternet('AWS STS'), https);
  return {
    env: [{ name: 'AWS_REGION', value: kubernetes.aws?.region }], // the region's own STS: the global one is on one continent
    podAnnotations,
    serviceAccountAnnotations: {
      'eks.amazonaws.com/role-arn': roleOf(auth.roles, identityName(client), kubernetes),
      'eks.amazonaws.com/sts-regional-endpoints': 'true',
    },
  };
};

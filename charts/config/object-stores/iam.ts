// IAM documents of a fleet's roles: what each may do with the bucket, and who may take it on.
import type { AwsAuth, S3Place } from '../../fleet/object-stores';
import { partitionOf } from '../../fleet/partitions';
import type { AwsCluster } from '../../fleet/platforms';
import { byName } from '../../kit/order';
import type { BucketAccess } from './client';

interface Statement {
  readonly Sid: string;
  readonly Effect: 'Allow';
  readonly Principal?: object;
  readonly Action: readonly string[];
  readonly Resource?: readonly string[];
  readonly Condition?: object;
}

export interface PolicyDocument {
  readonly Version: '2012-10-17';
  readonly Statement: readonly Statement[];
}

const document = (statements: readonly Statement[]): PolicyDocument => ({ Version: '2012-10-17', Statement: statements });

/** The parts of an ARN that matter here. */
const arn = (text: string) => {
  const [, partition = '', , , account = ''] = text.split(':');
  return { partition, account };
};
export const accountOf = (role: string): string => arn(role).account;

/** A service account of Kubernetes that takes on a role. */
export interface Subject {
  readonly cluster: AwsCluster;
  readonly namespace: string;
  readonly serviceAccount: string;
}

/**
 * What may be done to objects. Nobody but the compactor deletes: an upload that fails leaves its objects behind, which the
 * compactor deletes after two days; only the parts of an object that was never finished are the uploader's to abort
 * (thanos pkg/block/block.go and pkg/compact/clean.go of v0.42.4).
 */
const objectActions: Readonly<Record<BucketAccess, readonly string[]>> = {
  read: ['s3:GetObject'],
  upload: ['s3:AbortMultipartUpload', 's3:GetObject', 's3:PutObject'],
  maintain: ['s3:AbortMultipartUpload', 's3:DeleteObject', 's3:GetObject', 's3:PutObject'],
};

/** Objects are written in parts, and parts are read again when they are put together: that takes Decrypt, too. */
const keyActions: Readonly<Record<BucketAccess, readonly string[]>> = {
  read: ['kms:Decrypt'],
  upload: ['kms:Decrypt', 'kms:GenerateDataKey'],
  maintain: ['kms:Decrypt', 'kms:GenerateDataKey'],
};

/** ARNs of a bucket and of the fleet's objects in it. */
const resources = (store: S3Place, partition: string): { bucket: string; objects: string } => {
  const bucket = `arn:${partition}:s3:::${store.bucket}`;
  return { bucket, objects: `${bucket}/${store.prefix ? `${store.prefix}/` : ''}*` };
};

const bucketStatements = (access: BucketAccess, store: S3Place, partition: string, sid: string): Statement[] => {
  const { bucket, objects } = resources(store, partition);
  return [
    // of the whole bucket, whatever the prefix: a condition on it would turn `not found` into `access denied`
    { Sid: `${sid}List`, Effect: 'Allow', Action: ['s3:ListBucket'], Resource: [bucket] },
    { Sid: `${sid}Objects`, Effect: 'Allow', Action: objectActions[access], Resource: [objects] },
  ];
};

/** Rights on a bucket, and on the key that its objects are encrypted with. */
const rights = (access: BucketAccess, store: S3Place, partition: string, sid = ''): Statement[] => [
  ...bucketStatements(access, store, partition, sid),
  ...(store.sse?.type === 'SSE-KMS'
    ? [
        {
          Sid: `${sid}Key`,
          Effect: 'Allow' as const,
          Action: keyActions[access],
          Resource: [store.sse.key],
          Condition: { StringEquals: { 'kms:ViaService': `s3.${store.region}.${partitionOf(store.region ?? '').domain}` } },
        },
      ]
    : []),
];

/** What a role may do. @param replica the bucket that it copies to, where it uploads and never deletes */
export const permissions = (role: string, access: BucketAccess, store: S3Place, replica?: S3Place): PolicyDocument => {
  const { partition } = arn(role);
  return document([...rights(access, store, partition), ...(replica ? rights('upload', replica, partition, 'Replica') : [])]);
};

/**
 * What the owner of a bucket in another account must allow; IAM asks both sides then. One statement for each kind of access, so
 * that each role is in it once: an action means only what it can be done to.
 */
export const bucketPolicy = (roles: readonly { arn: string; access: BucketAccess }[], store: S3Place): PolicyDocument => {
  const names: [BucketAccess, string][] = [
    ['read', 'Read'],
    ['upload', 'Upload'],
    ['maintain', 'Maintain'],
  ];
  return document(
    names.flatMap(([access, sid]) => {
      const principals = roles.filter((r) => r.access === access).map((r) => r.arn);
      if (principals.length === 0) return [];
      const { bucket, objects } = resources(store, arn(principals[0] as string).partition);
      return [
        {
          Sid: sid,
          Effect: 'Allow',
          Principal: { AWS: principals },
          Action: ['s3:ListBucket', ...objectActions[access]],
          Resource: [bucket, objects],
        },
      ];
    }),
  );
};

/** Items by a key, in the order of the keys. */
export const groupBy = <T>(items: readonly T[], keyOf: (item: T) => string): [string, T[]][] => {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return byName(groups);
};
const sorted = (values: readonly string[]): string[] => [...new Set(values)].sort();

/** One statement per OpenID Connect provider: its tokens, for these service accounts, made for Amazon's STS. */
const webIdentity = (role: string, subjects: readonly Subject[]): Statement[] =>
  groupBy(subjects, (s) => s.cluster.oidcProvider ?? '').map(([provider, group], i) => ({
    Sid: `Irsa${i}`,
    Effect: 'Allow',
    Principal: { Federated: `arn:${arn(role).partition}:iam::${accountOf(role)}:oidc-provider/${provider}` },
    Action: ['sts:AssumeRoleWithWebIdentity'],
    Condition: {
      StringEquals: {
        [`${provider}:aud`]: 'sts.amazonaws.com',
        [`${provider}:sub`]: sorted(group.map((s) => `system:serviceaccount:${s.namespace}:${s.serviceAccount}`)),
      },
    },
  }));

/** One statement per EKS cluster and service account: EKS says whose pod it is in tags of the session (AWS: pod-id-abac). */
const podIdentity = (subjects: readonly Subject[]): Statement[] =>
  groupBy(subjects, (s) => `${s.cluster.arn} ${s.serviceAccount}`).map(([, group], i) => ({
    Sid: `PodIdentity${i}`,
    Effect: 'Allow',
    Principal: { Service: 'pods.eks.amazonaws.com' },
    Action: ['sts:AssumeRole', 'sts:TagSession'],
    Condition: {
      StringEquals: {
        'aws:RequestTag/eks-cluster-arn': group[0]?.cluster.arn,
        'aws:RequestTag/kubernetes-namespace': sorted(group.map((s) => s.namespace)),
        'aws:RequestTag/kubernetes-service-account': group[0]?.serviceAccount,
      },
    },
  }));

/** Who may take on a role. */
export const trust = (auth: AwsAuth['type'], role: string, subjects: readonly Subject[]): PolicyDocument =>
  document(auth === 'irsa' ? webIdentity(role, subjects) : podIdentity(subjects));

/** A document as it is written, and as IAM counts it: without white space. */
export const documentText = (document: object): string => `${JSON.stringify(document, undefined, 2)}\n`;
export const documentLength = (document: object): number => JSON.stringify(document).length;

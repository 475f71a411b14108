// Amazon's partitions: each has regions, accounts, buckets and a domain of its own, and knows nothing of the others'.

export interface Partition {
  /** The second part of every ARN there. */
  readonly name: string;
  /** What the hosts of its services end with. */
  readonly domain: string;
}

const standard: Partition = { name: 'aws', domain: 'amazonaws.com' };

/** The others, by how the names of their regions begin (partitions.json of Amazon's SDKs). */
const byRegion: Readonly<Record<string, Partition>> = {
  'cn-': { name: 'aws-cn', domain: 'amazonaws.com.cn' },
  'us-gov-': { name: 'aws-us-gov', domain: 'amazonaws.com' },
  'us-iso-': { name: 'aws-iso', domain: 'c2s.ic.gov' },
  'us-isob-': { name: 'aws-iso-b', domain: 'sc2s.sgov.gov' },
  'eu-isoe-': { name: 'aws-iso-e', domain: 'cloud.adc-e.uk' },
  'us-isof-': { name: 'aws-iso-f', domain: 'csp.hci.ic.gov' },
  'eusc-': { name: 'aws-eusc', domain: 'amazonaws.eu' },
};

/** The partition that a region is in. */
export const partitionOf = (region: string): Partition =>
  Object.entries(byRegion).find(([beginning]) => region.startsWith(beginning))?.[1] ?? standard;

const domains = [standard, ...Object.values(byRegion)].map(({ domain }) => domain);

/** Whether an endpoint is Amazon's own, where IAM decides who may use a bucket. */
export const isAmazon = (endpoint: string): boolean => {
  const host = endpoint.toLowerCase().replace(/:\d+$/, '');
  return domains.some((domain) => host === domain || host.endsWith(`.${domain}`));
};

/** The region that an endpoint of Amazon's names: s3.eu-west-1.amazonaws.com, or that of a VPC. */
export const regionOf = (endpoint: string): string | undefined =>
  isAmazon(endpoint) ? /(?:^|\.)s3[.-](?:dualstack\.|fips\.)?([a-z]{2,4}(?:-[a-z]+)+-\d)\./.exec(endpoint)?.[1] : undefined;

// What things cost in a month: list prices in US dollars, of Amazon's us-east-1 in the middle of 2026 (docs/sizing.md).
// Other regions and providers differ by some tens of percent, contracts by more: these are for the order of magnitude.

const hoursOfMonth = 730;

export const prices = {
  /** S3 Standard, the first 50 TB, per GB. */
  bucketGigabyte: 0.023,
  /** Per request that reads an object or a part of it. */
  bucketRead: 0.0004 / 1000,
  /** EBS gp3, per GB. */
  volumeGigabyte: 0.08,
  /** Fargate's vCPU and GB of memory, which EC2's instances of general use come close to. */
  core: 0.04048 * hoursOfMonth,
  memoryGigabyte: 0.004445 * hoursOfMonth,
} as const;

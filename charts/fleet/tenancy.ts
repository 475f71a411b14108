// Tenants, with every default filled in.
import type { Fleet } from './schema';

export interface ResolvedTenancy {
  readonly label: string;
  readonly header: string;
  readonly proxy: { readonly namespace: string; readonly labels: Readonly<Record<string, string>> };
}

/** Thanos' own header; it counts, too, where another one is configured and not sent (thanos pkg/tenancy). */
export const thanosHeader = 'THANOS-TENANT';

/** Absent: there are no tenants, and whoever may ask sees everything. */
export const resolveTenancy = ({ observer: { tenancy } }: Fleet): ResolvedTenancy | undefined =>
  tenancy && { ...tenancy, header: tenancy.header ?? thanosHeader };

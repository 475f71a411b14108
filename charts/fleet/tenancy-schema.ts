// A querier for tenants: the key observer.tenancy.
import { z } from 'zod';
import { peerPods } from './ingress-schema';
import { labelName, text } from './scalars';

export const tenancy = z.strictObject({
  label: labelName.describe('The label of clusters whose value is the tenant: cluster, or one of their labels, such as team.'),
  header: text(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/, 'write the name of an HTTP header, such as X-Scope-OrgID')
    .optional()
    .describe('The header that says which tenant asks. Default: THANOS-TENANT.'),
  proxy: peerPods.describe(
    'The pods that let tenants log in and set the header. Nobody else may ask: whoever may ask can claim to be any tenant.',
  ),
});

// Where Secrets come from, with every default filled in.
import type { Fleet } from './schema';

export interface ResolvedExternalSecrets {
  readonly store: { readonly name: string; readonly kind: 'ClusterSecretStore' | 'SecretStore' };
  /** With placeholders: {fleet}, {kubernetes}, {namespace}, {secret}. */
  readonly remoteKey: string;
  readonly refreshInterval: string;
}

/** Absent: Secrets are made by people. */
export const resolveExternalSecrets = ({ externalSecrets: e }: Fleet): ResolvedExternalSecrets | undefined =>
  e && {
    store: { name: e.store.name, kind: e.store.kind ?? 'ClusterSecretStore' },
    remoteKey: e.remoteKey ?? '{fleet}/{secret}',
    refreshInterval: e.refreshInterval ?? '1h',
  };

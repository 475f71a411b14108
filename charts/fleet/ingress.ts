// How people reach the user interfaces, with every default.
import { byName } from '../kit/order';
import type { Fleet } from './schema';

/** Programs with a user interface that can have a host. */
export const webParts = ['grafana', 'queryFrontend', 'alertmanager'] as const;
export type WebPart = (typeof webParts)[number];

export type ResolvedWay =
  | {
      readonly by: 'alb';
      readonly allowFrom: readonly string[];
      readonly balancerCidrs: readonly string[];
      readonly scheme: 'internal' | 'internet-facing';
      readonly certificate?: string;
      readonly class: string;
    }
  | {
      readonly by: 'gateway';
      readonly name: string;
      readonly namespace: string;
      readonly listener: string;
      readonly pods: { readonly namespace: string; readonly labels: Readonly<Record<string, string>> };
    };

export interface ResolvedIngress {
  readonly way: ResolvedWay;
  readonly hosts: Partial<Readonly<Record<WebPart, string>>>;
}

const resolveWay = ({ alb, gateway }: NonNullable<Fleet['observer']['ingress']>): ResolvedWay | undefined => {
  if (alb)
    return {
      by: 'alb',
      allowFrom: [...new Set(alb.allowFrom)].sort(),
      balancerCidrs: [...new Set(alb.balancerCidrs)].sort(),
      scheme: alb.scheme ?? 'internal',
      ...(alb.certificate ? { certificate: alb.certificate } : {}),
      class: alb.class ?? 'alb',
    };
  return (
    gateway && {
      by: 'gateway',
      ...gateway,
      pods: { ...gateway.pods, labels: Object.fromEntries(byName(gateway.pods.labels)) },
    }
  );
};

/** Absent when the fleet file says no way, which is refused where a program has a host. */
export const resolveIngress = ({ observer }: Fleet): ResolvedIngress | undefined => {
  const way = observer.ingress && resolveWay(observer.ingress);
  const hosts = webParts.flatMap((part) => (observer[part]?.host ? [[part, observer[part].host]] : []));
  return way && { way, hosts: Object.fromEntries(hosts) };
};

export interface ResolvedOidc {
  readonly secret: string;
  readonly authUrl: string;
  readonly tokenUrl: string;
  readonly apiUrl: string;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly admins: readonly string[];
  readonly editors: readonly string[];
}

/** Absent: people log in by the administrator's password. */
export const resolveOidc = ({ observer }: Fleet): ResolvedOidc | undefined => {
  const oidc = observer.grafana?.oidc;
  return (
    oidc && {
      ...oidc,
      name: oidc.name ?? 'SSO',
      scopes: oidc.scopes ?? ['openid', 'email', 'profile'],
      admins: oidc.admins ?? [],
      editors: oidc.editors ?? [],
    }
  );
};

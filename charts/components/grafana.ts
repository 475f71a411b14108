// Grafana: the datasource and the dashboards are provisioned; nothing is fetched from the internet.
import type { Construct } from 'constructs';
import { dashboardProviders, dashboardsDirectory, datasources, demoSecret } from '../config/grafana';
import { dashboards } from '../dashboards';
import { dashboardFile } from '../dashboards/panels';
import type { ResolvedOidc } from '../fleet/ingress';
import type { ResolvedFleet, ResolvedKubernetes } from '../fleet/resolve';
import { images } from '../images';
import {
  container,
  containerPorts,
  emptyDir,
  hashedConfigMap,
  k8s,
  metadata,
  probes,
  readOnly,
  reloadedConfigMap,
  resources,
  restricted,
  secretVolume,
  service,
  statefulSet,
  yaml,
} from '../kit/kubernetes';
import type { Secrets } from '../kit/secrets';
import { seconds } from '../kit/units';
import { type Edges, Endpoint, type Port, partOfInternet, type Workload } from '../kit/wiring';
import type { Place } from './thanos';

const http: Port = { name: 'http', number: 3000 };
const uid = 472;
const provisioning = '/etc/grafana/provisioning';
const secrets = '/etc/grafana/secrets';

export interface Grafana {
  readonly workload: Workload;
  readonly http: Endpoint;
}

export const declareGrafana = (edges: Edges, place: Place): Grafana => {
  const workload: Workload = {
    kind: 'workload',
    name: 'grafana',
    component: 'grafana',
    ...place,
    replicas: 1,
    image: images.grafana,
  };
  return { workload, http: new Endpoint(edges, workload, http) };
};

/** Settings by environment (grafana docs: configure-grafana). */
const settings: Record<string, string> = {
  GF_SECURITY_ADMIN_USER__FILE: `${secrets}/admin-user`,
  GF_SECURITY_ADMIN_PASSWORD__FILE: `${secrets}/admin-password`,
  GF_SECURITY_SECRET_KEY__FILE: `${secrets}/secret-key`,
  GF_SECURITY_DISABLE_GRAVATAR: 'true',
  GF_USERS_ALLOW_SIGN_UP: 'false',
  GF_AUTH_ANONYMOUS_ENABLED: 'false',
  GF_ANALYTICS_REPORTING_ENABLED: 'false',
  GF_ANALYTICS_CHECK_FOR_UPDATES: 'false',
  GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES: 'false',
  GF_NEWS_NEWS_FEED_ENABLED: 'false',
  GF_PLUGINS_PLUGIN_ADMIN_ENABLED: 'false',
  // the background updater unloads the bundled Prometheus datasource where it cannot write (grafana/grafana#132528)
  GF_PLUGINS_PREINSTALL_DISABLED: 'true',
  GF_PLUGINS_PREINSTALL_AUTO_UPDATE: 'false',
  GF_UNIFIED_ALERTING_ENABLED: 'false', // Prometheus and the ruler alert
  GF_LOG_MODE: 'console',
};

const oidcDirectory = '/etc/grafana/oidc';
const oidcKeys = { id: 'client-id', secret: 'client-secret' } as const;

/** The groups of a token's claim `groups` decide what somebody may do; whoever is in none may look (JMESPath). */
const roleOf = ({ admins, editors }: ResolvedOidc): string =>
  [
    ...admins.map((group) => `contains(groups[*], '${group}') && 'Admin'`),
    ...editors.map((group) => `contains(groups[*], '${group}') && 'Editor'`),
    "'Viewer'",
  ].join(' || ');

/** Login with an identity provider (grafana docs: configure-authentication/generic-oauth). The administrator's own login stays. */
const oidcSettings = (oidc: ResolvedOidc): Record<string, string> => ({
  GF_AUTH_GENERIC_OAUTH_ENABLED: 'true',
  GF_AUTH_GENERIC_OAUTH_NAME: oidc.name,
  GF_AUTH_GENERIC_OAUTH_CLIENT_ID__FILE: `${oidcDirectory}/${oidcKeys.id}`,
  GF_AUTH_GENERIC_OAUTH_CLIENT_SECRET__FILE: `${oidcDirectory}/${oidcKeys.secret}`,
  GF_AUTH_GENERIC_OAUTH_AUTH_URL: oidc.authUrl,
  GF_AUTH_GENERIC_OAUTH_TOKEN_URL: oidc.tokenUrl,
  GF_AUTH_GENERIC_OAUTH_API_URL: oidc.apiUrl,
  GF_AUTH_GENERIC_OAUTH_SCOPES: oidc.scopes.join(' '),
  GF_AUTH_GENERIC_OAUTH_USE_PKCE: 'true',
  GF_AUTH_GENERIC_OAUTH_ROLE_ATTRIBUTE_PATH: roleOf(oidc),
});

/** Grafana itself asks the provider for tokens and for who somebody is; the browser goes to the third address. */
const allowProvider = (edges: Edges, workload: Workload, { tokenUrl, apiUrl }: ResolvedOidc): void => {
  for (const { protocol, port } of [tokenUrl, apiUrl].map((url) => new URL(url)))
    edges.allow(workload, partOfInternet('identity provider'), {
      name: 'oidc',
      number: Number(port || (protocol === 'http:' ? 80 : 443)),
    });
};

/** As the seed has them, by the keys that a Secret of one's own has, too. */
const demoCredentials = { 'admin-user': 'admin', 'admin-password': 'foobar', 'secret-key': 'thanos-fleet-demo' } as const;

/** The Secret in the observer's namespace that holds the administrator's credentials. */
export const adminSecretName = (fleet: ResolvedFleet): string => fleet.observer.grafana.adminSecret ?? demoSecret;

/** The user's Secret, or one with the demo's credentials; those on kind only, behind localhost. */
const adminSecret = (scope: Construct, workload: Workload, fleet: ResolvedFleet, secrets: Secrets): string => {
  const own = fleet.observer.grafana.adminSecret;
  if (own) return secrets.named(own, workload, ...Object.keys(demoCredentials));
  new k8s.KubeSecret(scope, 'grafana-admin-secret', {
    metadata: metadata(workload, demoSecret),
    type: 'Opaque',
    stringData: demoCredentials,
  });
  return demoSecret;
};

export const renderGrafana = (
  scope: Construct,
  grafana: Grafana,
  fleet: ResolvedFleet,
  options: { datasource: Endpoint; kubernetes: ResolvedKubernetes; externalUrl: string; edges: Edges; secrets: Secrets },
): void => {
  const { workload } = grafana;
  const interval =
    [...fleet.clusters, ...fleet.externals].map((c) => c.scrapeInterval).sort((a, b) => seconds(b) - seconds(a))[0] ?? '15s';
  const config = hashedConfigMap(scope, workload, 'grafana-provisioning', {
    'datasources.yaml': yaml(datasources(options.datasource.urlFor(workload), interval, seconds(fleet.observer.query.timeout))),
    'dashboards.yaml': yaml(dashboardProviders(`Fleet ${fleet.name}`)),
  });
  // one ConfigMap each: all of them in one would be too large for the annotation of a client-side apply (256 KiB)
  const boards = dashboards(fleet).map((d) =>
    reloadedConfigMap(scope, workload, `grafana-dashboard-${d.uid}`, { [`${d.uid}.json`]: dashboardFile(d) }),
  );
  const secret = adminSecret(scope, workload, fleet, options.secrets);
  const { oidc } = fleet.observer.grafana;
  if (oidc) allowProvider(options.edges, workload, oidc);
  const env = {
    ...settings,
    GF_SERVER_ROOT_URL: options.externalUrl,
    ...(options.externalUrl.startsWith('https://') ? { GF_SECURITY_COOKIE_SECURE: 'true' } : {}),
    ...(oidc ? oidcSettings(oidc) : {}),
  };
  const file = (name: string) => ({ key: `${name}.yaml`, path: `${name}/${name}.yaml` });
  service(scope, workload, [http]);
  statefulSet(
    scope,
    workload,
    {
      spec: {
        ...restricted(uid),
        terminationGracePeriodSeconds: 30,
        containers: [
          container(workload.name, workload.image, {
            env: Object.entries(env).map(([name, value]) => ({ name, value })),
            ports: containerPorts(http),
            ...probes(http, { live: '/api/health', ready: '/api/health' }),
            resources: resources(fleet.observer.grafana.resources),
            volumeMounts: [
              { name: 'data', mountPath: '/var/lib/grafana' },
              { name: 'tmp', mountPath: '/tmp' },
              readOnly('provisioning', provisioning),
              readOnly('dashboards', dashboardsDirectory),
              readOnly('secrets', secrets),
              ...(oidc ? [readOnly('oidc', oidcDirectory)] : []),
            ],
          }),
        ],
        volumes: [
          emptyDir('tmp', '256Mi'),
          { name: 'provisioning', configMap: { name: config, items: [file('datasources'), file('dashboards')] } },
          { name: 'dashboards', projected: { sources: boards.map((name) => ({ configMap: { name } })) } },
          secretVolume('secrets', secret),
          ...(oidc ? [secretVolume('oidc', options.secrets.named(oidc.secret, workload, ...Object.values(oidcKeys)))] : []),
        ],
      },
    },
    [{ name: 'data', size: '1Gi', storageClass: options.kubernetes.storageClass }],
  );
};

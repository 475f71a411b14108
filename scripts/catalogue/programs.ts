// What the catalogue holds of each program: which commands' flags, and which Go types its files are read into.
import type { Key } from './catalogue';

/** A Go module of the program and what is looked up in its source. */
export interface GoSource {
  readonly module: string;
  /** The module's version of an image's tag; the tag itself unless given. */
  readonly version?: (tag: string) => string;
  /** Types of whole files, by the flag that names the file (without `-file` where the flag takes the text as well). */
  readonly files: Readonly<Record<string, string>>;
  /** Keys that struct tags do not tell, because the program reads them in a second step; '' is another type's keys. */
  readonly hints?: Readonly<Record<string, Readonly<Record<string, Key>>>>;
  /** Where service discoveries register themselves. */
  readonly discovery?: string;
  /** Packages that define flags: hidden ones are looked for there. */
  readonly flags: readonly string[];
}

export interface Program {
  readonly program: string;
  /** How its help is written: kingpin's, that of Go's own flag package, urfave/cli's, or getopt's. */
  readonly help: 'kingpin' | 'go' | 'urfave' | 'getopt';
  /** Commands whose flags are catalogued; '' stands for those before any command. */
  readonly commands: readonly string[];
  readonly source?: GoSource;
  /** It has no help: what it knows is in files of its own (grafana.ts). */
  readonly settings?: true;
  /** Flags that take a value, though the help does not show it. */
  readonly takeValues?: readonly string[];
  /** What to use instead of a deprecated flag whose help does not say; `*` stands for any text. */
  readonly instead?: Readonly<Record<string, string>>;
}

const thanos = 'github.com/thanos-io/thanos';
const objstore = 'github.com/thanos-io/objstore';
const prometheus = 'github.com/prometheus/prometheus';
const alertmanager = 'github.com/prometheus/alertmanager';
const toolkit = 'github.com/prometheus/exporter-toolkit/web';

const cacheClients = {
  MEMCACHED: `${thanos}/pkg/cacheutil.MemcachedClientConfig`,
  REDIS: `${thanos}/pkg/cacheutil.RedisClientConfig`,
};
const responseCache = `${thanos}/pkg/queryfrontend.CacheProviderConfig`;
const endpointConfig = 'in the file of --endpoint.sd-config-file, client_config or default_client_config';

/** By the key of charts/images.ts. */
export const programs: Readonly<Record<string, Program>> = {
  thanos: {
    program: 'thanos',
    help: 'kingpin',
    commands: ['sidecar', 'query', 'query-frontend', 'store', 'compact', 'rule', 'tools bucket replicate', 'tools bucket web'],
    source: {
      module: thanos,
      flags: [`${thanos}/cmd/thanos`, `${thanos}/pkg/extkingpin`],
      files: {
        'objstore.config': `${objstore}/client.BucketConfig`,
        'objstore-to.config': `${objstore}/client.BucketConfig`,
        'index-cache.config': `${thanos}/pkg/store/cache.IndexCacheConfig`,
        'store.caching-bucket.config': `${thanos}/pkg/store/cache.CachingWithBackendConfig`,
        'query-range.response-cache-config': responseCache,
        'labels.response-cache-config': responseCache,
        'query-frontend.downstream-tripper-config': `${thanos}/pkg/queryfrontend.DownstreamTripperConfig`,
        'endpoint.sd-config': `${thanos}/cmd/thanos.EndpointConfig`,
        'alertmanagers.config': `${thanos}/pkg/alert.AlertingConfig`,
        'query.config': `${thanos}/pkg/clientconfig.Config`,
        'prometheus.http-client': `${thanos}/pkg/clientconfig.HTTPClientConfig`,
        'selector.relabel-config': `${prometheus}/model/relabel.Config`,
        'alert.relabel-config': `${prometheus}/model/relabel.Config`,
        'request.logging-config': `${thanos}/pkg/logging.RequestConfig`,
        'tracing.config': `${thanos}/pkg/tracing/client.TracingConfig`,
        'http.config': `${toolkit}.Config`,
        'rule-file': `${thanos}/pkg/rules.configGroups`,
      },
      hints: {
        [`${objstore}/client.BucketConfig`]: {
          config: {
            byType: {
              ALIYUNOSS: `${objstore}/providers/oss.Config`,
              AZURE: `${objstore}/providers/azure.Config`,
              BOS: `${objstore}/providers/bos.Config`,
              COS: `${objstore}/providers/cos.Config`,
              FILESYSTEM: `${objstore}/providers/filesystem.Config`,
              GCS: `${objstore}/providers/gcs.Config`,
              OBS: `${objstore}/providers/obs.Config`,
              OCI: `${objstore}/providers/oci.Config`,
              S3: `${objstore}/providers/s3.Config`,
              SWIFT: `${objstore}/providers/swift.Config`,
            },
          },
        },
        [`${thanos}/pkg/store/cache.IndexCacheConfig`]: {
          config: { byType: { 'IN-MEMORY': `${thanos}/pkg/store/cache.InMemoryIndexCacheConfig`, ...cacheClients } },
        },
        [`${thanos}/pkg/store/cache.CachingWithBackendConfig`]: {
          config: {
            byType: {
              'IN-MEMORY': `${thanos}/pkg/cache.InMemoryCacheConfig`,
              GROUPCACHE: `${thanos}/pkg/cache.GroupcacheConfig`,
              ...cacheClients,
            },
          },
        },
        [responseCache]: {
          config: {
            byType: {
              'IN-MEMORY': `${thanos}/pkg/queryfrontend.InMemoryResponseCacheConfig`,
              MEMCACHED: `${thanos}/pkg/queryfrontend.MemcachedResponseCacheConfig`,
              REDIS: `${thanos}/pkg/queryfrontend.RedisResponseCacheConfig`,
            },
          },
        },
        [`${thanos}/pkg/tracing/client.TracingConfig`]: {
          config: {
            byType: {
              ELASTIC_APM: `${thanos}/pkg/tracing/elasticapm.Config`,
              GOOGLE_CLOUD: `${thanos}/pkg/tracing/google_cloud.Config`,
              JAEGER: `${thanos}/pkg/tracing/jaeger.Config`,
              LIGHTSTEP: `${thanos}/pkg/tracing/lightstep.Config`,
              OTLP: `${thanos}/pkg/tracing/otlp.Config`,
            },
          },
        },
        [`${thanos}/pkg/rules.configRuleAdapter`]: {
          '': { of: `${prometheus}/model/rulefmt.RuleGroup` },
          partial_response_strategy: {},
        },
      },
    },
    instead: {
      'store.sd-*': '--endpoint.sd-config-file',
      'endpoint*': '--endpoint.sd-config-file',
      'grpc-c*': endpointConfig,
      'store.grpc.touched-series-limit': '--store.limits.request-series',
      'store.grpc.series-sample-limit': '--store.limits.request-samples',
      'query-frontend.org-id-header': '--query-frontend.tenant-header',
      'tsdb.enable-native-histograms': 'nothing: it is always on',
    },
  },
  prometheus: {
    program: 'prometheus',
    help: 'kingpin',
    commands: [''],
    source: {
      module: prometheus,
      version: (tag) => tag.replace(/^v(\d+)\.(\d+)\./, (_, major, minor) => `v0.${major}${minor.padStart(2, '0')}.`),
      flags: [`${prometheus}/cmd/prometheus`],
      discovery: `${prometheus}/discovery`,
      files: {
        'config.file': `${prometheus}/config.Config`,
        rule_files: `${prometheus}/model/rulefmt.RuleGroups`,
        'web.config.file': `${toolkit}.Config`,
      },
      hints: {
        // read by functions of their own, which know these keys only
        [`${prometheus}/discovery/targetgroup.Group`]: { targets: {}, labels: {} },
        [`${prometheus}/config.ScrapeConfig`]: { static_configs: { of: `${prometheus}/discovery/targetgroup.Group` } },
        [`${prometheus}/config.AlertmanagerConfig`]: { static_configs: { of: `${prometheus}/discovery/targetgroup.Group` } },
      },
    },
    instead: {
      'storage.tsdb.retention.*': 'storage.tsdb.retention in the configuration file',
      'log.level': 'runtime.log_level in the configuration file',
    },
  },
  alertmanager: {
    program: 'alertmanager',
    help: 'kingpin',
    commands: [''],
    source: {
      module: alertmanager,
      flags: [`${alertmanager}/cmd/alertmanager`, `${alertmanager}/app`],
      files: {
        'config.file': `${alertmanager}/config.Config`,
        'web.config.file': `${toolkit}.Config`,
        'cluster.tls-config': `${alertmanager}/cluster.TLSTransportConfig`,
      },
    },
  },
  nodeExporter: {
    program: 'node_exporter',
    help: 'kingpin',
    commands: [''],
    source: {
      module: 'github.com/prometheus/node_exporter',
      flags: ['github.com/prometheus/node_exporter', 'github.com/prometheus/node_exporter/collector'],
      files: { 'web.config.file': `${toolkit}.Config` },
    },
  },
  grafana: { program: 'grafana', help: 'kingpin', commands: [''], settings: true },
  cadvisor: { program: 'cadvisor', help: 'go', commands: [''], instead: { docker_root: 'nothing: Docker itself is asked' } },
  versitygw: { program: 'versitygw', help: 'urfave', commands: ['', 'posix'] },
  memcached: {
    program: 'memcached',
    help: 'getopt',
    commands: [''],
    takeValues: ['R', 'max-reqs-per-event', 'o', 'extended', 'N', 'napi_ids'],
  },
};

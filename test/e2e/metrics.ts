// Every metric that a rule or panel asks for is there on the running fleet, and so is what the list for the tests promises.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fetchJson } from '../../scripts/lib/kubectl';
import { expressionsIn, metricsOf } from '../support/expressions';
import { root } from '../support/fleets';
import type { Running } from './fleet';
import { assert, type Runner, until } from './runner';

/** Metrics that rules or panels ask for and that need not be there, each with the reason. */
const absent: readonly { readonly metrics: RegExp; readonly why: string }[] = [
  { metrics: /^alertmanager_(cluster|oversized?|peer)_/, why: 'a single Alertmanager does not gossip' },
  { metrics: /^thanos_alert_sender_errors_total$/, why: 'it begins with the first error' },
  {
    metrics: /^(thanos_memcached|thanos_cache_memcached|memcached|cortex_memcache|cortex_cache_(background|dropped))_/,
    why: 'caches are in memory unless the fleet file says memcached',
  },
  {
    metrics: /^(fleet_certificate|certmanager_certificate)_/,
    why: 'there is no TLS between parts that share a Kubernetes cluster',
  },
  { metrics: /^kubelet_volume_stats_/, why: 'storage that is a directory of the node (local-path) does not tell' },
  { metrics: /^(thanos_replicate|blocks_meta)_/, why: 'the demo has no second bucket' },
  { metrics: /^node_(md|bonding)_/, why: 'of nodes with software RAID or bonded network interfaces' },
  { metrics: /^container_cpu_cfs_/, why: 'no container of the fleet has a CPU limit' },
  { metrics: /^container_pressure_/, why: 'the kernel tells it with cgroup v2 and pressure stall information only' },
  { metrics: /^container_fs_(reads|writes)_bytes_total$/, why: 'of containers that have read or written since cAdvisor looks' },
];

export const metricChecks = async (runner: Runner, running: Running): Promise<void> => {
  await runner.check('Metrics', 'every metric that a rule or panel asks for is exposed, or is known to be absent', async () => {
    const asked = new Map(
      expressionsIn(running.synthesized.files.flatMap((f) => f.objects)).flatMap(({ where, expr }) =>
        metricsOf(expr).map((metric) => [metric, where] as const),
      ),
    );
    const listed = readFileSync(join(root, 'test/support/metrics.txt'), 'utf8').split('\n').slice(1).filter(Boolean);
    const wanted = new Map([...listed.map((metric) => [metric, 'test/support/metrics.txt'] as const), ...asked]);
    assert(asked.size > 100, `only ${asked.size} metrics are asked for`);
    // recorded ones come when their window has passed
    await until('all metrics', async () => {
      const { data } = await fetchJson(`${await running.queryUrl()}/api/v1/label/__name__/values`);
      const exposed = new Set<string>(data);
      const missing = [...wanted].filter(([metric]) => !exposed.has(metric) && !absent.some((a) => a.metrics.test(metric)));
      assert(missing.length === 0, `${missing.length} are not there: ${missing.map(([m, of]) => `${m} (${of})`).join(', ')}`);
    });
    return `${asked.size} asked for, ${listed.length} listed`;
  });
};

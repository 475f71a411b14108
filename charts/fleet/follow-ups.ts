// What is wrong only because of a value that cannot be read, and is not told beside it.
import { isAcceptable } from './codes';
import type { Path, Violation } from './violations';

/**
 * Refusals that look elsewhere than at their own place, by code: where. `*` is any name, an empty place the whole fleet. Without
 * what is there nobody knows whether they are right.
 */
export const elsewhere: Partial<Record<Violation['code'], readonly string[]>> = {
  'accept-nothing': [''],
  'accept-unknown-place': [''],
  'amazon-without-tls': ['objectStore.endpoint'],
  'balancer-among-pods': ['kubernetes.*.podCidrs'],
  'exposed-for-nobody': ['clusters.*.in'],
  'external-setting': ['clusters.*.prometheus'],
  'external-without-tls': ['clusters.*.sidecar.tls'],
  'group-wait': ['observer.alertmanager.routes'],
  'host-without-ingress': ['observer.ingress'],
  'ingress-for-nothing': ['observer.alertmanager.host', 'observer.grafana.host', 'observer.queryFrontend.host'],
  'interval-always': ['observer.alertmanager.muteTimeIntervals'],
  'key-without-arn': ['objectStore.replicate.to.auth'],
  'load-without-series': ['clusters.*.series'],
  'local-retention-under-outage': ['objectStore.toleratedOutage'],
  'no-default-receiver': ['observer.alertmanager.defaultReceiver', 'observer.alertmanager.deadMansSwitch'],
  'nodes-unwatched': ['clusters.*.nodes'],
  'not-exposed': ['clusters.*.prometheus'],
  'observer-unwatched': ['clusters.*.in'],
  'one-of': ['objectStore.auth'],
  'replica-for-nobody': ['objectStore.auth'],
  'replicas-behind-one-address': ['clusters.*.replicas'],
  'retention-out-of-order': ['retention'],
  'secrets-for-nobody': [''],
  'static-keys': ['clusters.*.in', 'kubernetes.*.platform', 'objectStore.auth', 'objectStore.endpoint'],
  'tenant-label': ['clusters.*.labels'],
  'tls-for-nobody': ['clusters.*.in'],
  'tls-missing': ['tls'],
  'unknown-cluster': ['clusters.*.in'],
  'unknown-interval': ['observer.alertmanager.muteTimeIntervals'],
  'unknown-kubernetes': ['kubernetes.*.platform'],
  'unknown-receiver': ['observer.alertmanager.receivers'],
  'unknown-team': ['clusters.*.labels'],
  'unreachable-route': ['observer.alertmanager.routes'],
  'unused-kubernetes': ['clusters.*.in'],
};

/** Whether one place is the other one or holds it. */
export const related = (a: Path, b: Path): boolean =>
  a.slice(0, b.length).every((part, i) => part === '*' || b[i] === '*' || String(part) === String(b[i]));

/** Whether a violation may be there only because of what was left out of the fleet. */
export const isFollowUp = ({ code, path }: Violation, left: readonly Path[]): boolean => {
  const places: Path[] = [
    path,
    ...(elsewhere[code] ?? []).map((place) => place.split('.').filter((part) => part !== '')),
    ...(isAcceptable(code) ? [['accept']] : []),
  ];
  return left.some((l) => places.some((place) => related(l, place)));
};

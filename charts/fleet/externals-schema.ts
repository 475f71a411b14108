// A cluster whose Prometheus is somebody else's: how the querier reaches its sidecars.
import { z } from 'zod';
import { peerPods } from './ingress-schema';
import { count, dnsLabel, host, portNumber, secretName, text } from './scalars';

const address = text(new RegExp(`^${host}:${portNumber}$`), 'write host:port, such as thanos-0.shop.example.com:10901');

export const sidecar = z.strictObject({
  pods: peerPods.optional().describe("The Prometheus pods, in the observer's Kubernetes cluster."),
  service: dnsLabel
    .optional()
    .describe(
      'The headless Service of these pods, in their namespace. Default: prometheus-operated, which the Prometheus Operator makes.',
    ),
  port: count(1, 65_535).optional().describe("The sidecars' gRPC port in these pods. Default: 10901."),
  addresses: z
    .array(address)
    .min(1, { error: 'write at least one address' })
    .optional()
    .describe('host:port of each sidecar, where they are in another Kubernetes cluster, or in none.'),
  tls: z
    .strictObject({
      secret: secretName.describe(
        "A Secret in the observer's namespace: ca.crt, by which the sidecars are known, and tls.crt and tls.key, which the querier shows.",
      ),
      serverName: text(new RegExp(`^${host}$`), 'write a host name').describe("The name in the sidecars' certificates."),
    })
    .optional()
    .describe('Mutual TLS with the sidecars at these addresses. Default: none.'),
});

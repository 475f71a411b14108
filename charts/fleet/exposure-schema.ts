// How a port is reached from other Kubernetes clusters, in the fleet file.
import { z } from 'zod';
import { replicaPattern } from './exposure';
import { cidr, count, host, portNumber, text } from './scalars';

const nodePort = z.strictObject({
  // below are those of the user interfaces on localhost
  port: count(31_000, 32_767).optional().describe('Port on the nodes; of several replicas, the first of as many.'),
  address: text(new RegExp(`^${host}$`), 'write a host name or an IPv4 address')
    .optional()
    .describe(
      'Where a node of the Kubernetes cluster is reached. Default, between kind clusters only: `npm run up` looks the nodes up.',
    ),
});

const loadBalancer = z.strictObject({
  hostname: text(
    new RegExp(`^${host.replaceAll('a-zA-Z0-9]', 'a-zA-Z0-9{}]')}$`),
    'write a host name, with {replica} in it where there are several replicas: prometheus-{replica}.chicago.example.com',
  )
    .refine((name) => !/[{}]/.test(name.replaceAll(replicaPattern, '')), {
      error: `write a host name whose only placeholder is ${replicaPattern}, such as prometheus-${replicaPattern}.chicago.example.com`,
    })
    .describe(
      'Host name of the load balancer of each replica; {replica} stands for 0, 1, …. external-dns is asked for it by an annotation.',
    ),
  internal: z
    .boolean({ error: 'write true or false' })
    .optional()
    .describe('Whether it has addresses of the private network only. Default: true.'),
  annotations: z
    .record(z.string(), z.string({ error: 'write a text; put numbers and true or false in quotes' }))
    .optional()
    .describe('Further annotations of the Services, for the controller that makes the load balancers.'),
});

/** How other Kubernetes clusters reach a port: one way, and from which addresses. */
export const expose = z
  .strictObject({
    nodePort: nodePort.optional().describe('A port on the nodes for each replica.'),
    loadBalancer: loadBalancer.optional().describe('A load balancer for each replica; on EKS a Network Load Balancer.'),
    addresses: z
      .array(text(new RegExp(`^${host}:${portNumber}$`), 'write host:port'))
      .min(1, { error: 'write at least one host:port' })
      .optional()
      .describe('host:port of each replica, in order, where you have made a way to its port yourself.'),
    allowFrom: z
      .array(cidr)
      .min(1, { error: 'write at least one address range' })
      .describe(
        'Who may connect: source addresses as the pods see them, and those from which a load balancer checks health. Nobody else is let in.',
      ),
  })
  .describe('How other Kubernetes clusters reach it, by mutual TLS: nodePort, loadBalancer or addresses.');

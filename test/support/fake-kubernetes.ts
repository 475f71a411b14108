// As much of a Kubernetes API server, behind kubectl, as certificates need: server-side apply with managers and times,
// optimistic locking, workloads whose pods are made anew on a restart.
import type { Access } from '../../scripts/certificates/cluster';
import { type KubeObject, ToolError } from '../../scripts/lib/kubectl';

export interface Clock {
  now: number;
}

const key = (kind: string, namespace: string, name: string): string => `${kind}/${namespace}/${name}`;

export class FakeKubernetes implements Access {
  readonly objects = new Map<string, KubeObject>();
  /** Every command line and input, as kubectl was given them. */
  readonly said: { readonly args: readonly string[]; readonly input: string }[] = [];
  /** Called before a change; may throw. */
  beforeChange: (args: readonly string[]) => void = () => {};
  private version = 0;

  constructor(
    readonly context: string,
    private readonly clock: Clock,
  ) {}

  private time(): string {
    this.clock.now += 2000; // every change takes its time, so that the order of changes shows
    return new Date(Math.floor(this.clock.now / 1000) * 1000).toISOString();
  }

  secret(namespace: string, name: string): KubeObject {
    return this.objects.get(key('Secret', namespace, name));
  }

  /** A workload whose pods run. */
  deploy(kind: string, namespace: string, name: string, fleet: string, replicas: number): void {
    const object = { kind, metadata: { namespace, name, generation: 1 }, spec: { replicas } };
    this.objects.set(key(kind.toLowerCase(), namespace, name), { ...object, fleet });
    this.restart(kind.toLowerCase(), namespace, name);
  }

  private restart(kind: string, namespace: string, name: string): void {
    const object = this.objects.get(key(kind, namespace, name));
    const { replicas } = object.spec;
    object.metadata.generation++;
    object.status = {
      observedGeneration: object.metadata.generation,
      replicas,
      readyReplicas: replicas,
      updatedReplicas: replicas,
    };
    for (let i = 0; i < replicas; i++)
      this.objects.set(key('Pod', namespace, `${name}-${i}`), {
        kind: 'Pod',
        metadata: {
          namespace,
          name: `${name}-${i}`,
          creationTimestamp: this.time(),
          labels: { 'app.kubernetes.io/name': name, 'app.kubernetes.io/instance': object.fleet },
        },
        status: { containerStatuses: [{ state: { running: {} }, restartCount: 0 }] },
      });
  }

  async get(args: readonly string[]): Promise<KubeObject[]> {
    this.said.push({ args, input: '' });
    const namespace = args[args.indexOf('-n') + 1] ?? '';
    const flag = args.findIndex((a) => a.startsWith('-'));
    const [kind = '', ...names] = args.slice(0, flag);
    if (kind.includes('/')) return [this.objects.get(key(kind.split('/')[0] ?? '', namespace, kind.split('/')[1] ?? ''))];
    const wanted = { secrets: 'Secret', configmaps: 'ConfigMap', namespaces: 'Namespace', pods: 'Pod' }[kind];
    if (!wanted) throw new Error(`the fake knows no ${kind}`);
    const all = [...this.objects.values()].filter((o) => o.kind === wanted);
    if (kind === 'pods') return all.filter((o) => o.metadata.namespace === namespace);
    return structuredClone(
      all.filter((o) => names.includes(o.metadata.name) && (kind === 'namespaces' || o.metadata.namespace === namespace)),
    );
  }

  async run(args: readonly string[], { input = '' }: { input?: string } = {}): Promise<string> {
    this.said.push({ args, input });
    this.beforeChange(args);
    if (args[0] === 'rollout') {
      const [kind = '', name = ''] = (args[2] ?? '').split('/');
      this.restart(kind, args[args.indexOf('-n') + 1] ?? '', name);
      return '';
    }
    const manager = args.find((a) => a.startsWith('--field-manager='))?.split('=')[1] ?? 'kubectl';
    for (const object of JSON.parse(input).items) this.write(args[0] ?? '', manager, object);
    return '';
  }

  private write(verb: string, manager: string, object: KubeObject): void {
    const { namespace = '', name, resourceVersion } = object.metadata;
    const id = key(object.kind, namespace, name);
    const before = this.objects.get(id);
    if (object.kind !== 'Namespace' && !this.objects.has(key('Namespace', '', namespace)))
      throw new ToolError(`namespaces "${namespace}" not found`);
    if (verb === 'create' && before) throw new ToolError(`${name} already exists`);
    if (verb === 'replace' && before?.metadata.resourceVersion !== resourceVersion)
      throw new ToolError(`${name}: the object has been modified`);
    const data = verb === 'apply' ? { ...before?.data, ...object.data } : object.data;
    if (before && JSON.stringify(before.data) === JSON.stringify(data)) return; // a second apply changes nothing
    const time = this.time();
    const managedFields = [
      ...(before?.metadata.managedFields ?? []).filter((m: KubeObject) => m.manager !== manager),
      { manager, time },
    ];
    const metadata = { creationTimestamp: time, ...before?.metadata, ...object.metadata, managedFields };
    this.objects.set(id, {
      ...(verb === 'apply' ? before : {}),
      ...object,
      metadata: { ...metadata, resourceVersion: String(++this.version) },
      data,
    });
  }
}

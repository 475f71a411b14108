// Faults, and what Alertmanager and its receiver make of them: each is told of once, what follows from it is kept back, and
// when it is mended that is told, too.
import { fetchJson } from '../../scripts/lib/kubectl';
import type { Running } from './fleet';
import { messages } from './receiver';
import { assert, type Runner, until } from './runner';

export const area = 'Alerts';

export type Labels = Readonly<Record<string, string>>;

/** An alert as Alertmanager's API has it. */
export interface Alert {
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly fingerprint: string;
  readonly status: { readonly state: 'active' | 'suppressed' | 'unprocessed'; readonly inhibitedBy: readonly string[] };
}

export interface Fault {
  /** What is done, as in "… is stopped". */
  readonly what: string;
  readonly stop: () => Promise<unknown>;
  /** Undoes it, and waits until that is done. */
  readonly mend: () => Promise<unknown>;
  /** Labels of the alerts that people must be told of, one each. */
  readonly told: readonly Labels[];
  /** Labels of alerts that follow from these, and must be kept back. */
  readonly follows: readonly Labels[];
}

export const alerts = async (running: Running): Promise<Alert[]> =>
  fetchJson(`${await running.url(running.observer, 'pod/alertmanager-0', 9093)}/api/v2/alerts`);

const is = (labels: Labels, wanted: Labels): boolean => Object.entries(wanted).every(([name, value]) => labels[name] === value);
const words = ({ alertname, ...rest }: Labels): string =>
  `${alertname} {${Object.entries(rest)
    .map(([k, v]) => `${k}=${v}`)
    .join(', ')}}`;

/**
 * What the machine of the tests says of itself, and what fires all the time, whatever is stopped: its load, its clock, its
 * disks. Those of its agents are not among them.
 */
const ofTheMachine = ({ labels, annotations }: Pick<Alert, 'labels' | 'annotations'>): boolean =>
  labels.severity === 'none' ||
  (annotations.dashboard === 'nodes' && !['JobMissing', 'NodeAgentMissing'].includes(labels.alertname ?? ''));

/** Alerts of which people are, or would be, told, other than these. */
const others = async (running: Running, told: readonly Labels[]): Promise<string[]> =>
  (await alerts(running))
    .filter((a) => a.status.state !== 'suppressed' && !ofTheMachine(a) && !told.some((t) => is(a.labels, t)))
    .map((a) => words(a.labels));

/** Waits until one alert has these labels, told once however many evaluate its rule, and gives it. */
export const firing = (running: Running, wanted: Labels): Promise<Alert> =>
  until(`${words(wanted)} in Alertmanager`, async () => {
    const [alert, ...more] = (await alerts(running)).filter((a) => is(a.labels, wanted));
    assert(alert && more.length === 0, `${alert ? more.length + 1 : 0} alerts`);
    assert(alert.status.state === 'active', `it is ${alert.status.state}`);
    // a label of whoever evaluates it would make several of it
    for (const label of ['replica', 'rule_replica']) assert(!alert.labels[label], `it has a label ${label}`);
    return alert;
  });

export class Faults {
  private readonly open: Fault[] = [];
  private readonly all: Fault[] = [];
  private since = '';

  constructor(
    private readonly runner: Runner,
    private readonly running: Running,
  ) {}

  private told = (): Labels[] => this.all.flatMap((f) => f.told);

  /** Nothing but what the machine says; what began while the fleet started is over. */
  async healthy(): Promise<void> {
    await this.runner.check(area, 'a healthy fleet raises nothing', async () => {
      await until('no alert', async () => {
        const left = await others(this.running, []);
        assert(left.length === 0, left.join('; '));
      });
      return 'nothing but what the machine says of itself';
    });
    this.since = new Date().toISOString();
  }

  async stop(...faults: readonly Fault[]): Promise<void> {
    for (const fault of faults) await fault.stop();
    this.open.push(...faults);
    this.all.push(...faults);
  }

  async mend(...faults: readonly Fault[]): Promise<void> {
    for (const fault of faults) await fault.mend();
  }

  /** The fault's alerts fire, one each, and what follows is there and kept back by them. */
  async raised(fault: Fault): Promise<void> {
    const { runner, running } = this;
    const started = Date.now();
    await runner.check(area, `${fault.what} is stopped: what follows is kept back, the rest told once`, async () => {
      const reasons = await Promise.all(fault.told.map((wanted) => firing(running, wanted)));
      for (const wanted of fault.follows)
        await until(`${words(wanted)}, kept back`, async () => {
          const found = (await alerts(running)).filter((a) => is(a.labels, wanted));
          assert(found.length > 0, 'it does not fire');
          for (const { status } of found)
            assert(
              status.state === 'suppressed' && status.inhibitedBy.some((by) => reasons.some((r) => r.fingerprint === by)),
              `it is ${status.state}, kept back by ${status.inhibitedBy.length} others`,
            );
        });
      await until('one message', async () => {
        const groups = (await messages(running.kubectl)).filter(
          (m) =>
            m.status === 'firing' && m.alerts.some((a) => a.startsAt >= this.since && fault.told.some((t) => is(a.labels, t))),
        );
        for (const wanted of fault.told)
          assert(
            groups.some((m) => m.alerts.some((a) => is(a.labels, wanted))),
            `no message of ${words(wanted)}`,
          );
        // alerts of one name are one message, unless one comes later than the other
        assert(groups.length <= fault.told.length, `${groups.length} messages of ${fault.told.length} alerts`);
      });
      const seconds = Math.round((Date.now() - started) / 1000);
      return `${[fault.told.map(words).join(', '), ...fault.follows.map((f) => `not ${f.alertname}`)].join('; ')} (${seconds} s)`;
    });
  }

  /** Nobody was told of anything that is not the fault itself, now or before. */
  async nothingElse(): Promise<void> {
    await this.runner.check(area, 'nobody is told of anything else', async () => {
      const now = await others(this.running, this.told());
      assert(now.length === 0, now.join('; '));
      const sent = (await messages(this.running.kubectl)).flatMap((m) => m.alerts);
      const wrong = sent.filter((a) => a.startsAt >= this.since && !ofTheMachine(a) && !this.told().some((t) => is(a.labels, t)));
      assert(wrong.length === 0, [...new Set(wrong.map((a) => words(a.labels)))].join('; '));
      return `${sent.length} alerts in all messages`;
    });
  }

  /** All alerts of the faults are over, and so the receiver was told. */
  async over(): Promise<void> {
    await this.runner.check(area, 'when all is mended every alert ends, and the receiver is told', async () => {
      const about = (a: Pick<Alert, 'labels'>) => this.all.some((f) => [...f.told, ...f.follows].some((w) => is(a.labels, w)));
      await until('no alert of the faults', async () => {
        const left = (await alerts(this.running)).filter(about);
        assert(left.length === 0, left.map((a) => words(a.labels)).join('; '));
      });
      await until('the messages', async () => {
        const ended = (await messages(this.running.kubectl)).flatMap((m) => m.alerts).filter((a) => a.status === 'resolved');
        for (const wanted of this.told()) {
          const end = ended.find((a) => a.startsAt >= this.since && is(a.labels, wanted));
          assert(end, `none that ${words(wanted)} is over`);
          assert(end.endsAt > end.startsAt, `${words(wanted)} ended at ${end.endsAt}`);
        }
      });
      return `${this.told().length} alerts of ${this.all.length} faults`;
    });
    await this.nothingElse();
  }
}

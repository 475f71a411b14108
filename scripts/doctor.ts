// npm run doctor: looks at a running fleet and says what is wrong with it.
import { loadFleet, synthesize } from '../charts/fleet';
import type { Topology } from '../charts/topology';
import { inspect } from './doctor/checks';
import type { Finding } from './doctor/finding';
import { fleetFile } from './lib/fleet-file';
import { dim, green, main, parseArgs, progress, red, sayHelp, table, width, yellow } from './lib/terminal';

const help = `npm run doctor [-- --json]

Inspects the running fleet (fleet.yaml, or FLEET=path) through kubectl, in all of its Kubernetes clusters, and prints a
verdict per line.
Exit code: 0 all well (warnings allowed), 1 something is wrong, 2 the fleet cannot be inspected.

  --json  one JSON document for machines instead of the table`;

const verdict = { ok: green('ok'), warning: yellow('warning'), wrong: red('WRONG') } as const;

const show = (findings: readonly Finding[]): string => {
  const w = Math.max(width(), 80);
  const [check, of, mark] = [24, 24, 9];
  const rest = w - check - of - mark - 6;
  return table(
    ['Check', 'Of', 'Verdict', 'Seen, and what to do'],
    findings.map((f) => [f.check, f.of, verdict[f.verdict], f.remedy ? `${f.seen}\n${dim('→')} ${f.remedy}` : f.seen]),
    [check, of, mark, rest],
  );
};

/** What the fleet accepts though it is refused elsewhere. */
const acceptedIn = ({ fleet }: Topology): Finding[] =>
  fleet.accepted.map(({ code, at, problem, reason }) => ({
    check: 'accepted',
    of: at,
    verdict: 'warning',
    seen: `${problem} [${code}]`,
    remedy: `nothing, as long as this holds: ${reason.trim()}`,
  }));

main(async () => {
  const { values } = parseArgs({ options: { json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } });
  if (values.help) {
    sayHelp(help);
    return 0;
  }
  const synthesized = synthesize(loadFleet(fleetFile()));
  const say = values.json ? () => {} : (text: string) => progress.show(text);
  const findings = [...acceptedIn(synthesized.topology), ...(await inspect(synthesized, say))];
  const count = (v: Finding['verdict']) => findings.filter((f) => f.verdict === v).length;
  if (values.json)
    console.log(JSON.stringify({ fleet: synthesized.topology.fleet.name, ok: count('wrong') === 0, findings }, null, 2));
  else
    progress.done(
      `${show(findings)}\n${findings.length} checks: ${count('ok')} ok, ${count('warning')} warnings, ${count('wrong')} wrong`,
    );
  return count('wrong') > 0 ? 1 : 0;
});

// npm run certs: the certificates with which the Kubernetes clusters of a fleet know each other.
import { loadFleet, synthesize } from '../charts/fleet';
import { certificateClusters, certificateFleet } from './certificates/fleet';
import { keepCertificates, readCertificates } from './certificates/keep';
import { ends } from './certificates/plan';
import { showCertificates } from './certificates/show';
import { refuse, unreachable } from './lib/contexts';
import { fleetFile } from './lib/fleet-file';
import { ToolError } from './lib/kubectl';
import { green, main, parseArgs, progress, red, sayHelp } from './lib/terminal';

const help = `npm run certs [-- --check | --renew | --rotate-ca]

Makes the certificate authority of the fleet (fleet.yaml, or FLEET=path) and a certificate for every server and client
that talks to another Kubernetes cluster, and puts them as Secrets into each, through kubectl. Private keys are in those
Secrets and nowhere else. What is missing, due (a third of its 90 days is left) or no longer right is issued anew; the rest
is left alone. Run it every week, by hand or by a timer: the alert CertificateExpiry tells when nobody does.

  --check      change nothing; exit code 1 when something is to be done
  --renew      issue all certificates anew, whatever time is left
  --rotate-ca  change to a new authority without an interruption: first all trust both, then all get certificates of
               the new one, then all trust the new one alone. Restarts twice what reads authorities at its start only: the
               clusters at the same time, of each pair one replica after the other. Takes a quarter of an hour.
               Interrupted, npm run certs goes on with it.

Exit code: 0 all well, 1 --check found something, 2 it could not be done.`;

/** The first of them; the table has all. */
const complain = (problems: readonly string[], most = 10): void => {
  for (const problem of problems.slice(0, most)) console.log(`${red('✗')} ${problem}`);
  if (problems.length > most) console.log(`${red('✗')} and ${problems.length - most} more`);
};

main(async () => {
  const { values } = parseArgs({
    options: {
      check: { type: 'boolean', default: false },
      renew: { type: 'boolean', default: false },
      'rotate-ca': { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    sayHelp(help);
    return 0;
  }
  const { check, renew, 'rotate-ca': rotate } = values;
  if ([check, renew, rotate].filter(Boolean).length > 1)
    throw new ToolError('One of --check, --renew and --rotate-ca at a time.');
  const synthesized = synthesize(loadFleet(fleetFile()));
  const { fleet } = synthesized.topology;
  const certificates = certificateFleet(synthesized);
  if (!certificates) {
    console.log('All of the fleet is in one Kubernetes cluster: it needs no certificates.');
    return 0;
  }
  const issuer = fleet.tls.certManager;
  if (issuer && (renew || rotate))
    throw new ToolError(
      `cert-manager makes these certificates (tls.issuer.certManager: ${issuer.kind} ${issuer.name}).\n${
        renew
          ? 'Renew with it: cmctl renew --all, or delete the Secrets one by one.'
          : 'Change the authority there; docs/certificates.md says how.'
      }`,
    );
  refuse(await unreachable(certificateClusters(fleet.kubernetes, certificates)));
  const now = new Date();
  if (check || issuer) {
    progress.show('Reading certificates …');
    const { text, problems } = showCertificates(certificates, await readCertificates(certificates), now, issuer !== undefined);
    progress.done(text);
    if (issuer) console.log(`cert-manager makes and renews them (${issuer.kind} ${issuer.name}).`);
    complain(problems);
    if (problems.length === 0) console.log(`${green('✓')} nothing to be done`);
    return check && problems.length > 0 ? 1 : 0;
  }
  const { state, changes } = await keepCertificates(certificates, { renew, rotate });
  const { text, problems } = showCertificates(certificates, state, now, false);
  const first = new Date(Math.min(...state.leaves.flatMap((l) => (l.stored?.certificate ? [ends(l.stored.certificate)] : []))));
  progress.done(text);
  complain(problems);
  console.log(
    `${green('✓')} ${changes === 0 ? 'nothing to be done: ' : ''}${state.leaves.length} certificates; the first ends on ${first.toISOString().slice(0, 10)}`,
  );
  return 0;
});

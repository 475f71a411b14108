// What the schema cannot say about how people reach the user interfaces: nothing open by accident, nothing that leads nowhere.
import { holds, isEverybody } from '../kit/addresses';
import { isSpread } from './exposure';
import { type WebPart, webParts } from './ingress';
import type { Fleet } from './schema';
import { type Check, refuseIf, type Violation } from './violations';

export const titles: Record<WebPart, string> = {
  grafana: 'Grafana',
  queryFrontend: 'the query-frontend',
  alertmanager: 'Alertmanager',
};

/** The hosts of user interfaces. */
export const hostsOf = ({ observer }: Fleet): { part: WebPart; host: string }[] =>
  webParts.flatMap((part) => {
    const host = observer[part]?.host;
    return host === undefined ? [] : [{ part, host }];
  });

const ways: Check = (fleet) => {
  const { ingress } = fleet.observer;
  if (!ingress) return [];
  const given = (['alb', 'gateway'] as const).filter((way) => ingress[way]);
  return [
    ...refuseIf(given.length !== 1, {
      code: 'one-of',
      path: ['observer', 'ingress'],
      problem: given.length === 0 ? 'nothing says what leads people to the user interfaces' : 'alb and gateway are two ways',
      consequence: 'the hosts would lead nowhere, or to two places.',
      remedy: 'one of alb, gateway.',
    }),
    ...refuseIf(hostsOf(fleet).length === 0, {
      code: 'ingress-for-nothing',
      path: ['observer', 'ingress'],
      problem: 'no user interface has a host',
      consequence: 'there would be nothing behind it.',
      remedy: 'grafana: {host: grafana.example.com}, and the same for queryFrontend and alertmanager; or leave ingress out.',
    }),
  ];
};

const hosts: Check = (fleet) => {
  const all = hostsOf(fleet);
  return all.flatMap(({ part, host }, i): Violation[] => [
    ...refuseIf(!fleet.observer.ingress, {
      code: 'host-without-ingress',
      path: ['observer', part, 'host'],
      problem: `${titles[part]} has the host ${host}, but nothing leads to it`,
      consequence: 'links would name an address that nobody answers.',
      remedy: 'observer: {ingress: {alb: …}} or {ingress: {gateway: …}}, or leave the host out.',
    }),
    ...refuseIf(
      all.slice(0, i).some((other) => other.host === host),
      {
        code: 'host-twice',
        path: ['observer', part, 'host'],
        problem: `${host} is the host of another user interface already`,
        consequence: 'one of the two would never be seen.',
        remedy: `a host of its own, such as ${part.toLowerCase()}.${host.replace(/^[^.]*\./, '')}.`,
      },
    ),
  ]);
};

const platform: Check = (fleet, resolved) => {
  const k = resolved.kubernetes.find((other) => other.name === fleet.observer.in);
  return refuseIf(fleet.observer.ingress?.alb !== undefined && k !== undefined && k.platform !== 'eks', {
    code: 'alb-off-eks',
    path: ['observer', 'ingress', 'alb'],
    problem: `${k?.name} is on ${k?.platform}, where no AWS Load Balancer Controller is`,
    consequence: 'nothing would make a load balancer of it, and the hosts would lead nowhere.',
    remedy: 'gateway, or leave ingress out: on kind the user interfaces are on localhost.',
  });
};

const everybody: Check = (fleet) =>
  (fleet.observer.ingress?.alb?.allowFrom ?? []).flatMap((range, i) =>
    refuseIf(isEverybody(range), {
      code: 'ingress-from-everybody',
      path: ['observer', 'ingress', 'alb', 'allowFrom', i],
      problem: `${range} is everybody, or a large part of the internet`,
      consequence:
        'whoever finds the hosts can read every metric and silence every alert where nobody asks who it is, and try passwords at Grafana.',
      remedy: 'the addresses that people come from: an office, a VPN.',
    }),
  );

/** A policy that lets in the balancer's subnets lets in every pod that has an address there. */
const amongPods: Check = (fleet, resolved) => {
  const k = resolved.kubernetes.find((other) => other.name === fleet.observer.in);
  return (fleet.observer.ingress?.alb?.balancerCidrs ?? []).flatMap((range, i) => {
    const pods = k?.podCidrs.find((other) => holds(other, range) || holds(range, other));
    return refuseIf(pods !== undefined, {
      code: 'balancer-among-pods',
      path: ['observer', 'ingress', 'alb', 'balancerCidrs', i],
      problem: `pods may have addresses of ${range}: kubernetes.${k?.name}.podCidrs says ${pods}`,
      consequence: 'every pod there could use the user interfaces, not the load balancer alone.',
      remedy: `the balancer's own subnets here, and those of the pods in kubernetes.${k?.name}.podCidrs.`,
    });
  });
};

/** Neither has a login of its own, and a Gateway's routes say nothing of source addresses. */
const logins: Check = (fleet) =>
  fleet.observer.ingress?.gateway === undefined
    ? []
    : hostsOf(fleet)
        .filter(({ part }) => part !== 'grafana')
        .map(({ part }) => ({
          code: 'ingress-without-login',
          path: ['observer', part, 'host'],
          problem: `${titles[part]} asks nobody who it is, and nothing of this fleet limits who reaches the Gateway`,
          consequence:
            part === 'alertmanager'
              ? 'whoever reaches the Gateway can silence every alert.'
              : 'whoever reaches the Gateway can read every metric.',
          remedy: 'leave the host out: Grafana shows the same behind its login.',
        }));

const certificates: Check = (fleet, resolved) =>
  refuseIf(fleet.observer.alertmanager?.host !== undefined && isSpread(resolved), {
    code: 'ui-behind-certificates',
    path: ['observer', 'alertmanager', 'host'],
    problem: "Alertmanager asks for the fleet's certificates, since clusters elsewhere send it alerts",
    consequence: 'neither the load balancer nor a browser has one: the host would answer nobody.',
    remedy: 'leave the host out; amtool silences alerts, with a certificate of the fleet.',
  });

export const ingressChecks: readonly Check[] = [ways, hosts, platform, everybody, amongPods, logins, certificates];

// What refusals are tried with: small fleets, and what is said of them.
import { parseFleet } from '../../charts/fleet/load';
import { FleetError } from '../../charts/fleet/violations';

/** A fleet that a check refuses at », and one that is nearly that and accepted. */
export interface Refusal {
  readonly code: string;
  readonly wrong: string;
  readonly right: string;
}

const parts = {
  name: 'name: demo',
  kubernetes: 'kubernetes: {kind: {platform: kind}}',
  objectStore: 'objectStore: {type: embedded}',
  observer: 'observer: {in: kind}',
  clusters: 'clusters: {chicago: {in: kind}, seattle: {in: kind}}',
  retention: '',
  alerts: '',
};

/** A small fleet with some of its parts written otherwise. */
export const fleet = (changes: Partial<typeof parts> = {}): string => `${Object.values({ ...parts, ...changes }).join('\n')}\n`;

const onEks = {
  kubernetes: 'kubernetes: {cloud: {platform: eks, context: arn:aws:eks:eu-west-1:111122223333:cluster/metrics}}',
  objectStore: 'objectStore: {type: s3, bucket: demo-metrics, region: eu-west-1, auth: {podIdentity: {}}}',
  observer: 'observer: {in: cloud, grafana: {adminSecret: grafana-admin}}',
  clusters: 'clusters: {chicago: {in: cloud}}',
};

/** The same on EKS. */
export const eks = (changes: Partial<typeof parts> = {}): string => fleet({ ...onEks, ...changes });
export const clusters = (text: string): string => fleet({ clusters: `clusters: {${text}}` });

/** Where » marks the text, as `file:line:column`, and the text without the mark. */
export const unmark = (marked: string) => {
  const at = marked.indexOf('»');
  const lines = marked.slice(0, at).split('\n');
  const text = marked.replace('»', '');
  return { text, position: `fleet.yaml:${lines.length}:${(lines.at(-1) as string).length + 1}` };
};

export const errorOf = (run: () => unknown): FleetError => {
  try {
    run();
  } catch (error) {
    if (error instanceof FleetError) return error;
    throw error;
  }
  throw new Error('it was accepted');
};
export const refusal = (text: string): FleetError => errorOf(() => parseFleet(text, 'fleet.yaml'));

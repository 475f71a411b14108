// Every check of accept.ts: a fleet that trips it at », and one that nearly does.
import { fleet, type Refusal } from './support';

const unwatched = 'clusters: {chicago: {in: kind, nodes: false}, seattle: {in: kind, nodes: false}}';
const accepting = (acceptance: string, clusters = 'clusters: {chicago: {in: kind}}'): string =>
  `${fleet({ clusters })}accept: [${acceptance}]\n`;
const reason = 'reason: the platform team watches the nodes';
const right = accepting(`{code: nodes-unwatched, at: clusters.chicago.nodes, ${reason}}`, unwatched);

export const acceptances: readonly Refusal[] = [
  {
    code: 'accept-unknown-code',
    wrong: accepting(`{»code: node-unwatched, at: clusters.chicago, ${reason}}`),
    right,
  },
  {
    code: 'accept-final',
    wrong: accepting(`{»code: nodes-counted-twice, at: clusters.chicago, ${reason}}`),
    right,
  },
  {
    code: 'accept-unknown-place',
    wrong: accepting(`{code: nodes-unwatched, »at: clusters.chicgo, ${reason}}`),
    right,
  },
  {
    code: 'accept-nothing',
    wrong: accepting(`»{code: nodes-unwatched, at: clusters.chicago, ${reason}}`),
    right,
  },
  ...['because', 'not needed here', '""'].map((short) => ({
    code: 'wrong-value',
    wrong: accepting(`{code: nodes-unwatched, at: clusters.chicago, »reason: ${short}}`),
    right,
  })),
];

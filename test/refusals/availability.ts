// Every check of availability-checks.ts: a fleet that trips it at », and one that nearly does.
import { fleet, type Refusal } from './support';

const observer = (text: string): string => fleet({ observer: `observer: {in: kind, ${text}}` });

export const availability: readonly Refusal[] = [
  ...['query', 'queryFrontend'].flatMap((part) => [
    {
      code: 'replicas-and-autoscale',
      wrong: observer(`${part}: {»replicas: 2, autoscale: {max: 4}}`),
      right: observer(`${part}: {autoscale: {min: 2, max: 4}}`),
    },
    {
      code: 'autoscale-backwards',
      wrong: observer(`${part}: {autoscale: {min: 5, »max: 4}}`),
      right: observer(`${part}: {autoscale: {min: 4, max: 4}}`),
    },
  ]),
];

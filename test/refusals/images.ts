// Every refusal about where images come from: a fleet that trips it at », and one that nearly does.
import { images, reference } from '../../charts/images';
import { fleet, type Refusal } from './support';

const thanos = reference(images.thanos);
const old = `${images.thanos.repository}:v0.1.0`;
const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;
const withRegistry = (registry: string) => `${fleet()}${registry}\n`;

const unusable = [
  'https://registry.example.com', // a scheme
  'registry.example.com/', // a slash at its end
  'registry.example.com/Mirror', // capitals in its path
  'registry.example.com/mirror:v1', // a tag
  'mirror/of.ours', // container engines read it as a path of Docker Hub
  `registry.example.com/${'x'.repeat(170)}`, // no room for the name of an image
];

export const imageRefusals: readonly Refusal[] = [
  {
    code: 'unknown-image',
    wrong: `${fleet()}imageDigests: {»"${old}": "${digest}"}\n`,
    right: `${fleet()}imageDigests: {"${thanos}": "${digest}"}\n`,
  },
  {
    code: 'wrong-value',
    wrong: `${fleet()}imageDigests: {»"${thanos}": "${digest}0"}\n`,
    right: `${fleet()}imageDigests: {"${thanos}": "${digest}"}\n`,
  },
  ...unusable.map((registry) => ({
    code: 'wrong-value',
    wrong: withRegistry(`»registry: ${registry}`),
    right: withRegistry('registry: registry.example.com:5000/a_b/mirror'),
  })),
  {
    code: 'wrong-value',
    wrong: withRegistry('»imagePullSecrets: [login, login]'),
    right: withRegistry('imagePullSecrets: [login, other]'),
  },
];

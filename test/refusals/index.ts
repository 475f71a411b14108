// Every refusal that there is, by subject. A check adds its own to the file of its subject, or a file here.
import { acceptances } from './accept';
import { alerts } from './alerts';
import { availability } from './availability';
import { exposureRefusals } from './exposure';
import { externalSecretsRefusals } from './external-secrets';
import { externalsRefusals } from './externals';
import { forms } from './forms';
import { gitopsRefusals } from './gitops';
import { imageRefusals } from './images';
import { ingress } from './ingress';
import { model } from './model';
import { notifications } from './notifications';
import { objectStores } from './object-store';
import { sizing } from './sizing';
import { tenancyRefusals } from './tenancy';

export const refusals = {
  acceptances,
  forms,
  model,
  availability,
  externals: externalsRefusals,
  tenancy: tenancyRefusals,
  alerts,
  notifications,
  objectStores,
  images: imageRefusals,
  exposure: exposureRefusals,
  externalSecrets: externalSecretsRefusals,
  gitops: gitopsRefusals,
  sizing,
  ingress,
};

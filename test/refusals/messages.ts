// Every message as a terminal of 80 columns shows it: made for people to read, in test/goldens/messages.txt.
import { loadFleet } from '../../charts/fleet/load';
import { plain } from '../../charts/fleet/messages';
import { refusals } from '.';
import { errorOf, refusal, unmark } from './support';

const style = { ...plain, width: 80 };

/** The file, by its path from the root; `npm run generate` writes it. */
export const messagesFile = (): { path: string; text: string } => {
  const messages = [
    errorOf(() => loadFleet('nowhere/fleet.yaml')),
    ...Object.values(refusals).flatMap((table) => table.map(({ wrong }) => refusal(unmark(wrong).text))),
  ].map((error) => error.render(style).replace(/\n\n1 problem; nothing was written\.\n.*$/s, ''));
  return { path: 'test/goldens/messages.txt', text: `${[...new Set(messages)].join('\n\n')}\n` };
};

// npm run explain: the page of a refusal's code, for a terminal.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { codes } from '../charts/fleet/codes';
import { type Style, wrap } from '../charts/fleet/messages';
import { nearest } from '../charts/fleet/nearest';
import { main, parseArgs, sayHelp, styleOf } from './lib/terminal';

const help = `npm run explain [CODE …]

Prints what a refusal means, why it is one and what to write instead (docs/checks/CODE.md).
Without a code: all of them, one line each. Exit code: 0, or 1 when there is no such code.`;

const pageOf = (code: string): string => readFileSync(join(dirname(__dirname), 'docs/checks', `${code}.md`), 'utf8');

/** A page as a terminal shows it: texts wrapped, headings bold, blocks of code indented and as they are. */
export const forTerminal = (page: string, style: Style): string => {
  const lines: string[] = [];
  let text: string[] = [];
  let code = false;
  const flush = () => {
    if (text.length > 0) lines.push(wrap(text.join(' '), style.width, text[0]?.startsWith('- ') ? '  ' : ''));
    text = [];
  };
  for (const line of page.trimEnd().split('\n')) {
    const fence = line.startsWith('```');
    if (fence || code || line === '' || /^(#|- )/.test(line)) flush();
    if (fence) code = !code;
    else if (code) lines.push(`    ${line}`);
    else if (line.startsWith('#')) lines.push(style.bold(wrap(line.replace(/^#+ /, ''), style.width)));
    else if (line === '') lines.push('');
    else text.push(line);
  }
  flush();
  return lines.join('\n');
};

/** Every code with the title of its page. */
export const list = (style: Style): string => {
  const width = Math.max(...codes.map((code) => code.length));
  const title = (code: string) => /^# [a-z-]+: (.*)$/m.exec(pageOf(code))?.[1];
  return codes.map((code) => `${style.bold(code.padEnd(width))}  ${title(code)}`).join('\n');
};

/** What a person is told who asks for these codes, and whether all of them are there. */
export const explain = (asked: readonly string[], style: Style): { text: string; found: boolean } => {
  if (asked.length === 0) return { text: `${list(style)}\n\nnpm run explain CODE prints one.`, found: true };
  const known = (code: string) => codes.some((c) => c === code);
  const texts = asked.map((code) => {
    if (known(code)) return forTerminal(pageOf(code), style);
    const near = codes.find((c) => c.startsWith(code)) ?? nearest(code, codes);
    return `There is no code ${code}.${near ? ` Do you mean ${near}?` : ''} All of them: npm run explain`;
  });
  return { text: texts.join('\n\n\n'), found: asked.every(known) };
};

if (process.argv[1] === __filename)
  main(async () => {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { help: { type: 'boolean', short: 'h' } },
    });
    if (values.help) {
      sayHelp(help);
      return 0;
    }
    const { text, found } = explain(positionals, styleOf(process.stdout));
    (found ? console.log : console.error)(text);
    return found ? 0 : 1;
  });

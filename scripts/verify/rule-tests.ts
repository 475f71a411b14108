// Every alert, tried by promtool: it fires at what it is for, not at what is nearly that, and no longer when that is over.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { blindTest, type RuleTest, ruleTests } from '../../test/promtool';
import { run } from '../lib/run';
import type { Check } from './checks';

/** What Go's templates leave behind when a label or a value is not what they take. */
const brokenText = /<no value>|<error |%!|\bNaN\b|[+-]Inf\b/;

/** Texts of the alerts that fire, as promtool shows them when it is told that none should. */
const brokenTexts = (output: string, tests: readonly RuleTest[]): string[] => {
  const shown = output.split(/^ *FAILED:$/m).slice(1);
  const broken = shown.filter((text) => brokenText.test(text) || !/Annotations:\{/.test(text));
  return shown.length === tests.length ? broken : [...broken, `${shown.length} of ${tests.length} alerts show a text`];
};

/** One check for each thing that alerts are about. */
export const ruleTestChecks = (folder: string, tests: readonly RuleTest[] = ruleTests()): Check[] => {
  mkdirSync(folder, { recursive: true });
  for (const { name, rules, test, texts } of tests) {
    writeFileSync(join(folder, `${name}.rules.yml`), rules);
    writeFileSync(join(folder, `${name}.test.yml`), test);
    writeFileSync(join(folder, `${name}.texts.yml`), texts);
  }
  const promtool = (these: readonly RuleTest[], kind: 'test' | 'texts') =>
    run('promtool', ['test', 'rules', ...these.map(({ name }) => join(folder, `${name}.${kind}.yml`))]);
  const blind = blindTest();
  writeFileSync(join(folder, 'blind.rules.yml'), blind.rules);
  writeFileSync(join(folder, 'blind.test.yml'), blind.test);
  const whenBlind: Check = {
    what: 'promtool test rules',
    of: 'a Prometheus that sees nothing',
    needs: ['promtool'],
    run: async () => {
      const { code, output } = await run('promtool', ['test', 'rules', join(folder, 'blind.test.yml')]);
      return code === 0 ? undefined : output;
    },
  };
  const ofSubjects = [...new Set(tests.map(({ of }) => of))].map((of): Check => {
    const these = tests.filter((test) => test.of === of);
    return {
      what: 'promtool test rules',
      of: `${these.length} alerts of ${of}`,
      needs: ['promtool'],
      run: async () => {
        const { code, output } = await promtool(these, 'test');
        if (code !== 0) return output.replace(/^\s*(SUCCESS)?\n/gm, '');
        const broken = brokenTexts((await promtool(these, 'texts')).output, these);
        return broken.length > 0 ? broken.join('\n') : undefined;
      },
    };
  });
  return [...ofSubjects, whenBlind];
};

/** An alert that never fires must be noticed. */
export const ruleTestProof = (folder: string): Check => ({
  what: 'a mistake is noticed',
  of: 'promtool test rules: an alert that never fires',
  needs: ['promtool'],
  run: async () => {
    const [first] = ruleTests();
    if (!first) return 'there is no test';
    const rules = first.rules.replace(/expr: .*(\n {10,}.*)*/g, 'expr: vector(1) < 0');
    const said = await Promise.all(ruleTestChecks(folder, [{ ...first, rules }]).map((check) => check.run()));
    return said.some((text) => text?.includes('got: nil')) ? undefined : `${first.name} never fires, and it says: ${said.join()}`;
  },
});

// Which alert reaches whom: the table `routing.yaml` beside a fleet file, asked of the synthesized routes with amtool.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';
import { nowhere } from '../../charts/config/alertmanager';
import { run } from '../lib/run';

interface Row {
  /** Labels of an alert. */
  readonly alert: Readonly<Record<string, string>>;
  /** Who is told, in the order of the routes; nobody when there is none. */
  readonly receivers: readonly string[];
}

/** The table of a fleet file, if it has one. */
export const routingTable = (fleetFile: string): readonly Row[] => {
  const file = join(dirname(fleetFile), 'routing.yaml');
  return existsSync(file) ? parse(readFileSync(file, 'utf8')) : [];
};

/** Rows whose alert goes elsewhere, one line each; nothing when all go where the table says. */
export const misroutes = async (configFile: string, table: readonly Row[]): Promise<string | undefined> => {
  const wrong: string[] = [];
  for (const { alert, receivers } of table) {
    const labels = Object.entries(alert).map(([name, value]) => `${name}=${value}`);
    const args = ['--enable-feature=utf8-strict-mode', 'config', 'routes', 'test', `--config.file=${configFile}`];
    const wanted = receivers.length > 0 ? receivers.join(',') : nowhere;
    const { code, output } = await run('amtool', [...args, `--verify.receivers=${wanted}`, ...labels]);
    if (code === 0) continue;
    const said = output.split('\n').filter((line) => line && !/level=WARN|^WARNING/.test(line));
    wrong.push(`${labels.join(' ')} goes to ${said.join(' ')}, not to ${wanted}`);
  }
  return wrong.length > 0 ? wrong.join('\n') : undefined;
};

// npm run size: what a fleet needs and about what it costs, from the series of its clusters.
import { readFileSync, writeFileSync } from 'node:fs';
import { loadFleet } from '../charts/fleet';
import { declareTopology } from '../charts/topology';
import { withSection } from './lib/benchmarks';
import { fleetFile } from './lib/fleet-file';
import { main, parseArgs, progress, sayHelp } from './lib/terminal';
import { liveSection, liveText, measure, underestimated } from './size/live';
import { bucketTable, clustersTable, costs, costsTable, observerTable } from './size/tables';

const help = `npm run size [-- --live] [--json]

Says what the fleet (fleet.yaml, or FLEET=path) needs: memory, CPU and volumes of Prometheus and of the observer, the size of the
bucket, and what that costs in a month, about. It follows from clusters.<name>.series, churn, queries, scrapeInterval and retention;
where the fleet file gives a size itself, both are shown. The model and its sources: docs/sizing.md.

  --live   what the running fleet really uses, beside what the model says for that, and what to write into the fleet file;
           exit code 1 when the model says less than is used
  --write  with --live: writes the comparison into docs/sizing.md
  --json   for programs`;

const page = 'docs/sizing.md';

main(async () => {
  const { values } = parseArgs({
    options: {
      live: { type: 'boolean' },
      write: { type: 'boolean' },
      json: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    sayHelp(help);
    return 0;
  }
  const file = fleetFile();
  const fleet = loadFleet(file);
  if (values.live) {
    const seen = await measure(declareTopology(fleet), (text) => values.json || progress.show(text));
    progress.clear();
    console.log(values.json ? JSON.stringify(seen, null, 2) : liveText(seen));
    if (values.write) writeFileSync(page, withSection(readFileSync(page, 'utf8'), liveSection(fleet.name, seen)));
    const less = underestimated(seen);
    if (less.length > 0) console.error(`\nThe model says less than is used:\n${less.join('\n')}`);
    return less.length > 0 ? 1 : 0;
  }
  const monthly = costs(fleet);
  if (values.json) {
    console.log(JSON.stringify({ clusters: fleet.clusters, observer: fleet.observer, costs: monthly }, null, 2));
    return 0;
  }
  const silent = fleet.clusters.filter((c) => !c.load).map((c) => c.name);
  const told = silent.length < fleet.clusters.length;
  console.log(
    [
      `Fleet ${fleet.name} (${file}): local retention as each cluster has it, bucket for ${fleet.retention.raw} raw, ${fleet.retention['5m']} of 5m, ${fleet.retention['1h']} of 1h`,
      clustersTable(fleet),
      observerTable(fleet),
      ...(told ? [bucketTable(fleet)] : []),
      ...(told ? [costsTable(monthly)] : []),
      ...(silent.length > 0
        ? [
            `Not told: the series of ${silent.join(', ')}. Write clusters.<name>.series, such as series: 120k; npm run size -- --live reads it from a running fleet. Until all are told, the observer has the platform's sizes.`,
          ]
        : []),
    ].join('\n\n'),
  );
  return 0;
});

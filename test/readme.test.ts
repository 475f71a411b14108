// What README.md shows of TypeScript works as it is shown.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'cdk8s';
import { loadFleet, renderFleet } from '../charts/fleet';
import { readText, root } from './support/fleets';

test("a fleet in a cdk8s app of one's own", () => {
  const shown = /^ {2}```ts\n([\s\S]*?)^ {2}```$/m.exec(readText('README.md'))?.[1] as string;
  const directory = mkdtempSync(join(tmpdir(), 'readme-'));
  const log = jest.spyOn(console, 'log').mockImplementation();
  try {
    const code = shown
      .replace("'manifests'", JSON.stringify(directory))
      .replace("'fleet.yaml'", JSON.stringify(join(root, 'fleet.yaml')));
    new Function('App', 'loadFleet', 'renderFleet', code)(App, loadFleet, renderFleet);
    expect(log.mock.calls[0]?.[0]).toContainEqual(expect.stringMatching(/^observer: \d+ objects$/));
    expect(readdirSync(directory).sort()).toEqual(
      readdirSync(join(root, 'dist/kind'))
        .map((f) => expect.stringContaining(f))
        .sort(),
    );
  } finally {
    log.mockRestore();
    rmSync(directory, { recursive: true });
  }
});

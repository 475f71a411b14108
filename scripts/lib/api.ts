// The Kubernetes API with the credentials of a kubeconfig context, for what kubectl's commands answer too slowly or too vaguely.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Kubectl, type KubeObject, missing, ToolError } from './kubectl';

export interface Answer {
  readonly status: number;
  readonly body: KubeObject;
}

export interface Api {
  /** @param path such as /api/v1/namespaces @param patch an object to apply; it is sent as a server-side apply */
  readonly ask: (path: string, patch?: KubeObject) => Promise<Answer>;
  readonly close: () => void;
}

/**
 * Opens the API through `kubectl proxy`, on a socket that only this user may use.
 * @throws ToolError when kubectl does not start
 */
export const openApi = (kubectl: Kubectl): Promise<Api> => {
  const directory = mkdtempSync(join(tmpdir(), 'thanos-fleet-'));
  const socketPath = join(directory, 'api');
  const child = spawn('kubectl', ['--context', kubectl.context, 'proxy', `--unix-socket=${socketPath}`]);
  const close = () => {
    child.kill();
    rmSync(directory, { recursive: true, force: true });
  };
  const ask = (path: string, patch?: KubeObject): Promise<Answer> =>
    new Promise((done, fail) => {
      const sent = request(
        {
          socketPath,
          path,
          headers: { host: 'localhost', ...(patch ? { 'content-type': 'application/apply-patch+yaml' } : {}) },
          method: patch ? 'PATCH' : 'GET',
        },
        (response) => {
          let text = '';
          response.setEncoding('utf8');
          response.on('data', (chunk) => {
            text += chunk;
          });
          response.on('end', () => {
            try {
              done({ status: response.statusCode ?? 0, body: JSON.parse(text) });
            } catch {
              fail(new ToolError(`${kubectl.context} answered ${response.statusCode} to ${path}: ${text.slice(0, 300).trim()}`));
            }
          });
        },
      );
      sent.on('error', (error) => fail(new ToolError(`${kubectl.context} does not answer: ${error.message}`)));
      sent.end(patch ? JSON.stringify(patch) : undefined);
    });
  return new Promise((done, fail) => {
    let said = '';
    const listen = (chunk: Buffer) => {
      said += chunk;
      if (said.includes('Starting to serve')) done({ ask, close });
    };
    child.stdout.on('data', listen);
    child.stderr.on('data', listen);
    child.on('error', () => fail(missing('kubectl')));
    child.on('exit', () => fail(new ToolError(`kubectl proxy for ${kubectl.context} ended: ${said.trim()}`)));
  });
};

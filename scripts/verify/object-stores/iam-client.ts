// Requests to an IAM service, signed as Amazon's are (AWS: Signature Version 4).
import { createHash, createHmac } from 'node:crypto';

const hex = (text: string): string => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

export interface Keys {
  readonly accessKey: string;
  readonly secretKey: string;
}

/**
 * Asks an IAM service for something and gives its answer, as XML.
 * @param url `http://host:port`
 * @throws Error with what the service says
 */
export const askIam = async (url: string, keys: Keys, action: string, parameters: Record<string, string>): Promise<string> => {
  const { host } = new URL(url);
  const body = new URLSearchParams({ Action: action, Version: '2010-05-08', ...parameters }).toString();
  const time = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  const scope = `${time.slice(0, 8)}/us-east-1/iam/aws4_request`;
  const type = 'application/x-www-form-urlencoded';
  const canonical = [
    'POST',
    '/',
    '',
    `content-type:${type}`,
    `host:${host}`,
    `x-amz-date:${time}`,
    '',
    'content-type;host;x-amz-date',
    hex(body),
  ];
  const toSign = ['AWS4-HMAC-SHA256', time, scope, hex(canonical.join('\n'))].join('\n');
  const key = scope.split('/').reduce<string | Buffer>(hmac, `AWS4${keys.secretKey}`);
  const signature = hmac(key, toSign).toString('hex');
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': type,
      'x-amz-date': time,
      authorization: `AWS4-HMAC-SHA256 Credential=${keys.accessKey}/${scope}, SignedHeaders=content-type;host;x-amz-date, Signature=${signature}`,
    },
    body,
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${action}: ${/<Message>([^<]*)/.exec(text)?.[1] ?? text}`);
  return text;
};

// What the schema and YAML themselves refuse: a text that trips it at », and one that nearly does.
import { clusters, eks, fleet, type Refusal } from './support';

/** Every code of the schema's own messages: a text that trips it at », and one that nearly does. */
const codes: readonly Refusal[] = [
  {
    code: 'unknown-key',
    wrong: clusters('chicago: {in: kind, »replica: 3}'),
    right: clusters('chicago: {in: kind, replicas: 3}'),
  },
  {
    code: 'unknown-key',
    wrong: clusters('chicago: &same {in: kind}, seattle: {»<<: *same, in: kind}'),
    right: clusters('chicago: {in: kind}, seattle: {in: kind}'),
  },
  { code: 'wrong-type', wrong: fleet({ kubernetes: '»kubernetes: [kind]' }), right: fleet() },
  { code: 'invalid-name', wrong: clusters('»Chicago: {in: kind}'), right: clusters('chicago: {in: kind}') },
  ...['clusters: {chicago: {in: kind}, »__proto__: {in: kind}}', 'clusters: {chicago: {in: kind, labels: {»__proto__: a}}}'].map(
    (text) => ({ code: 'invalid-name', wrong: fleet({ clusters: text }), right: clusters('prototype: {in: kind}') }),
  ),
  { code: 'missing-key', wrong: clusters('»chicago: {}'), right: clusters('chicago: {in: kind}') },
  { code: 'missing-key', wrong: fleet({ objectStore: '»objectStore: {}' }), right: fleet() },
  { code: 'wrong-type', wrong: clusters('»chicago: kind'), right: clusters('chicago: {in: kind}') },
  { code: 'wrong-type', wrong: fleet({ objectStore: '»objectStore: embedded' }), right: fleet() },
  {
    code: 'unknown-key',
    wrong: fleet({ objectStore: 'objectStore: {type: s3, bucket: abc, endpoint: s3, auth: {secret: s}, »secret: s}' }),
    right: fleet({ objectStore: 'objectStore: {type: s3, bucket: abc, endpoint: s3, auth: {secret: s}}' }),
  },
  {
    code: 'unknown-key',
    wrong: fleet({ objectStore: 'objectStore: {type: s3, bucket: abc, endpoint: s3, auth: {secret: s, »secretKey: k}}' }),
    right: fleet({ objectStore: 'objectStore: {type: s3, bucket: abc, endpoint: s3, auth: {secret: s, key: k}}' }),
  },
  {
    code: 'missing-key',
    wrong: fleet({ objectStore: '»objectStore: {type: s3, bucket: abc, endpoint: s3}' }),
    right: fleet({ objectStore: 'objectStore: {type: s3, bucket: abc, endpoint: s3, auth: {secret: s}}' }),
  },
  {
    code: 'missing-key',
    wrong: fleet({ kubernetes: 'kubernetes: {»kind: {}}' }),
    right: fleet(),
  },
  {
    code: 'missing-key',
    wrong: eks({ kubernetes: 'kubernetes: {»cloud: {platform: eks}}' }),
    right: eks(),
  },
  {
    code: 'wrong-value',
    wrong: clusters('chicago: {in: kind, »replicas: 6}'),
    right: clusters('chicago: {in: kind, replicas: 5}'),
  },
  { code: 'wrong-value', wrong: fleet({ objectStore: 'objectStore: {»type: minio}' }), right: fleet() },
  {
    code: 'wrong-value',
    wrong: clusters('chicago: {in: kind, »retention: 48 hours}'),
    right: clusters('chicago: {in: kind, retention: 48h}'),
  },
  { code: 'yaml', wrong: `${fleet()}»name: again\n`, right: fleet() },
  { code: 'yaml', wrong: fleet({ name: 'name: »demo: again' }), right: fleet() },
  { code: 'yaml', wrong: `${fleet()}»---\n${fleet()}`, right: `---\n${fleet()}...\n` },
  {
    code: 'yaml',
    wrong: clusters('chicago: &here {in: kind, labels: »*here}'),
    right: clusters('chicago: {in: &place kind}, seattle: {in: *place}'),
  },
];

/** Values that Kubernetes or a program would refuse, and the nearest that it takes. */
const values: readonly Refusal[] = (
  [
    ['objectStore: {type: s3, bucket: abc, auth: {secret: s}, »endpoint: @}', 's3.example.com:99999', 's3.example.com:65535'],
    ['objectStore: {type: s3, bucket: abc, auth: {secret: s}, »endpoint: @}', 's3:0', 's3:1'],
    ['objectStore: {type: s3, bucket: abc, auth: {secret: s}, »endpoint: @}', 's3..com', 's3.com'],
    ['objectStore: {type: s3, bucket: abc, endpoint: s3, auth: {»secret: @}}', 'a..b', 'a.b'],
    ['objectStore: {type: s3, bucket: abc, endpoint: s3, auth: {secret: s}, »prefix: @}', '/p', 'p'],
    ['objectStore: {type: s3, bucket: abc, endpoint: s3, auth: {secret: s}, »prefix: "@"}', 'm*', 'm'],
    ['objectStore: {type: s3, bucket: abc, endpoint: s3, auth: {secret: s}, »prefix: "@"}', 'a/${aws:x}', "a/(x)!_.'-"],
    ['objectStore: {type: s3, bucket: abc, endpoint: s3, auth: {secret: s}, »prefix: "@"}', 'a/../b', 'a/..b'],
    ['retention: {»1h: @}', '99999y', '100y'],
    ['kubernetes: {kind: {platform: kind, »nodeExporterPort: @}}', '10250', '9101'],
    ['kubernetes: {kind: {platform: kind, podCidrs: [»"@"]}}', '256.0.0.0/8', '255.0.0.0/8'],
    ['kubernetes: {kind: {platform: kind, podCidrs: [»"@"]}}', '10.0.0.0/33', '10.0.0.0/32'],
    ['kubernetes: {kind: {platform: kind, podCidrs: [»"@"]}}', ':::/64', '::/64'],
    ['kubernetes: {kind: {platform: kind, podCidrs: [»"@"]}}', 'fd00::/064', 'fd00::/64'],
    ['kubernetes: {kind: {platform: kind, podCidrs: [»"@"]}}', '1::2::3/64', 'fd00:10:244::/56'],
    ['kubernetes: {kind: {platform: kind, podCidrs: [»"@"]}}', '1:2:3:4:5:6:7/64', '1:2:3:4:5:6:7:8/64'],
    ['observer: {in: kind, alertmanager: {receivers: {us: {slack: {channel: a, secret: b, »key: "@"}}}}}', '..a', '.a'],
    ['observer: {in: kind, alertmanager: {receivers: {us: {slack: {»channel: "@", secret: b}}}}}', '{{.X}}', '#x'],
    ['observer: {in: kind, alertmanager: {receivers: {us: {webhook: {secret: b, »port: @}}}}}', '0', '1'],
    ['observer: {in: kind, alertmanager: {receivers: {us: {opsgenie: {secret: b, »url: "@"}}}}}', 'https://a:0', 'https://a:1/b'],
    ['alerts: {»runbookUrl: "@"}', 'https://a:99999/b', 'https://a:9999/b'],
    ['observer: {in: kind, alertmanager: {receivers: {us: {email: {»to: "@", from: a@b, smarthost: "c:1"}}}}}', 'a', 'a@b, c@d'],
    ['observer: {in: kind, alertmanager: {receivers: {us: {email: {»smarthost: "@", to: a@b, from: a@b}}}}}', 'c', 'c:25'],
    ['observer: {in: kind, alertmanager: {muteTimeIntervals: {a: {times: [»"@"]}}}}', '9:00-10:00', '09:00-10:00'],
    ['observer: {in: kind, alertmanager: {muteTimeIntervals: {a: {weekdays: [»"@"]}}}}', 'Monday', 'monday'],
    ['observer: {in: kind, alertmanager: {muteTimeIntervals: {a: {daysOfMonth: [»"@"]}}}}', '32', '31'],
    ['observer: {in: kind, alertmanager: {muteTimeIntervals: {a: {months: [»"@"]}}}}', '13', '12'],
    ['observer: {in: kind, alertmanager: {muteTimeIntervals: {a: {weekdays: [sunday], »location: "@"}}}}', '+01:00', 'Etc/GMT-1'],
  ] as const
).map(([part, wrong, right]) => {
  const key = part.slice(0, part.indexOf(':'));
  const text = (value: string) => fleet({ [key]: part.replace('@', value) });
  return { code: 'wrong-value', wrong: text(wrong), right: text(right).replace('»', '') };
});

const receiver = (length: number) => (mark: string) =>
  fleet({
    observer: `observer: {in: kind, alertmanager: {receivers: {${mark}${'r'.repeat(length)}: {slack: {channel: a, secret: b}}}}}`,
  });
const longNames: readonly Refusal[] = [{ code: 'invalid-name', wrong: receiver(55)('»'), right: receiver(54)('') }];

export const forms: readonly Refusal[] = [...codes, ...values, ...longNames];

// PromQL and Go templates of users' own rules: what is refused, and what is not.
import { templateErrorIn } from '../charts/fleet/go-template';
import { isRangeOfTime, partWithout, promqlErrorIn } from '../charts/fleet/promql';

describe('an expression of a rule', () => {
  test.each([
    'up == 0',
    'rate(up[5m]) > 0.5',
    'sum by (job) (rate(http_requests_total{code=~"5.."}[5m] offset 1h)) / ignoring (code) group_left sum(rate(http_requests_total[5m]))',
    'max_over_time(sum(rate(up[5m]))[1h:5m])',
    'absent_over_time(up{job="shop"}[10m])',
    'quantile_over_time(0.9, up[5m] @ end())',
    'predict_linear((node_filesystem_free_bytes[6h]), 4 * 3600) < 0',
    'label_replace(up, "a", "$1", "b", "(.*)")',
    'topk(5, up) or vector(0)',
    '-(up offset 5m) > 1',
    'histogram_quantile(0.9, sum by (le) (rate(x_bucket[5m])))',
    '1',
  ])('%s is taken', (expr) => {
    expect(promqlErrorIn(expr)).toBeUndefined();
  });

  test.each([
    ['sum(up', '"sum(up" is no PromQL'],
    ['rte(up[5m])', 'there is no function rte'],
    ['up{job="a"', '"up{job="a"" is no PromQL'],
    ['rate(up) > 0', 'in rate(up), rate takes a range of time, such as [5m]'],
    ['abs(up[5m])', 'in abs(up[5m]), abs takes no range of time'],
    ['sum by (job) (up[5m])', 'in sum by (job) (up[5m]), sum takes no range of time'],
    ['up[5m] > 1', 'in up[5m] > 1, ranges of time cannot be compared or computed with'],
  ])('%s is refused: %s', (expr, error) => {
    expect(promqlErrorIn(expr)).toBe(error);
  });

  test.each([
    ['up[5m]', true],
    ['(up[5m] offset 1h)', true],
    ['up[5m:1m]', true],
    ['rate(up[5m])', false],
    ['up', false],
  ])('%s is a range of time: %s', (expr, range) => {
    expect(isRangeOfTime(expr)).toBe(range);
  });

  test.each([
    'up == 0',
    'sum by (cluster, job) (up)',
    'sum(up) by (cluster)',
    'sum without (instance) (up)',
    'topk(3, up)',
    'rate(up[5m]) * on (cluster) group_left (team) owner',
    'a * on (cluster) b',
    'a / ignoring (job) b',
    'a and on (job) b',
    'a unless sum(b)',
    'a > scalar(sum(b))',
    'sum(b) * on () group_right a',
    'absent(up{job="x", cluster="chicago"})',
    'label_replace(sum(up), "cluster", "all", "", "")',
    'histogram_quantile(0.9, sum by (cluster, le) (rate(x_bucket[5m])))',
    'max_over_time(sum by (cluster) (up)[1h:])',
    'vector(1)',
    '(a > 1) or (b > 1)',
  ])('%s keeps the cluster', (expr) => {
    expect(partWithout(expr, 'cluster')).toBeUndefined();
  });

  test.each([
    ['sum(up)', 'sum(up)'],
    ['sum by (job) (up) > 1', 'sum by (job) (up)'],
    ['count without (cluster) (up)', 'count without (cluster) (up)'],
    ['a * on (job) b', 'a * on (job) b'],
    ['a / ignoring (cluster) b', 'a / ignoring (cluster) b'],
    ['a or sum(b)', 'sum(b)'],
    ['sum(a) * on () group_left b', 'sum(a)'],
    ['absent(up{job="x"})', 'absent(up{job="x"})'],
    ['absent(up{cluster=~"a|b"})', 'absent(up{cluster=~"a|b"})'],
    ['histogram_quantile(0.9, sum by (le) (rate(x_bucket[5m])))', 'sum by (le) (rate(x_bucket[5m]))'],
    ['max_over_time(sum(up)[1h:])', 'sum(up)'],
    ['-(sum(up)) + 1', 'sum(up)'],
  ])('%s loses the cluster in %s', (expr, part) => {
    expect(partWithout(expr, 'cluster')).toBe(part);
  });
});

describe('a template', () => {
  test.each([
    'no action at all, and a }} too many',
    '{{ $labels.instance }} is at {{ $value | humanize }}',
    '{{- $labels.job -}}',
    '{{   $labels.job   -}} x',
    '{{/* a comment }} */}}',
    '{{ printf "%.2f }}" $value }}',
    '{{ if gt $value 1.5 }}much{{ else if eq $value 1.0 }}one{{ else }}little{{ end }}',
    '{{ range query "up" }}{{ .Labels.instance }} {{ . | value }}{{ end }}',
    '{{ range $i, $s := query `up` }}{{ $i }}{{ $s.Value }}{{ end }}',
    '{{ with $x := query "up" | first }}{{ ($x | label "a") }}{{ end }}',
    '{{ $externalLabels.cluster }} {{ $externalURL }} {{ .Value }} {{ $.Value }}',
    '{{ define "a" }}x{{ end }}{{ template "a" . }}',
    '{{ slice $labels.job 0 3 }}',
  ])('%s is taken', (text) => {
    expect(templateErrorIn(text)).toBeUndefined();
  });

  test.each([
    ['{{ $labels.job', 'it has an action that never ends: {{ without }}'],
    ['{{ }}', 'it has an action without a value: {{ }}'],
    ['{{ $value | humanise }}', 'there is no function humanise'],
    ['{{ labels.job }}', 'there is no function labels'],
    ['{{ $label.job }}', 'there is no variable $label'],
    ['{{ if $value }}x', 'there is no {{ end }} for {{ if }}'],
    ['{{ if }}x{{ end }}', '{{ if }} has no value'],
    ['x{{ end }}', 'there is nothing for {{ end }} to end'],
    ['{{ else }}', 'there is no if for {{ else }}'],
    ['{{ (printf "%s" $value }}', '{{ ( printf "%s" $value }} has a parenthesis too many'],
    ['{{ $labels.my-label }}', 'it has "-label }}"'],
    ['{{ "never ends }}', 'it has ""never end"'],
  ])('%s is refused: %s', (text, error) => {
    expect(templateErrorIn(text)).toBe(error);
  });
});

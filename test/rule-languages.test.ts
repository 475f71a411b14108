// PromQL, Go templates and YAML of users' own rules: what is refused, and what is not.
import { templateErrorIn } from '../charts/fleet/go-template';
import { isRangeOfTime, partWithout, promqlErrorIn } from '../charts/fleet/promql';
import { ruleFileViolations } from '../charts/fleet/rule-files';
import type { Fleet } from '../charts/fleet/schema';

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

/** What promtool takes, of all parts of the language. */
const unusual = [
  'up offset -5m',
  'up @ 1609746000',
  'up @ start() offset 5m',
  'up offset 5m @ end()',
  'rate(up[5m] @ end() offset 1h)',
  'rate(up[5m] offset -1d)',
  'max_over_time(rate(x[5m])[1h:1m] offset 1d)',
  'max_over_time(up[1h:])',
  'max_over_time((a + b)[1h:5m] @ end())',
  'sum_over_time(vector(1)[5m:])',
  'histogram_avg(rate(x[5m]))',
  'histogram_count(rate(x[5m])) > 0',
  'histogram_sum(x)',
  'histogram_stddev(x) + histogram_stdvar(x)',
  'histogram_fraction(0, 0.2, rate(x[1h]))',
  'histogram_quantile(0.9, rate(x[10m]))',
  'a * on (job) group_left (team, env) b',
  'a * ignoring (x) group_right b',
  'a / on () group_left () b',
  'a and on (job) b',
  'a unless ignoring (job) b',
  'a or on () vector(0)',
  'up == bool 0',
  '1 > bool 2',
  '1 + 2 * 3 ^ 2',
  'time() > bool 5',
  'a atan2 b',
  'a % 3',
  '-a ^ 2',
  '-(1)',
  '+up',
  'label_join(up, "a", "-", "b", "c")',
  'label_join(up, "a", "-")',
  'label_replace(up, "a", "$1-$2", "b", "(.*):(.*)")',
  "label_replace(up, 'a', `$1`, 'b', '(\\\\d+)')",
  '{"my.metric"}',
  '{"my.metric", "label.x"="1"}',
  'sum by ("label.x") ({"my.metric"})',
  '{__name__="foo"}',
  '{__name__=~"foo|bar"}',
  '{job=~".+"}',
  '{job!=""}',
  '{job!~"|x"}',
  'foo{a=~".*"}',
  'foo{}',
  'foo{a="b",}',
  'foo{a=~"(?i)abc"}',
  'foo{a=~"(?i:abc)d"}',
  'foo{a=~"(?P<n>a|b)c"}',
  'foo{a=~"[[:alpha:]]+"}',
  'foo{a=~"a\\\\.b"}',
  'foo{a=~`\\d+\\.\\d{1,3}`}',
  'foo{a=~"\\\\pL+"}',
  'foo{a=~"^/api/(v1|v2)/.*$"}',
  'foo{a=~""}',
  'foo{a=~"a{,3}]"}',
  'foo{a=~"\\\\Q(\\\\E"}',
  'foo{a="\\x41\\u00e9\\n"}',
  'topk(3, up)',
  'topk by (job) (scalar(a), up)',
  'bottomk(1, a) without (x)',
  'quantile(0.9, a)',
  'quantile by (job) (scalar(b), a)',
  'count_values("version", build_info)',
  "count_values by (job) ('v', a)",
  'group(up)',
  'stddev by (job) (a)',
  'SUM(up) BY (job)',
  'sum without () (up)',
  'absent(nonexistent{job="a"})',
  'absent(sum(up))',
  'absent_over_time(up[1h])',
  'present_over_time(up[5m])',
  'last_over_time(up[5m])',
  'first_over_time(up[5m])',
  'quantile_over_time(0.5, up[1h])',
  'quantile_over_time(scalar(a), up[1h])',
  'predict_linear(up[1h], 3600 * 4)',
  'predict_linear(up[1h], 4h)',
  'deriv(up[1h])',
  'changes(up[5m]) + resets(up[5m])',
  'round(up)',
  'round(up, 0.1)',
  'clamp(up, 0, 1)',
  'clamp_max(up, scalar(b))',
  'day_of_week()',
  'day_of_week(up)',
  'hour() > 9 and hour() < 17',
  'month(vector(time()))',
  'days_in_month()',
  'vector(time())',
  'vector(scalar(up))',
  'scalar(up) + 1',
  'pi() * 2',
  'timestamp(up) - time()',
  'sgn(deg(rad(a)))',
  'sort_desc(up)',
  'rate(x[1h30m])',
  'rate(x[300])',
  'rate(x[5m:30])',
  'up > 5m',
  'up > 0x1F',
  'up > 1e-3',
  'up == Inf',
  'up != NaN',
  'up > 1_000',
  'a >= b != 2',
  '(a > 0) * 2',
  '((up))',
  'sum(rate(x{a="b"}[5m])) by (le) # comment',
  '1',
  'avg_over_time(sum by (le) (rate(x[5m]))[1h:5m] offset 5m)',
  'start',
  'end',
  'job:x:rate5m',
  'sum(sum)',
  'count(up) by (job) > on () group_left () (vector(1))',
  'up[5m:1m]',
  'histogram_quantile(scalar(q), sum by (le) (rate(b[5m])))',
  'mad_over_time',
  'irate(x[5m]) / irate(y[5m])',
  'up offset 0s',
  'up offset 1h30m',
  'foo{a=\'b\', c!="d", e=~"f", g!~"h"}',
  'foo{on="a", by="b", offset="c"}',
  '{"foo", "bar"}',
  'foo{a=~"a{2}b+?"}',
  'foo{a=~"[\\\\w.-]+@x"}',
  'foo{a=~"\\\\_\\\\-"}',
  'rate(x[5m*2])',
  'rate(x[step()])',
  'up offset (1m+1m)',
  'up > 0 and on () vector(1)',
  'a - a offset 1h',
  '-a offset 1h',
  'a * b @ end()',
  'sum by (job) # of each job\n(up)',
  'x[-5m + 10m]',
  'x offset (0)',
  'x offset 0s offset 5m',
  'x[STEP() * 2]',
  'x[max_of(5m, step())]',
  'x </ 5',
  'x > 1.',
  'x > 0X1F',
  'foo{a="\\101"}',
  'foo{a=~`\\pN+`}',
  'foo{a=~`\\p{Greek}`}',
  'foo{a=~"^*"}',
  'foo{a=~"[]a]"}',
  'foo{a=~"(?)a"}',
  'foo{a=~"(?<n>a)"}',
  'foo{a=~`a\\z`}',
  'foo{a=~"(a{100}){10}"}',
  '{a!~`\\pL*`}',
];
/** What promtool refuses, although it has the form of an expression. */
const unsound = [
  'rate(x{path=~"(/cart"}[5m]) > 1',
  'histogram_quantile(rate(x_bucket[5m]))',
  'sum(1)',
  '1 > 2',
  '1 and 2',
  'topk(up, 3)',
  'label_replace(up, "a")',
  '{job=~".*"}',
  '{}',
  'rate(x[0s])',
  'up > "a"',
  'abs(1)',
  'time(5)',
  'vector(up)',
  'scalar(1)',
  'count_values(up)',
  'quantile(up)',
  'predict_linear(up[1h])',
  'up + on(a) group_left(a) b',
  'up and on() group_left() b',
  'foo{__name__="bar"}',
  'limitk(1, up)',
  'limit_ratio(0.1, up)',
  'mad_over_time(up[5m])',
  'sort_by_label(up, "a")',
  'info(up)',
  'double_exponential_smoothing(up[5m], 0.1, 0.1)',
  'ts_of_max_over_time(up[5m])',
  'max_of(1,2)',
  'rate(x[5m] anchored)',
  'up + fill(0) b',
  'sum(up) offset 5m',
  '(up) offset 5m',
  'rate(up)[5m]',
  'up[5m:0s]',
  'foo{a=~"\\d+"}',
  'foo{a=~"(?!x)y"}',
  'foo{a=~"(a)\\\\1"}',
  'foo{a=~"a**"}',
  'foo{a=~"\\\\y"}',
  'up + bool 1',
  '1 + on(a) up',
  '-"a"',
  'up[5m][5m]',
  'up[5m][5m:]',
  'sum(up, up)',
  'topk(up)',
  'rate(x[5m], 1)',
  'label_join(up)',
  'round(up, 1, 2)',
  'foo{"bar"}',
  '{x!="a"}',
  'foo{a=~"*"}',
  '{a=""}',
  'sum by (job) ()',
  'time()[5m:]',
  'up @ foo',
  'histogram_quantiles(up, "q", 0.1)',
  'sum("a")',
  'foo{__name__=~"b.*"}',
  '-x[5m]',
  'a + b[5m:]',
  'x offset 5m offset 5m',
  'x @ 1 @ 2',
  'x @ Inf',
  'x[-5m]',
  'x[Inf]',
  'x[step():1m]',
  'x[5m / 0]',
  'x offset 300y',
  'x > 300y',
  'x > 1e400',
  'x > 5minutes',
  'RATE(x[5m])',
  'atan2',
  'x\u00a0+ y',
  'foo{a="b}',
  'foo{a="\\\'"}',
  'foo{a="\\x1"}',
  'foo{a="\\400"}',
  'foo{a="\\ud800"}',
  'sum by ("") (x)',
  'foo{a=~"a*+"}',
  'foo{a=~"a{2}{3}"}',
  'foo{a=~"a{1001}"}',
  'foo{a=~"(a{100}){11}"}',
  'foo{a=~"a{2,1}"}',
  'foo{a=~"[z-a]"}',
  'foo{a=~"[[:foo:]]"}',
  'foo{a=~`[\\b]`}',
  'foo{a=~`\\C`}',
  'foo{a=~`\\Z`}',
  'foo{a=~`\\p{Grek}`}',
  'foo{a=~"(?x)a"}',
  'foo{a=~"(?-)a"}',
  'foo{a=~"(?P<a-b>c)"}',
  'foo{a=~"(?P=n)"}',
  'foo{a=~"a)"}',
  '{a=~`[[:digit:]]*`}',
  '{a=~`\\A\\z`}',
];

describe('an expression that is unusual and right', () => {
  test.each(unusual)('%s is taken', (expr) => {
    expect(promqlErrorIn(expr)).toBeUndefined();
  });
});

/** What Prometheus takes, and the earlier PromQL of the ruler does not. */
describe('an expression that only Prometheus reads', () => {
  test.each([
    ['first_over_time(x[5m])', 'first_over_time(x[5m])', 'first_over_time'],
    ['rate(x[5m*2])', '5m*2', 'a duration that is computed'],
    ['x offset (5m)', '(5m)', 'a duration that is computed'],
    ['x[range()]', 'range()', 'a duration that is computed'],
    ['x </ 5', 'x </ 5', '</'],
  ])('%s is refused of the ruler', (expr, part, what) => {
    expect(promqlErrorIn(expr)).toBeUndefined();
    expect(promqlErrorIn(expr, 'ruler')).toBe(`in ${part}, ${what} is read by Prometheus only, not by the ruler`);
  });

  test.each(['rate(x[5m])', 'x offset -5m', 'x[step()]', 'x[1e3]', 'x > 5'])('%s is read by the ruler as well', (expr) => {
    expect(promqlErrorIn(expr, 'ruler')).toBeUndefined();
  });
});

describe('an expression that has the right form only', () => {
  test.each(unsound)('%s is refused', (expr) => {
    expect(promqlErrorIn(expr)).toBeDefined();
  });
  test.each([
    ['sum(1)', 'in sum(1), sum takes (series)'],
    ['round(up, 1, 2)', 'in round(up, 1, 2), round takes (series, [a number])'],
    ['1 > 2', 'in 1 > 2, a comparison of two numbers needs bool, such as > bool'],
    ['a{b=~"(c"}', 'in a{b=~"(c"}, "(c" is no regular expression: unterminated group'],
    ['a{b=~"(?!c)"}', 'in a{b=~"(?!c)"}, "(?!c)" is no regular expression: RE2 has no (?!…)'],
    ['a{b=~"\\d"}', 'in "\\d", there is no escape \\d in a string: it is \\\\d, or the string is in `backticks`'],
    ['rate(x[0s])', 'in x[0s], a range of time is longer than 0'],
    ['limitk(1, up)', 'in limitk(1, up), limitk is experimental, and no program of the fleet has the feature flag for it'],
  ])('%s is refused: %s', (expr, error) => {
    expect(promqlErrorIn(expr)).toBe(error);
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
    '{{ $x := 1 }}{{ $x = 2 }}{{ $x }}',
    '{{ with $y := 1 }}{{ $y }}{{ else }}{{ $y }}{{ end }}',
    '{{ with 1 }}a{{ else with 2 }}b{{ end }}',
    '{{ if 1 }}{{ else if 2 }}{{ else if 3 }}{{ else }}{{ end }}',
    '{{ range query "up" }}{{ if true }}{{ break }}{{ end }}{{ else }}no{{ end }}',
    '{{ block "a" . }}{{ $ }}{{ end }}{{ $value }}',
    '{{ "\\x41\\n\\u00e9" | print 5 }}',
    '{{ print $value . }}',
    '{{ if true }}{{ $x := 1 }}{{ else }}{{ $x }}{{ end }}',
    '{{ $x = 1 }}',
    '{{-\n$value\n-}}',
    '{{ .Größe }}',
    "{{ print 'a' 0x1F 1_000 .5 1e3 -1 }}",
    '{{ humanize | }}',
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
    ['{{ (printf "%s" $value }}', '{{ (printf "%s" $value }} has a parenthesis too many'],
    ['{{ $labels.my-label }}', 'it has ".my-label "'],
    ['{{ range $i := }}x{{ end }}', '{{ range $i := }} lacks a value, or has one where it is given none'],
    ['{{ if .Value }}a{{ else }}b{{ else }}c{{ end }}', 'there is an {{ else }} before {{ else }}'],
    ['{{ if .Value }}a{{ else .Value }}b{{ end }}', '{{ else .Value }} is neither else nor else if'],
    ['{{ if .Value }}a{{ end .Value }}', '{{ end .Value }} has more than end'],
    ['{{ break }}', '{{ break }} is in no range'],
    ['{{ $value. }}', '{{ $value. }} lacks a value, or has one where it is given none'],
    ['{{ "a" | 5 }}', '{{ "a" | 5 }} lacks a value, or has one where it is given none'],
    ['{{ | humanize }}', '{{ | humanize }} lacks a value, or has one where it is given none'],
    ['{{ () }}', '{{ () }} lacks a value, or has one where it is given none'],
    ['{{ if true }}{{ $x := 1 }}{{ end }}{{ $x }}', 'there is no variable $x'],
    ['{{ with 1 }}{{ else if 2 }}{{ end }}', '{{ else if 2 }} is neither else nor else with'],
    ['{{ range query "up" }}{{ else }}{{ break }}{{ end }}', '{{ break }} is in no range'],
    ['{{ if true }}{{ define "a" }}x{{ end }}{{ end }}', '{{ define "a" }} stands in another block'],
    ['{{ if $a, $b := 1 }}x{{ end }}', '{{ if $a, $b := 1 }} lacks a value, or has one where it is given none'],
    ['{{ "a" . 1 | nil }}', '{{ "a" . 1 | nil }} lacks a value, or has one where it is given none'],
    ['{{ print"a" }}', 'it has "print"a" }"'],
    ['{{ nil.x }}', 'nil.x is a field of what has none'],
    ['{{ 08 }}', 'it has "08 }}"'],
    ["{{ 'ab' }}", `it has "'ab' }}"`],
    ['{{ "\\400" }}', 'it has ""\\400" }}"'],
    ['{{ (1)) }}', '{{ (1)) }} has a parenthesis too few'],
    ['{{/* never ends }}', 'it has "/* never e"'],
    ['{{ define "a" }}{{ $value }}{{ end }}', 'there is no variable $value'],
    ['{{ template }}', '{{ template }} has no name'],
    ['{{ "\\q" }}', 'it has ""\\q" }}"'],
    ['{{ "never ends }}', 'it has ""never end"'],
  ])('%s is refused: %s', (text, error) => {
    expect(templateErrorIn(text)).toBe(error);
  });
});

describe('a rule file', () => {
  const problems = (text: string, place: 'global' | 'cluster' = 'cluster') => {
    const fleet = { clusters: {}, alerts: { ruleFiles: { [place]: ['own.yaml'] } } } as unknown as Fleet;
    const found = ruleFileViolations(fleet, '', new Map([['own.yaml', text]]), { alerts: [], records: [] });
    return found.map(({ problem, consequence }) => `${problem}: ${consequence}`);
  };
  const rule = (keys: string) => `groups: [{name: shop, rules: [{expr: up, ${keys}}]}]\n`;
  const good = rule('alert: Own');

  test.each([
    ['a --- behind it', `${good}---\n`],
    ['a ... behind it', `${good}...\n# the end\n`],
    ['both behind it', `${good}...\n---\n`],
    ['keys without a value', rule('alert: Own, for: , labels: , annotations: ~')],
    ['a name that is a number', rule('alert: 404')],
    ['an expression that is a number', good.replace('expr: up', 'expr: 1.50')],
    ['a rule that waits for 0', rule('alert: Own, for: 0')],
    ['a recording rule with nothing to say', rule('record: a:b, for: 0s, annotations: {}')],
    ['a group without rules', 'groups: [{name: shop, rules: }]'],
    ['a limit with _', good.replace('rules', 'limit: 1_000, rules')],
  ])('with %s is taken', (_, text) => {
    expect(problems(text)).toEqual([]);
  });

  test.each([
    ['a rule behind ---', `${good}---\n${good}`, '2:1: a second YAML document begins here'],
    ['another version of YAML', `%YAML 1.2\n---\n${good}`, '1:1: "%YAML 1.2" is not read in YAML here'],
    ['a control character', good.replace('shop', '\x01'), '1:17: "\\u0001" is not read in YAML here'],
    ['an escape of JSON', good.replace('shop', '"a\\/b"'), '1:17: there is no escape \\/ in YAML here'],
    ['braces in the name of a series', rule("record: 'a{b}'"), '1:50: the name of a series has no braces'],
    ['a label without a name', rule('alert: Own, labels: {"": a}'), '1:63: this is no name of a label'],
    ['a list for a name', rule('alert: Own, annotations: {[a]: b}'), '1:68: this is no name of an annotation'],
    ['a limit without end', good.replace('rules', 'limit: .inf, rules'), '1:30: limit is not a whole number'],
    ['an alias of nothing', rule('alert: Own, labels: *a'), 'labels is not names with texts'],
    ['a number that PromQL has not', good.replace('expr: up', 'expr: 0o7'), '1:38: "o7" is no PromQL'],
  ])('with %s is refused', (_, text, problem) => {
    expect(problems(text)[0]).toContain(problem);
  });

  test('that the ruler reads is held against the PromQL of the ruler', () => {
    const text = good.replace('expr: up', 'expr: "first_over_time(up[5m])"');
    expect(problems(text)).toEqual([]);
    expect(problems(text, 'global')[0]).toContain('first_over_time is read by Prometheus only');
  });

  test('without groups says that nothing in it is evaluated', () => {
    expect(problems('# later')).toEqual(['own.yaml:1:1: there is no list groups: no rule of it would ever be evaluated.']);
  });

  test.each([
    ['cluster', 'Prometheus would not take any of its rules.'],
    ['global', 'the ruler would read the last of them, and not the others.'],
  ] as const)('with a key twice is refused for what is made of it: %s', (place, consequence) => {
    expect(problems(rule('alert: Own, for: 5m, for: 6m'), place)[0]).toContain(consequence);
  });
});

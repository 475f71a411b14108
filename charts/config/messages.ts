// What people read: Go templates that Alertmanager fills in, one text in three notations (Slack's, Markdown and plain).

/** Alerts of one group that are spelled out; of more it is said that there are more. */
const most = 10;

/**
 * `notation` is slack, markdown or plain. Names and words of alerts are escaped for Slack, where `<!channel>` in a label would
 * call everybody; an alert's runbook is a link only where the fleet file says where runbooks are published.
 * @param grafana where people find Grafana
 */
export const messageTemplates = (grafana: string): string => `{{ define "fleet.title" -}}
[{{ .Status | toUpper }}{{ if eq .Status "firing" }}:{{ .Alerts.Firing | len }}{{ end }}] {{ with .CommonLabels.severity }}{{ . }}: {{ end }}{{ .CommonLabels.alertname }}{{ with .CommonLabels.cluster }}, cluster {{ . }}{{ end }}
{{- end }}

{{ define "fleet.alertmanager.url" -}}
{{ .ExternalURL }}/#/alerts?filter=%7Balertname%3D%22{{ .CommonLabels.alertname | urlquery }}%22{{ with .CommonLabels.cluster }}%2Ccluster%3D%22{{ . | urlquery }}%22{{ end }}%7D
{{- end }}

{{ define "fleet.runbook.url" }}{{ with .CommonAnnotations.runbook_url }}{{ if match "^https?://" . }}{{ . }}{{ end }}{{ end }}{{ end }}

{{ define "fleet.words" -}}
{{ if eq .notation "slack" }}{{ .words | reReplaceAll "&" "&amp;" | reReplaceAll "<" "&lt;" | reReplaceAll ">" "&gt;" }}{{ else }}{{ .words }}{{ end }}
{{- end }}

{{ define "fleet.strong" -}}
{{ if eq .notation "slack" }}*{{ else if eq .notation "markdown" }}**{{ end }}{{ template "fleet.words" . }}{{ if eq .notation "slack" }}*{{ else if eq .notation "markdown" }}**{{ end }}
{{- end }}

{{ define "fleet.link" -}}
{{ if not (match "^https?://" .url) }}{{ .words }}: {{ .url }}{{ else if eq .notation "slack" }}<{{ .url | reReplaceAll "&" "&amp;" }}|{{ .words }}>{{ else if eq .notation "markdown" }}[{{ .words }}]({{ .url }}){{ else }}{{ .words }}: {{ .url }}{{ end }}
{{- end }}

{{ define "fleet.newline" }}
{{ if eq .notation "markdown" }}
{{ end }}{{ end }}

{{ define "fleet.facts" -}}
{{ with .Labels.severity }}{{ . }}, {{ end }}{{ with .Labels.cluster }}cluster {{ . }}, {{ end }}{{ with .Labels.namespace }}namespace {{ . }}, {{ end }}{{ with .Labels.instance }}{{ . }}, {{ end }}{{ if eq .Status "resolved" }}resolved at {{ .EndsAt.UTC.Format "2006-01-02 15:04" }} UTC, began at {{ .StartsAt.UTC.Format "2006-01-02 15:04" }} UTC{{ else }}since {{ .StartsAt.UTC.Format "2006-01-02 15:04" }} UTC{{ end }}
{{- end }}

{{ define "fleet.alert" -}}
{{ template "fleet.strong" (dict "notation" .notation "words" (or .alert.Annotations.summary .alert.Labels.alertname)) }}
{{- with .alert.Annotations.description }}{{ template "fleet.newline" $ }}{{ template "fleet.words" (dict "notation" $.notation "words" .) }}{{ end }}
{{- template "fleet.newline" . }}{{ template "fleet.facts" .alert }}
{{- with .alert.Annotations.runbook_url }}{{ template "fleet.newline" $ }}{{ template "fleet.link" (dict "notation" $.notation "url" . "words" "Runbook") }}{{ end }}
{{- with .alert.GeneratorURL }}{{ template "fleet.newline" $ }}{{ template "fleet.link" (dict "notation" $.notation "url" . "words" "Query") }}{{ end }}
{{- with .alert.Annotations.dashboard }}{{ template "fleet.newline" $ }}{{ template "fleet.link" (dict "notation" $.notation "url" (printf "%s/d/%s?var-cluster=%s" "${grafana}" . (urlquery $.alert.Labels.cluster)) "words" "Dashboard") }}{{ end }}
{{- template "fleet.newline" . }}{{ template "fleet.newline" . }}
{{- end }}

{{ define "fleet.alerts" -}}
{{ range $i, $alert := .alerts }}{{ if lt $i ${most} }}{{ template "fleet.alert" (dict "notation" $.notation "alert" $alert) }}{{ end }}{{ end }}
{{- if gt (len .alerts) ${most} }}… and more, {{ len .alerts }} in all.{{ template "fleet.newline" . }}{{ template "fleet.newline" . }}{{ end }}
{{- end }}

{{ define "fleet.text" -}}
{{ template "fleet.alerts" (dict "notation" .notation "alerts" .data.Alerts.Firing) }}
{{- with .data.Alerts.Resolved }}{{ if $.data.Alerts.Firing }}{{ template "fleet.strong" (dict "notation" $.notation "words" "Resolved:") }}{{ template "fleet.newline" $ }}{{ end }}{{ template "fleet.alerts" (dict "notation" $.notation "alerts" .) }}{{ end }}
{{- if eq .notation "slack" }}<{{ template "fleet.alertmanager.url" .data }}|Alertmanager>{{ else if eq .notation "markdown" }}[Alertmanager]({{ template "fleet.alertmanager.url" .data }}){{ else }}Alertmanager: {{ template "fleet.alertmanager.url" .data }}{{ end }}
{{- end }}

{{ define "fleet.text.slack" }}{{ template "fleet.text" (dict "notation" "slack" "data" .) }}{{ end }}
{{ define "fleet.text.markdown" }}{{ template "fleet.text" (dict "notation" "markdown" "data" .) }}{{ end }}
{{ define "fleet.text.plain" }}{{ template "fleet.text" (dict "notation" "plain" "data" .) }}{{ end }}

{{ define "fleet.slack.color" }}{{ if eq .Status "resolved" }}good{{ else if eq .CommonLabels.severity "critical" }}danger{{ else }}warning{{ end }}{{ end }}
{{ define "fleet.pagerduty.severity" }}{{ if match "^(critical|warning|info)$" .CommonLabels.severity }}{{ .CommonLabels.severity }}{{ else }}error{{ end }}{{ end }}
{{ define "fleet.opsgenie.priority" }}{{ if eq .CommonLabels.severity "critical" }}P1{{ else if eq .CommonLabels.severity "info" }}P5{{ else }}P3{{ end }}{{ end }}
`;

// The query frontend, and Grafana: what people ask.
import { here, nothingAnswers, percent, type RulesOf, share } from './rule';

const requests = 'job="thanos-query-frontend", handler="query-frontend"';

export const queryFrontendRules: RulesOf = (_fleet, { alerts }) => [
  {
    name: 'query-frontend',
    why: 'frontend and Grafana are scraped by the cluster that watches its nodes',
    dashboard: 'query-path',
    interval: '30s',
    rules: [
      {
        alert: 'ThanosQueryFrontendIsDown',
        ...nothingAnswers('thanos-query-frontend'),
        for: alerts.componentDown.for,
        severity: 'critical',
        summary: 'No query frontend answers',
        description: `Cluster ${here}, which watches the observer, has seen no query frontend for ${alerts.componentDown.for}: Grafana shows nothing.`,
      },
      {
        alert: 'ThanosQueryFrontendErrorRateHigh',
        expr: `${share('job', `http_requests_total{${requests}, code=~"5.."}`, `http_requests_total{${requests}}`)} > ${alerts.queryErrors.ratio}`,
        for: '5m',
        severity: 'critical',
        summary: 'Queries of people and dashboards fail',
        description: `{{ $value | humanizePercentage }} of the requests to the query frontend fail (limit ${percent(alerts.queryErrors.ratio)}).`,
      },
      {
        alert: 'GrafanaIsDown',
        ...nothingAnswers('grafana'),
        for: alerts.componentDown.for,
        severity: 'warning',
        summary: 'Grafana does not answer',
        description: `Cluster ${here}, which watches the observer, has seen no Grafana for ${alerts.componentDown.for}: there are no dashboards. Alerts are not affected.`,
      },
    ],
  },
];

import { readFileSync } from 'node:fs';
import { parse, parseAllDocuments } from 'yaml';
import { z } from 'zod';

export const read = (path: string): string => readFileSync(path, 'utf8');

export const readYaml = (path: string): unknown => parse(read(path), { merge: true });

export const readManifests = (path: string): readonly unknown[] => manifestsIn(read(path));

export const manifestsIn = (text: string): readonly unknown[] =>
  parseAllDocuments(text).map((document) => document.toJS() as unknown);

const AlertRule = z.object({
  alert: z.string(),
  expr: z.string(),
  for: z.string(),
  labels: z.object({ severity: z.enum(['critical', 'warning']) }),
  annotations: z.object({ summary: z.string(), runbook: z.string() }),
});
export type AlertRule = z.infer<typeof AlertRule>;

const RuleFile = z.object({ groups: z.array(z.object({ name: z.string(), rules: z.array(AlertRule) })) });

export function readAlerts(): readonly AlertRule[] {
  return RuleFile.parse(readYaml('deploy/prometheus/alerts.yml')).groups.flatMap(({ rules }) => rules);
}

const GridPos = z.object({ x: z.int(), y: z.int(), w: z.int().positive(), h: z.int().positive() });
const Panel = z.object({
  id: z.int(),
  type: z.enum(['row', 'stat', 'timeseries']),
  title: z.string().min(1),
  gridPos: GridPos,
  datasource: z.object({ type: z.literal('prometheus'), uid: z.string() }).optional(),
  targets: z.array(z.object({ refId: z.string(), expr: z.string().min(1) })).optional(),
});
const Dashboard = z.object({
  uid: z.string().max(40),
  title: z.string(),
  schemaVersion: z.int().min(39),
  panels: z.array(Panel),
  templating: z.object({
    list: z.array(z.object({ name: z.string(), type: z.string(), current: z.unknown() })),
  }),
  annotations: z.object({ list: z.array(z.object({ expr: z.string() })) }),
});
export type Dashboard = z.infer<typeof Dashboard>;

export function readDashboard(): Dashboard {
  return Dashboard.parse(JSON.parse(read('deploy/grafana/dashboards/roomcast.json')));
}

export function dashboardExpressions(): readonly string[] {
  return readDashboard().panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
}

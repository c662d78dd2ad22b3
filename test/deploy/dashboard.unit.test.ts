import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { readDashboard, readYaml } from './deploy-files.ts';

const { panels, templating } = readDashboard();
const COLUMNS = 24;

describe('the dashboard', () => {
  it('has a row for each question', () => {
    const rows = panels.filter(({ type }) => type === 'row').map(({ title }) => title);
    expect(rows).toEqual([
      'Is it flowing?',
      'Latency',
      'Receipts',
      'Queues',
      'Sessions',
      'Broker',
      'Processes',
      'Push',
    ]);
  });

  it('gives every panel an id and a place of its own', () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, index) => `${x + (index % w)},${y + Math.floor(index / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(panels.every(({ gridPos: { x, w } }) => x + w <= COLUMNS)).toBe(true);
  });

  it('reads from the data source that is provisioned, and uses only variables that it has', () => {
    const source = z.object({ datasources: z.array(z.object({ uid: z.string(), type: z.string() })) });
    const { datasources } = source.parse(readYaml('deploy/grafana/provisioning/datasources/prometheus.yml'));
    expect(datasources).toEqual([expect.objectContaining({ uid: 'prometheus', type: 'prometheus' })]);
    expect(templating.list).toContainEqual(
      expect.objectContaining({
        name: 'datasource',
        current: expect.objectContaining({ value: 'prometheus' }),
      }),
    );
    const variables = new Set([...templating.list.map(({ name }) => name), '__rate_interval']);
    const used = [...JSON.stringify(panels).matchAll(/\$\{?(\w+)/g)].map(([, name = '']) => name);
    expect(used.filter((name) => !variables.has(name))).toEqual([]);
  });

  it('lies in the folder that is provisioned and mounted', () => {
    const providers = z.object({ providers: z.array(z.object({ options: z.object({ path: z.string() }) })) });
    const { providers: found } = providers.parse(
      readYaml('deploy/grafana/provisioning/dashboards/roomcast.yml'),
    );
    const compose = z.object({ services: z.object({ grafana: z.object({ volumes: z.array(z.string()) }) }) });
    const { volumes } = compose.parse(readYaml('docker-compose.yml')).services.grafana;
    expect(found.map(({ options }) => `./deploy/grafana/dashboards:${options.path}:ro`)).toEqual(
      volumes.filter((volume) => volume.includes('dashboards')),
    );
  });
});

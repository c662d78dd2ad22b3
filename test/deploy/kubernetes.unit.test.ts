import { describe, expect, it } from '@jest/globals';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { z } from 'zod';
import { findExecutables } from '../../tools/broker/executables.ts';
import { runCommand } from '../../tools/broker/processes.ts';
import { DeliveryVariables } from '../../services/delivery/config.ts';
import { skippedFor } from '../support/skipped.ts';
import { scaledMs, TEST_MS } from '../support/time.ts';
import { TEST_SECRET } from '../support/tokens.ts';
import { manifestsIn, read, readManifests, readYaml } from './deploy-files.ts';

const FOLDER = 'deploy/kubernetes';
const RENDER_MS = scaledMs(TEST_MS);
const defaults = DeliveryVariables.parse({ JWT_SECRET: TEST_SECRET });

const probe = (path: string) =>
  z.object({ httpGet: z.strictObject({ path: z.literal(path), port: z.literal('health') }) });

const Container = z.object({
  name: z.string(),
  command: z.tuple([z.literal('node'), z.string()]),
  ports: z.array(z.strictObject({ name: z.string(), containerPort: z.int() })),
  env: z.array(z.object({ name: z.string(), value: z.string().optional() })),
  livenessProbe: probe('/health/live'),
  readinessProbe: probe('/health/ready'),
  /** Where load balancers send clients. */
  lifecycle: z
    .object({
      preStop: z.object({
        exec: z.object({ command: z.tuple([z.literal('sleep'), z.string().regex(/^\d+$/)]) }),
      }),
    })
    .optional(),
  resources: z.object({
    requests: z.object({ cpu: z.string(), memory: z.string() }),
    limits: z.object({ memory: z.string() }),
  }),
  securityContext: z.strictObject({
    allowPrivilegeEscalation: z.literal(false),
    readOnlyRootFilesystem: z.literal(true),
    capabilities: z.strictObject({ drop: z.tuple([z.literal('ALL')]) }),
  }),
});

const Deployment = z.object({
  kind: z.literal('Deployment'),
  metadata: z.object({ name: z.string() }),
  spec: z.object({
    selector: z.object({ matchLabels: z.record(z.string(), z.string()) }),
    strategy: z.object({ rollingUpdate: z.object({ maxUnavailable: z.literal(0) }) }),
    template: z.object({
      metadata: z.object({ labels: z.record(z.string(), z.string()) }),
      spec: z.object({
        automountServiceAccountToken: z.literal(false),
        securityContext: z.object({ runAsNonRoot: z.literal(true), runAsUser: z.int().positive() }),
        terminationGracePeriodSeconds: z.int(),
        containers: z.tuple([Container]),
      }),
    }),
  }),
});

const Named = z.object({ kind: z.string(), metadata: z.object({ name: z.string() }) });

describe.each([
  ['ingest', 'base', ['Deployment', 'Service', 'PodDisruptionBudget']],
  ['websocket', 'base', ['Deployment', 'Service', 'PodDisruptionBudget']],
  ['push', 'components/push', ['Deployment', 'PodDisruptionBudget']],
])('the manifests of %s', (name, folder, kinds) => {
  const manifests = readManifests(`${FOLDER}/${folder}/${name}.yaml`);
  const { spec } = Deployment.parse(manifests[0]);
  const pod = spec.template.spec;
  const [container] = pod.containers;

  it('are a deployment and what belongs to it, of that name', () => {
    expect(
      manifests.map((manifest) => Named.parse(manifest)).map(({ kind, metadata }) => [kind, metadata.name]),
    ).toEqual(kinds.map((kind) => [kind, name]));
    expect(spec.selector.matchLabels).toEqual(spec.template.metadata.labels);
  });

  it('leave the drain the time that it takes', () => {
    const preStopMs = Number(container.lifecycle?.preStop.exec.command[1] ?? 0) * 1_000;
    expect(container.lifecycle === undefined).toBe(!kinds.includes('Service'));
    expect(pod.terminationGracePeriodSeconds * 1_000).toBeGreaterThan(preStopMs + defaults.DRAIN_TIMEOUT_MS);
  });

  it('give the process the ports that they name', () => {
    const ports = container.ports.map(({ containerPort }) => String(containerPort));
    const told = container.env
      .filter((variable) => variable.name.endsWith('_PORT'))
      .map(({ value }) => value);
    expect(told.sort()).toEqual(ports.sort());
  });
});

describe('the broker of the component rabbitmq', () => {
  it('has the settings of the compose stack', () => {
    const Cluster = z.object({ spec: z.object({ rabbitmq: z.object({ additionalConfig: z.string() }) }) });
    const { additionalConfig } = Cluster.parse(readYaml(`${FOLDER}/components/rabbitmq/cluster.yaml`)).spec
      .rabbitmq;
    const settings = (text: string) =>
      text.split('\n').filter((line) => line.includes('=') && !line.startsWith('#'));
    expect(settings(additionalConfig)).toEqual(settings(read('deploy/rabbitmq/rabbitmq.conf')));
  });
});

const [kubectl] = findExecutables('kubectl');
const obstacle = kubectl === undefined ? 'no kubectl here' : undefined;
const withKubectl = obstacle === undefined ? describe : describe.skip;

withKubectl(`kustomize${skippedFor(obstacle)}`, () => {
  const render = async (folder: string) => {
    const result = await runCommand(kubectl ?? '', ['kustomize', folder], { timeoutMs: RENDER_MS });
    expect({ code: result.code, said: result.stderr }).toEqual({ code: 0, said: '' });
    return manifestsIn(result.stdout);
  };

  it(
    'renders the base as the two services and their settings',
    async () => {
      const kinds = (await render(`${FOLDER}/base`)).map((manifest) => Named.parse(manifest).kind);
      expect(kinds.sort()).toEqual(
        [
          'ConfigMap',
          ...['Deployment', 'PodDisruptionBudget', 'Service'].flatMap((kind) => [kind, kind]),
        ].sort(),
      );
    },
    RENDER_MS,
  );

  it(
    'renders the example, with every secret that it names either in the template or the operator’s',
    async () => {
      const text = JSON.stringify(await render(`${FOLDER}/overlays/example`));
      const Secret = z.object({ stringData: z.record(z.string(), z.string()) });
      const template = Secret.parse(readYaml(`${FOLDER}/base/secret.example.yaml`)).stringData;
      const references = [...text.matchAll(/"secretKeyRef":\{"key":"(\w+)","name":"([\w-]+)"/g)];
      expect(references.length).toBeGreaterThan(0);
      for (const [, key, secret] of references) {
        if (secret === 'roomcast') expect(Object.keys(template)).toContain(key);
        else expect([secret, key]).toEqual(['roomcast-broker-default-user', 'connection_string']);
      }
      expect(text).toContain('"ScaledObject"');
    },
    RENDER_MS,
  );

  it(
    'renders the example with push where somebody wants it, on the same broker, and without it no push',
    async () => {
      const overlay = mkdtempSync(join(tmpdir(), 'roomcast-push-'));
      const example = read(`${FOLDER}/overlays/example/kustomization.yaml`);
      const at = (path: string) => relative(overlay, resolve(FOLDER, path));
      const wanted = example
        .replace('components:', `components:\n  - ${at('components/push')}`)
        .replaceAll(/\.\.\/\.\.\/(base|components\/(?!push)[\w-]+)/g, (_, path: string) => at(path));
      writeFileSync(join(overlay, 'kustomization.yaml'), wanted);
      const manifests = await render(overlay);
      rmSync(overlay, { recursive: true });
      const push = manifests.find((manifest) => {
        const { kind, metadata } = Named.parse(manifest);
        return kind === 'Deployment' && metadata.name === 'push';
      });
      expect(push).toMatchObject({ spec: { replicas: 2 } });
      expect(JSON.stringify(push)).toContain('roomcast-broker-default-user');
      const without = JSON.stringify(await render(`${FOLDER}/overlays/example`));
      expect(without).not.toContain('services/push');
      expect(without).not.toContain('PUSH');
    },
    RENDER_MS,
  );

  it('finds a kustomization in every component', () => {
    for (const component of readdirSync(`${FOLDER}/components`)) {
      const { kind } = z
        .object({ kind: z.string() })
        .parse(readYaml(`${FOLDER}/components/${component}/kustomization.yaml`));
      expect([component, kind]).toEqual([component, 'Component']);
    }
  });
});

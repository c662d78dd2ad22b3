import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * `npm run --silent sbom`: what is shipped, in CycloneDX. `npm sbom --omit=dev` leaves out a package that tools need as well (zod
 * through knip), so the tools are taken out here, by the lock file.
 */
const { stdout, status } = spawnSync('npm', ['sbom', '--package-lock-only', '--sbom-format=cyclonedx'], {
  encoding: 'utf8',
  stdio: ['ignore', 'pipe', 'inherit'],
  maxBuffer: 64 * 1024 * 1024,
});
if (status !== 0) process.exit(1);

const bom = JSON.parse(stdout);
const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'));
const shipped = new Set(
  Object.entries(packages)
    // Of our workspace for clients nothing is in the image.
    .filter(
      ([path, { dev, devOptional, link }]) =>
        path.startsWith('node_modules/') && !dev && !devOptional && !link,
    )
    .map(([path, { version }]) => `${path.split('node_modules/').at(-1)}@${version}`),
);
const components = bom.components.filter(({ name, version }) => shipped.has(`${name}@${version}`));
const refs = new Set([bom.metadata.component, ...components].map((component) => component['bom-ref']));
const dependencies = bom.dependencies
  .filter(({ ref }) => refs.has(ref))
  .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((one) => refs.has(one)) }));
console.log(JSON.stringify({ ...bom, components, dependencies }, undefined, 2));

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

const NOT_RUN = 'THE DOCKER TESTS DID NOT RUN';

let place: string;
let programs: string;

beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'roomcast-ci-'));
  programs = join(place, 'programs');
  cpSync('.ci/run', join(place, 'checkout/.ci/run'));
  for (const name of ['bash', 'dirname']) link(name);
  write(join(programs, 'node'), 'echo v20.0.0');
  write(join(programs, 'npm'), 'echo "$@" >>../npm-calls');
});
afterEach(() => rmSync(place, { recursive: true }));

function link(name: string): void {
  const { stdout } = spawnSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' });
  mkdirSync(programs, { recursive: true });
  symlinkSync(stdout.trim(), join(programs, name));
}

function write(path: string, script: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `#!${join(programs, 'bash')}\n${script}\n`, { mode: 0o755 });
}

const docker = (script: string, folder = programs) => write(join(folder, 'docker'), script);
const hook = (script: string) => write(join(place, 'machine/tools/docker-up'), script);

function runCi() {
  const env = { PATH: [programs, join(place, 'engine')].join(delimiter) };
  const { status, stdout, stderr } = spawnSync(join(place, 'checkout/.ci/run'), { env, encoding: 'utf8' });
  const called = readFileSync(join(place, 'npm-calls'), 'utf8').trim().split('\n');
  return { status, stdout, stderr, called };
}

describe('the run of CI', () => {
  it('runs the container tests where an engine answers', () => {
    docker('exit 0');
    expect(runCi()).toMatchObject({ status: 0, called: ['test', 'run test:docker'] });
  });

  it('fails with the tests, and then runs none in containers', () => {
    docker('exit 0');
    write(join(programs, 'npm'), 'echo "$@" >>../npm-calls; exit 3');
    expect(runCi()).toMatchObject({ status: 3, called: ['test'] });
  });

  it('fails with the container tests', () => {
    docker('exit 0');
    write(join(programs, 'npm'), 'echo "$@" >>../npm-calls; [ "$1" = test ] || exit 4');
    expect(runCi().status).toBe(4);
  });

  it('passes with a warning on both streams where there is no Docker', () => {
    const { status, stdout, stderr, called } = runCi();
    expect({ status, called }).toEqual({ status: 0, called: ['test'] });
    expect(stdout).toContain(NOT_RUN);
    expect(stderr).toContain(NOT_RUN);
  });

  it.each([
    { what: 'no engine answers', script: 'exit 1' },
    { what: 'there is no docker compose', script: '[ "$1" = version ]' },
  ])('fails where Docker is there and $what', ({ script }) => {
    docker(script);
    const { status, stderr, called } = runCi();
    expect({ status, called }).toEqual({ status: 1, called: ['test'] });
    expect(stderr).toContain(NOT_RUN);
  });

  it('lets the machine start an engine by its hook, and takes its environment', () => {
    docker('exit 0', join(place, 'hidden'));
    hook(`if [ "$1" = --env ]; then echo 'export PATH=$PATH${delimiter}${join(place, 'hidden')}'; fi`);
    expect(runCi()).toMatchObject({ status: 0, called: ['test', 'run test:docker'] });
  });

  it('fails where the hook fails and no engine answers', () => {
    hook('exit 1');
    expect(runCi()).toMatchObject({ status: 1, called: ['test'] });
  });

  it('goes on where the hook fails and an engine answers all the same', () => {
    hook('exit 1');
    docker('exit 0');
    expect(runCi()).toMatchObject({ status: 0, called: ['test', 'run test:docker'] });
  });

  it('fails where the hook succeeds and no engine answers', () => {
    hook('exit 0');
    expect(runCi()).toMatchObject({ status: 1, called: ['test'] });
  });
});

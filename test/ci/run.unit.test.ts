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
const dockerUp = (script: string, path = join(place, 'shared/tools/docker-up')) => write(path, script);

function runCi(more: Readonly<Record<string, string>> = {}) {
  const env = { PATH: programs, ...more };
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

  it('leaves it to the container tests to fail where an engine answers without docker compose', () => {
    docker('[ "$1" = version ]');
    expect(runCi()).toMatchObject({ status: 0, called: ['test', 'run test:docker'] });
  });

  it('takes the engine that the machine brings up, and its environment', () => {
    docker('exit 0', join(place, 'hidden'));
    dockerUp(`if [ "$1" = --env ]; then echo 'export PATH=$PATH${delimiter}${join(place, 'hidden')}'; fi`);
    expect(runCi()).toMatchObject({ status: 0, called: ['test', 'run test:docker'] });
  });

  it('lets the machine bring it up beside the tests', () => {
    docker('exit 0');
    dockerUp('echo >../begun');
    const untilBegun = 'for ((n = 0; n < 1000000; n += 1)); do [ ! -e ../begun ] || exit 0; done; exit 3';
    write(join(programs, 'npm'), `echo "$@" >>../npm-calls; ${untilBegun}`);
    expect(runCi()).toMatchObject({ status: 0, called: ['test', 'run test:docker'] });
  });

  it('lets the machine try again where that failed beside the tests', () => {
    const path = `export PATH=$PATH${delimiter}${join(place, 'hidden')}`;
    docker('exit 0', join(place, 'hidden'));
    dockerUp(
      `if [ "$1" = --env ]; then echo '${path}'; elif [ ! -e ../failed ]; then echo >../failed; exit 1; fi`,
    );
    expect(runCi()).toMatchObject({ status: 0, called: ['test', 'run test:docker'] });
  });

  it('takes the program of ROOMCAST_DOCKER_UP instead', () => {
    const path = join(place, 'elsewhere/up');
    docker('exit 0', join(place, 'hidden'));
    dockerUp('exit 1');
    dockerUp(
      `if [ "$1" = --env ]; then echo 'export PATH=$PATH${delimiter}${join(place, 'hidden')}'; fi`,
      path,
    );
    expect(runCi({ ROOMCAST_DOCKER_UP: path }).called).toEqual(['test', 'run test:docker']);
  });

  it('fails where the machine says that it brought an engine up and none answers', () => {
    dockerUp('exit 0');
    const { status, stderr, called } = runCi();
    expect({ status, called }).toEqual({ status: 1, called: ['test'] });
    expect(stderr).toContain(NOT_RUN);
  });

  it('goes on where bringing one up fails and one answers all the same', () => {
    dockerUp('exit 1');
    docker('exit 0');
    expect(runCi()).toMatchObject({ status: 0, called: ['test', 'run test:docker'] });
  });

  describe.each([
    { what: 'there is no Docker', prepare: () => undefined },
    { what: 'Docker is installed and its engine does not answer', prepare: () => docker('exit 1') },
    { what: 'the machine fails to bring an engine up', prepare: () => dockerUp('exit 1') },
  ])('where $what', ({ prepare }) => {
    it('passes with a warning on both streams', () => {
      prepare();
      const { status, stdout, stderr, called } = runCi();
      expect({ status, called }).toEqual({ status: 0, called: ['test'] });
      expect(stdout).toContain(NOT_RUN);
      expect(stderr).toContain(NOT_RUN);
    });

    it('fails with the same words where ROOMCAST_REQUIRE_DOCKER is 1', () => {
      prepare();
      const { status, stderr, called } = runCi({ ROOMCAST_REQUIRE_DOCKER: '1' });
      expect({ status, called }).toEqual({ status: 1, called: ['test'] });
      expect(stderr).toContain(NOT_RUN);
    });
  });
});

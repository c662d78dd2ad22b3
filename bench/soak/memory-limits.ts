/** `NODE_OPTIONS` of the Dockerfile. */
export const YOUNG_GENERATION = '--max-semi-space-size=8';

/** Of the Dockerfile, for glibc. */
export const MALLOC_ENV = { MALLOC_ARENA_MAX: '2' } as const;

/** `mem_limit` of docker-compose.yml. */
export const LIMIT_MIB = { ingest: 384, delivery: 512 } as const;

/**
 * What V8 makes of such a container, as its heap statistics in the image tell: half of the limit for the old space. By
 * itself it goes by the memory of the machine. The young generation is as the Dockerfile has it.
 */
export const NODE_OPTIONS = { ingest: optionsFor('ingest'), delivery: optionsFor('delivery') } as const;

function optionsFor(service: keyof typeof LIMIT_MIB): string {
  return `--max-old-space-size=${LIMIT_MIB[service] / 2} ${YOUNG_GENERATION}`;
}

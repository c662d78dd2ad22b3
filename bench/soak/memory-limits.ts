/** `mem_limit` of docker-compose.yml. */
export const LIMIT_MIB = { ingest: 384, delivery: 512 } as const;

/** What V8 takes for its old space in a container with that limit: half of it. */
export const HEAP_MIB = { ingest: LIMIT_MIB.ingest / 2, delivery: LIMIT_MIB.delivery / 2 } as const;

/** What `npm run stryker -- AREA` mutates, and the tests that say how it behaves; none of them needs a broker. */
export const areas = {
  access: {
    mutate: ['services/delivery/session/access.ts', 'shared/contract/rooms.ts'],
    tests: ['contract/{protocol,routing}.unit', 'delivery/access.unit'],
  },
  tokens: {
    mutate: ['services/delivery/auth/{claims,person,verify-token,signature,hs256,tickets}.ts'],
    tests: ['delivery/{tickets,token-claims,verify-token}.unit'],
  },
  keys: {
    mutate: [
      'services/delivery/auth/{fetch-key-set,issuer-keys,keys-file,public-keys,read-keys,token-keys}.ts',
    ],
    tests: ['delivery/read-keys.unit', 'delivery/{issuer-keys,keys-file,token-keys}.int'],
  },
  accept: {
    mutate: ['services/ingest/accept/*.ts'],
    tests: [
      'ingest/{accept,cloud-events,companion,contents,data-size,event-names,intake,intake-bounds}.unit',
      'ingest/{json,json-survival,made-up-kinds,problem,repeats,rest-json,rooms-of}.unit',
    ],
  },
};

/** The one that `tools/stryker.mjs` asks for. */
export const area = areas[process.env.ROOMCAST_MUTATED_AREA ?? 'access'];

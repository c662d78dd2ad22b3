import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type * as Sdk from '../../client/src/index.ts';

export type CreateRoomcast = typeof Sdk.createRoomcast;

/** The SDK of this run's copy of the build, which a mutation may have changed. */
export async function loadSdk(dist: string): Promise<CreateRoomcast> {
  const { href } = pathToFileURL(join(dist, 'client/src/index.js'));
  const { createRoomcast } = (await import(href)) as typeof Sdk;
  return createRoomcast;
}

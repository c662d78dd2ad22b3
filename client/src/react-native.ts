import type { RoomcastClient } from './client.ts';

/** `AppState` of `react-native`. */
export interface AppStateLike {
  addEventListener(type: 'change', listener: (state: string) => void): { remove(): void };
}

/** The default export of `@react-native-community/netinfo`. */
export interface NetInfoLike {
  addEventListener(listener: (state: { readonly isConnected: boolean | null }) => void): () => void;
}

/** Wakes the client when the app is in front again and when the network is back; returns what ends that. */
export function watchApp(
  client: RoomcastClient,
  { AppState, NetInfo }: { readonly AppState: AppStateLike; readonly NetInfo?: NetInfoLike | undefined },
): () => void {
  const watching = AppState.addEventListener('change', (state) => {
    if (state === 'active') client.wake();
  });
  // It says at once how it is, which is no news.
  let wasConnected: boolean | null = true;
  const unwatch = NetInfo?.addEventListener(({ isConnected }) => {
    if (isConnected === true && wasConnected === false) client.wake();
    wasConnected = isConnected ?? wasConnected;
  });
  return () => {
    watching.remove();
    unwatch?.();
  };
}

/** `localStorage` and AsyncStorage have this shape. */
export interface CursorStorage {
  getItem(key: string): string | null | Promise<string | null>;
  setItem(key: string, value: string): unknown;
}

export interface CursorStore {
  load(): Promise<string | undefined>;
  save(cursor: string): Promise<void>;
}

/** Keeps the newest cursor: one write at a time, the newest value goes next. */
export function createCursorStore(
  storage: CursorStorage | undefined,
  key: string,
  onError: (error: unknown) => undefined,
): CursorStore {
  const read = async () => (await storage?.getItem(key)) ?? undefined;
  let next: string | undefined;
  let isWriting = false;
  return {
    load: () => read().catch(onError),
    save: async (cursor) => {
      next = cursor;
      if (isWriting) return;
      isWriting = true;
      while (next !== undefined) {
        const value: string = next;
        next = undefined;
        try {
          await storage?.setItem(key, value);
        } catch (error) {
          onError(error);
        }
      }
      isWriting = false;
    },
  };
}

import { randomInt } from 'node:crypto';

const CHUNK_BYTES = 256 * 1024;
const FIRST_SLOTS = 1_024;
/** Before an entry's key: its length, its key's length, its hash, when it was set, 0 once it is gone. */
const HEAD = { bytes: 0, keyBytes: 4, hash: 8, setAtMs: 12, isThere: 20, end: 21 } as const;

/** A stretch of memory with entries one behind the other. */
interface Chunk {
  readonly bytes: Buffer;
  used: number;
}

/**
 * As `ExpiringMap`, for a hundred thousand and more small texts by their keys: forgets each `maxAgeMs` after it was set, and the oldest
 * above `maxEntries`. Outside the heap of V8, in chunks that are given back whole. There, entries that come and go for hours among all else
 * leave gaps that grow until all of them have been replaced once or twice, and each collection walks over all of them.
 */
export class ExpiringTexts {
  /** By their numbers; the first is that of the oldest entry. */
  readonly #chunks = new Map<number, Chunk>();
  #firstChunk = 0;
  #lastChunk = -1;
  /** Of a chunk that was given back: the next needs none from the system. */
  #spare: Buffer | undefined;
  /** In the first chunk: where the oldest entry begins, or one that is gone. */
  #oldest = 0;
  #size = 0;
  #gone = 0;
  /** Places of entries by the hashes of their keys, each in the first free slot from its own on; `EMPTY` is none. */
  #slots = emptySlots(FIRST_SLOTS);
  #key = Buffer.alloc(1_024);
  readonly #seed = randomInt(2 ** 32);

  constructor(
    private readonly maxEntries: number,
    private readonly maxAgeMs: number,
  ) {}

  get size(): number {
    return this.#size;
  }

  get(key: string, nowMs: number): string | undefined {
    this.#forget(nowMs);
    const found = this.#find(this.#keyBytes(key), this.#hashOf(key));
    if (found === undefined) return undefined;
    const { bytes, at } = this.#entryAt(this.#slots[found] ?? EMPTY);
    // One that was set with an older time than those before it.
    if (nowMs - bytes.readDoubleLE(at + HEAD.setAtMs) >= this.maxAgeMs) return undefined;
    return textIn(bytes, at);
  }

  /** `text`: of characters up to U+00FF. Setting one makes it the youngest. */
  set(key: string, text: string, nowMs: number): void {
    const keyBytes = this.#keyBytes(key);
    const hash = this.#hashOf(key);
    const before = this.#find(keyBytes, hash);
    if (before !== undefined) this.#remove(before);
    this.#index(hash, this.#append(keyBytes, hash, text, nowMs));
    this.#forget(nowMs);
    if (this.#gone > this.maxEntries) this.#compact();
  }

  delete(key: string): void {
    const found = this.#find(this.#keyBytes(key), this.#hashOf(key));
    if (found !== undefined) this.#remove(found);
  }

  /** FNV-1a in 32 bits from a start that nobody knows, mixed so that its last bits tell apart keys that differ in their ends alone. */
  #hashOf(key: string): number {
    let bits = this.#seed;
    for (let at = 0; at < key.length; at += 1) bits = Math.imul(bits ^ key.charCodeAt(at), 0x01000193);
    bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
    return (bits ^ (bits >>> 13)) >>> 0;
  }

  /** Good until the next call. */
  #keyBytes(key: string): Buffer {
    const most = 3 * key.length;
    if (this.#key.byteLength < most) this.#key = Buffer.alloc(most);
    return this.#key.subarray(0, this.#key.write(key));
  }

  /** The slot of a key. */
  #find(key: Buffer, hash: number): number | undefined {
    const mask = this.#slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const place = this.#slots[slot] ?? EMPTY;
      if (place === EMPTY) return undefined;
      const { bytes, at } = this.#entryAt(place);
      if (bytes.readUInt32LE(at + HEAD.hash) !== hash) continue;
      if (bytes.compare(key, 0, key.byteLength, at + HEAD.end, keyEndIn(bytes, at)) === 0) return slot;
    }
  }

  #entryAt(place: number): { readonly bytes: Buffer; readonly at: number } {
    const chunk = this.#chunks.get(Math.floor(place / CHUNK_BYTES));
    if (chunk === undefined) throw new Error('an entry outlived its chunk');
    return { bytes: chunk.bytes, at: place % CHUNK_BYTES };
  }

  /** Its place. One that is larger than a chunk has one of its own. */
  #append(key: Buffer, hash: number, text: string, nowMs: number): number {
    const length = HEAD.end + key.byteLength + text.length;
    let chunk = this.#chunks.get(this.#lastChunk);
    if (chunk === undefined || chunk.used + length > chunk.bytes.byteLength) {
      this.#lastChunk += 1;
      chunk = { bytes: this.#newBytes(length), used: 0 };
      this.#chunks.set(this.#lastChunk, chunk);
    }
    const { bytes, used: at } = chunk;
    bytes.writeUInt32LE(length, at + HEAD.bytes);
    bytes.writeUInt32LE(key.byteLength, at + HEAD.keyBytes);
    bytes.writeUInt8(1, at + HEAD.isThere);
    bytes.writeUInt32LE(hash, at + HEAD.hash);
    bytes.writeDoubleLE(nowMs, at + HEAD.setAtMs);
    key.copy(bytes, at + HEAD.end);
    bytes.write(text, at + HEAD.end + key.byteLength, 'latin1');
    chunk.used += length;
    return this.#lastChunk * CHUNK_BYTES + at;
  }

  #newBytes(least: number): Buffer {
    const spare = least <= CHUNK_BYTES ? this.#spare : undefined;
    if (spare === undefined) return Buffer.allocUnsafeSlow(Math.max(CHUNK_BYTES, least));
    this.#spare = undefined;
    return spare;
  }

  #index(hash: number, place: number): void {
    this.#size += 1;
    if (this.#size * 2 > this.#slots.length) this.#grow();
    put(this.#slots, hash, place);
  }

  #grow(): void {
    const before = this.#slots;
    this.#slots = emptySlots(before.length * 2);
    for (const place of before) {
      if (place === EMPTY) continue;
      const { bytes, at } = this.#entryAt(place);
      put(this.#slots, bytes.readUInt32LE(at + HEAD.hash), place);
    }
  }

  #remove(slot: number): void {
    const { bytes, at } = this.#entryAt(this.#slots[slot] ?? EMPTY);
    bytes.writeUInt8(0, at + HEAD.isThere);
    this.#size -= 1;
    this.#gone += 1;
    this.#close(slot);
  }

  /** Entries behind a free slot would not be found: each that may moves into it. */
  #close(free: number): void {
    const mask = this.#slots.length - 1;
    for (let slot = (free + 1) & mask; ; slot = (slot + 1) & mask) {
      const place = this.#slots[slot] ?? EMPTY;
      if (place === EMPTY) break;
      const { bytes, at } = this.#entryAt(place);
      const own = bytes.readUInt32LE(at + HEAD.hash) & mask;
      if (((slot - own) & mask) < ((slot - free) & mask)) continue;
      this.#slots[free] = place;
      free = slot;
    }
    this.#slots[free] = EMPTY;
  }

  #forget(nowMs: number): void {
    for (let chunk = this.#oldestChunk(); chunk !== undefined; chunk = this.#oldestChunk()) {
      const { bytes } = chunk;
      const at = this.#oldest;
      if (bytes.readUInt8(at + HEAD.isThere) === 0) this.#gone -= 1;
      else {
        const isYoung = nowMs - bytes.readDoubleLE(at + HEAD.setAtMs) < this.maxAgeMs;
        if (isYoung && this.#size <= this.maxEntries) return;
        this.#remove(this.#slotOf(this.#firstChunk * CHUNK_BYTES + at, bytes.readUInt32LE(at + HEAD.hash)));
        this.#gone -= 1;
      }
      this.#oldest += bytes.readUInt32LE(at + HEAD.bytes);
    }
  }

  /** The first with an entry that was not passed; those before it are given back. */
  #oldestChunk(): Chunk | undefined {
    let chunk = this.#chunks.get(this.#firstChunk);
    while (chunk !== undefined && this.#oldest === chunk.used && this.#firstChunk < this.#lastChunk) {
      this.#chunks.delete(this.#firstChunk);
      if (chunk.bytes.byteLength === CHUNK_BYTES) this.#spare = chunk.bytes;
      this.#firstChunk += 1;
      this.#oldest = 0;
      chunk = this.#chunks.get(this.#firstChunk);
    }
    return chunk === undefined || this.#oldest === chunk.used ? undefined : chunk;
  }

  #slotOf(place: number, hash: number): number {
    const mask = this.#slots.length - 1;
    let slot = hash & mask;
    while (this.#slots[slot] !== place) slot = (slot + 1) & mask;
    return slot;
  }

  /** Entries that are gone lie between others that stay. */
  #compact(): void {
    const before = [...this.#chunks.values()];
    let at = this.#oldest;
    this.#chunks.clear();
    this.#firstChunk = this.#lastChunk + 1;
    this.#oldest = 0;
    this.#slots = emptySlots(this.#slots.length);
    this.#size = 0;
    this.#gone = 0;
    for (const { bytes, used } of before) {
      for (; at < used; at += bytes.readUInt32LE(at + HEAD.bytes)) {
        if (bytes.readUInt8(at + HEAD.isThere) === 0) continue;
        const key = bytes.subarray(at + HEAD.end, keyEndIn(bytes, at));
        const hash = bytes.readUInt32LE(at + HEAD.hash);
        const setAtMs = bytes.readDoubleLE(at + HEAD.setAtMs);
        this.#index(hash, this.#append(key, hash, textIn(bytes, at), setAtMs));
      }
      at = 0;
    }
  }
}

function keyEndIn(bytes: Buffer, at: number): number {
  return at + HEAD.end + bytes.readUInt32LE(at + HEAD.keyBytes);
}

function textIn(bytes: Buffer, at: number): string {
  return bytes.toString('latin1', keyEndIn(bytes, at), at + bytes.readUInt32LE(at + HEAD.bytes));
}

const EMPTY = -1;

function emptySlots(count: number): Float64Array {
  return new Float64Array(count).fill(EMPTY);
}

function put(slots: Float64Array, hash: number, place: number): void {
  const mask = slots.length - 1;
  let slot = hash & mask;
  while (slots[slot] !== EMPTY) slot = (slot + 1) & mask;
  slots[slot] = place;
}

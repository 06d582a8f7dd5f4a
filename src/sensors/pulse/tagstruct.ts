/**
 * Values as PulseAudio writes them on the wire: each is led by a byte that names its type, numbers are big-endian
 * (the facts: PulseAudio's src/pulsecore/tagstruct.h and tagstruct.c). A reader passes over names and hands out none.
 */

/** The types we meet, by their bytes in tagstruct.h. */
const TAG = {
  string: 0x74, // t
  noString: 0x4e, // N
  u32: 0x4c, // L
  sampleSpec: 0x61, // a
  arbitrary: 0x78, // x
  yes: 0x31, // 1
  no: 0x30, // 0
  usec: 0x55, // U
  channelMap: 0x6d, // m
  channelVolumes: 0x76, // v
  volume: 0x56, // V
  properties: 0x50, // P
} as const;

/** What the server sent is not the protocol; the connection is of no use any more. */
export class NotTheProtocol extends Error {
  constructor(what: string) {
    super(what);
    this.name = 'NotTheProtocol';
  }
}

export interface SampleSpec {
  /** As in PulseAudio's sample.h. */
  readonly format: number;
  readonly channels: number;
  /** Hz. */
  readonly rate: number;
}

/** Writes values one after the other; each method returns the writer. */
export class TagWriter {
  readonly #parts: Uint8Array[] = [];

  u32(value: number): this {
    return this.#put(TAG.u32, word(value));
  }

  boolean(value: boolean): this {
    return this.#put(value ? TAG.yes : TAG.no);
  }

  noString(): this {
    return this.#put(TAG.noString);
  }

  arbitrary(bytes: Uint8Array): this {
    return this.#put(TAG.arbitrary, word(bytes.length), bytes);
  }

  sampleSpec({ format, channels, rate }: SampleSpec): this {
    return this.#put(TAG.sampleSpec, [format, channels], word(rate));
  }

  /** Positions as in PulseAudio's channelmap.h. */
  channelMap(positions: readonly number[]): this {
    return this.#put(TAG.channelMap, [positions.length], positions);
  }

  properties(properties: Readonly<Record<string, string>>): this {
    this.#put(TAG.properties);
    for (const [key, value] of Object.entries(properties)) {
      const bytes = Buffer.from(`${value}\0`);
      this.#put(TAG.string, Buffer.from(`${key}\0`))
        .u32(bytes.length)
        .arbitrary(bytes);
    }
    return this.noString();
  }

  bytes(): Buffer {
    return Buffer.concat(this.#parts);
  }

  #put(tag: number, ...parts: readonly (Uint8Array | readonly number[])[]): this {
    this.#parts.push(Uint8Array.of(tag), ...parts.map((part) => Uint8Array.from(part)));
    return this;
  }
}

/** Reads values in their order. Every method throws {@link NotTheProtocol} where another value, or none, is found. */
export class TagReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get atEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  u32(): number {
    this.#tag(TAG.u32);
    return this.#word();
  }

  boolean(): boolean {
    const tag = this.#byte();
    if (tag !== TAG.yes && tag !== TAG.no) throw unexpected(tag);
    return tag === TAG.yes;
  }

  skipString(): void {
    this.#string();
  }

  skipSampleSpec(): void {
    this.#tag(TAG.sampleSpec);
    this.#take(6);
  }

  skipChannelMap(): void {
    this.#tag(TAG.channelMap);
    this.#take(this.#byte());
  }

  skipUsec(): void {
    this.#tag(TAG.usec);
    this.#take(8);
  }

  skipVolume(): void {
    this.#tag(TAG.volume);
    this.#take(4);
  }

  skipProperties(): void {
    this.hasProperty('', '');
  }

  /** The loudest of the channels' volumes; 0 is silence. */
  loudestChannel(): number {
    this.#tag(TAG.channelVolumes);
    let loudest = 0;
    for (let left = this.#byte(); left > 0; left--) loudest = Math.max(loudest, this.#word());
    return loudest;
  }

  /** Passes over a list of properties and says whether `key` has the text `value` in it. */
  hasProperty(key: string, value: string): boolean {
    const [wantedKey, wanted] = [Buffer.from(key), Buffer.from(value)];
    let found = false;
    this.#tag(TAG.properties);
    for (;;) {
      const name = this.#string();
      if (name === undefined) return found;
      this.u32();
      this.#tag(TAG.arbitrary);
      const bytes = this.#take(this.#word());
      // Texts come with the zero byte that ends them.
      if (name.equals(wantedKey) && bytes.subarray(0, -1).equals(wanted)) found = true;
    }
  }

  /** Bytes of a string without the zero at its end; undefined for none. They must not leave this file. */
  #string(): Buffer | undefined {
    const tag = this.#byte();
    if (tag === TAG.noString) return undefined;
    if (tag !== TAG.string) throw unexpected(tag);
    const end = this.#bytes.indexOf(0, this.#at);
    if (end < 0) throw new NotTheProtocol('a string without an end');
    const bytes = this.#bytes.subarray(this.#at, end);
    this.#at = end + 1;
    return bytes;
  }

  #tag(tag: number): void {
    const found = this.#byte();
    if (found !== tag) throw unexpected(found);
  }

  #byte(): number {
    return this.#take(1).readUInt8();
  }

  #word(): number {
    return this.#take(4).readUInt32BE();
  }

  #take(count: number): Buffer {
    if (count > this.#bytes.length - this.#at) throw new NotTheProtocol('a message shorter than it says');
    this.#at += count;
    return this.#bytes.subarray(this.#at - count, this.#at);
  }
}

function word(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function unexpected(tag: number): NotTheProtocol {
  return new NotTheProtocol(`a value of another type than expected (${tag})`);
}

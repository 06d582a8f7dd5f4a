/**
 * The stream of bytes between client and server, cut into frames: five big-endian words (length, channel, offset in
 * two words, flags), then `length` bytes (the facts: PulseAudio's src/pulsecore/pstream.c).
 */
import { NotTheProtocol } from './tagstruct.js';

const HEADER_BYTES = 20;

/** The channel of what is not audio but a command or an answer. */
const COMMANDS = 0xffff_ffff;

/** The flags that announce shared memory, which we have told the server we cannot use. */
const SHARED_MEMORY_FLAGS = 0xff00_0000;

/**
 * More than any server has to say: a stream's properties are some kilobytes, one property at most 64 KiB. The
 * protocol itself would allow 16 MiB.
 */
const LONGEST_BYTES = 4 * 1024 * 1024;

/** A command or an answer, or audio of the stream with that number. */
export type Frame =
  | { readonly kind: 'command'; readonly bytes: Buffer }
  | { readonly kind: 'audio'; readonly stream: number; readonly bytes: Buffer };

/** A command as it goes over the wire. */
export function commandFrame(bytes: Uint8Array): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32BE(bytes.length, 0);
  header.writeUInt32BE(COMMANDS, 4);
  return Buffer.concat([header, bytes]);
}

/** Puts frames together from whatever pieces arrive. Holds at most one unfinished frame. */
export class FrameReader {
  #parts: Buffer[] = [];
  #have = 0;
  #need = HEADER_BYTES;

  /** The frames that `chunk` completes. @throws NotTheProtocol, after which it must not be used again. */
  *push(chunk: Buffer): Generator<Frame, void> {
    this.#parts.push(chunk);
    this.#have += chunk.length;
    while (this.#have >= this.#need) {
      const bytes = this.#parts.length === 1 ? (this.#parts[0] ?? chunk) : Buffer.concat(this.#parts);
      this.#parts = [bytes];
      const end = HEADER_BYTES + lengthOf(bytes);
      this.#need = end;
      if (this.#have < end) return;
      this.#parts = [bytes.subarray(end)];
      this.#have -= end;
      this.#need = HEADER_BYTES;
      const stream = bytes.readUInt32BE(4);
      const body = bytes.subarray(HEADER_BYTES, end);
      yield stream === COMMANDS ? { kind: 'command', bytes: body } : { kind: 'audio', stream, bytes: body };
    }
  }
}

function lengthOf(header: Buffer): number {
  const length = header.readUInt32BE(0);
  if (length > LONGEST_BYTES) throw new NotTheProtocol(`a message of ${length} bytes`);
  if ((header.readUInt32BE(16) & SHARED_MEMORY_FLAGS) !== 0) {
    throw new NotTheProtocol('shared memory, which was not agreed on');
  }
  return length;
}

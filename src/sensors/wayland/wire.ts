/**
 * The wire format of Wayland: messages of 32-bit words, with arguments as an interface's table declares them. Pure.
 * Words are in the host's byte order, which on every platform served is little-endian.
 */

/** How an argument travels. A `new` one names the object a message makes; an `fd` goes beside the bytes, not in them. */
type Kind = 'uint' | 'int' | 'string' | 'object' | 'array' | 'new' | 'fd';

/** The arguments of one request or event. A request that makes an object names it first. */
export type Signature = readonly Kind[];

/** One interface of a protocol: its messages in the order that gives them their numbers. */
export interface Interface {
  readonly name: string;
  readonly requests: Readonly<Record<string, Signature>>;
  readonly events: Readonly<Record<string, Signature>>;
  /** The request that ends an object, where there is one. */
  readonly destructor?: string;
}

/** What stands for an object on the wire is its number. */
interface Sent {
  uint: number;
  int: number;
  string: string;
  object: { readonly id: number };
  array: readonly number[];
  new: { readonly id: number };
  fd: number;
}
interface Received extends Omit<Sent, 'object' | 'new'> {
  object: number;
  new: number;
}
export type SentArguments<S extends Signature> = { readonly [I in keyof S]: Sent[S[I]] };
export type ReceivedArguments<S extends Signature> = { readonly [I in keyof S]: Received[S[I]] };

export interface Message {
  /** The object it is from. */
  readonly object: number;
  readonly opcode: number;
  readonly body: Buffer;
}

const WORD = 4;
const HEADER = 2 * WORD;

/** One request as bytes. What goes beside them, a file descriptor, is not in it. */
export function encode<S extends Signature>(
  object: number,
  opcode: number,
  signature: S,
  values: SentArguments<S>,
): Buffer {
  const parts = signature.map((kind, i) => encodeArgument(kind, values[i] as Sent[Kind]));
  const size = parts.reduce((sum, part) => sum + part.length, HEADER);
  const header = Buffer.alloc(HEADER);
  header.writeUInt32LE(object, 0);
  header.writeUInt16LE(opcode, WORD);
  header.writeUInt16LE(size, WORD + 2);
  return Buffer.concat([header, ...parts]);
}

function encodeArgument(kind: Kind, value: Sent[Kind]): Buffer {
  if (kind === 'fd') return Buffer.alloc(0);
  if (typeof value === 'string') return counted(Buffer.from(`${value}\0`));
  const word = Buffer.alloc(WORD);
  if (typeof value === 'number') {
    if (kind === 'int') word.writeInt32LE(value);
    else word.writeUInt32LE(value);
  } else if ('id' in value) {
    word.writeUInt32LE(value.id);
  } else {
    return counted(Buffer.from(new Uint32Array(value).buffer));
  }
  return word;
}

/** The length in bytes, then the bytes, filled up to whole words. */
function counted(bytes: Buffer): Buffer {
  const padded = Buffer.alloc(WORD + wordsOf(bytes.length));
  padded.writeUInt32LE(bytes.length);
  bytes.copy(padded, WORD);
  return padded;
}

function wordsOf(bytes: number): number {
  return Math.ceil(bytes / WORD) * WORD;
}

/**
 * The arguments of one event.
 * @throws RangeError when the body is too short for them.
 */
export function decode<S extends Signature>(signature: S, body: Buffer): ReceivedArguments<S> {
  let offset = 0;
  const word = (signed: boolean) => {
    const value = signed ? body.readInt32LE(offset) : body.readUInt32LE(offset);
    offset += WORD;
    return value;
  };
  const bytes = () => {
    const length = word(false);
    const end = offset + length;
    if (end > body.length) throw new RangeError('an argument is longer than its message');
    const value = body.subarray(offset, end);
    offset = end + wordsOf(length) - length;
    return value;
  };
  const argument = (kind: Kind): Received[Kind] => {
    switch (kind) {
      case 'int':
        return word(true);
      case 'uint':
      case 'object':
      case 'new':
        return word(false);
      case 'string':
        // It ends with a zero, which is counted.
        return bytes().toString('utf8').replace(/\0.*$/s, '');
      case 'array': {
        const value = bytes();
        return Array.from({ length: Math.floor(value.length / WORD) }, (_, i) =>
          value.readUInt32LE(i * WORD),
        );
      }
      case 'fd':
        throw new RangeError('descriptors are not received here');
    }
  };
  return signature.map(argument) as unknown as ReceivedArguments<S>;
}

/** Cuts what a stream delivers into messages. */
export class MessageStream {
  #rest: Buffer = Buffer.alloc(0);

  /**
   * The messages that are complete with `chunk`.
   * @throws RangeError when what comes is no Wayland.
   */
  *push(chunk: Buffer): Generator<Message> {
    let rest = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
    while (rest.length >= HEADER) {
      const size = rest.readUInt16LE(WORD + 2);
      if (size < HEADER || size % WORD !== 0) throw new RangeError(`a message of ${size} bytes`);
      if (rest.length < size) break;
      yield {
        object: rest.readUInt32LE(0),
        opcode: rest.readUInt16LE(WORD),
        body: rest.subarray(HEADER, size),
      };
      rest = rest.subarray(size);
    }
    // A copy, so that what is kept does not hold on to all that came with it.
    this.#rest = Buffer.from(rest);
  }
}

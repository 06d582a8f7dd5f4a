/**
 * One connection to a sound server that speaks PulseAudio's native protocol: PulseAudio itself, or PipeWire by way of
 * pipewire-pulse. Requests as promises, and when the connection counts as lost. A client of our own, because none
 * that is kept up exists for Node.
 *
 * The facts: commands and their numbers from PulseAudio's src/pulsecore/native-common.h, requests and answers from
 * src/pulsecore/protocol-native.c, error codes and masks from src/pulse/def.h.
 */
import { connect, type Socket } from 'node:net';
import type { Clock } from '../../core/instant.js';
import { commandFrame, type Frame, FrameReader } from './frames.js';
import { TagReader, TagWriter } from './tagstruct.js';

/**
 * The protocol version we speak, whatever newer one the server knows: the first that tells paused streams (19) and
 * streams without a volume (20). PulseAudio has spoken it since 1.0 (2011), pipewire-pulse always.
 */
const VERSION = 20;

/** The rest of the server's version word are flags for shared memory. */
const VERSION_MASK = 0x0000_ffff;

/** A server answers within a millisecond; one that plays in real time may have a busy machine under it. */
const ANSWER_WITHIN_MS = 5_000;

const COMMAND = {
  error: 0,
  reply: 2,
  createRecordStream: 5,
  deleteRecordStream: 6,
  auth: 8,
  setClientName: 9,
  getSinkInfoList: 22,
  getSinkInputInfoList: 30,
  subscribe: 35,
  subscribeEvent: 66,
} as const;

/** The commands that are requests. */
export type Request = Exclude<keyof typeof COMMAND, 'error' | 'reply' | 'subscribeEvent'>;

/** In `subscribe`: sinks (their volume and mute) and sink inputs. */
const SUBSCRIBE_MASK = 0x1 | 0x4;

/** PA_ERR_NOENTITY. */
const NO_SUCH_THING = 5;

const ERRORS: Readonly<Record<number, string>> = {
  1: 'access denied',
  2: 'unknown command',
  3: 'invalid argument',
  [NO_SUCH_THING]: 'no such thing',
  7: 'protocol error',
  17: 'wrong version',
  19: 'not supported',
};

/** The server has refused one request; the connection is as good as before. */
export class Refused extends Error {
  readonly #code: number;

  constructor(code: number) {
    super(ERRORS[code] ?? `error ${code}`);
    this.name = 'Refused';
    this.#code = code;
  }

  /** What the request was about has gone meanwhile. */
  get isGone(): boolean {
    return this.#code === NO_SUCH_THING;
  }
}

interface ConnectOptions {
  /** The server's Unix socket. */
  readonly path: string;
  readonly cookie: Uint8Array;
  readonly clock: Clock;
  /** The server hung up, sent nonsense or no longer answers. At most once, and not after `close`. */
  readonly onLost: (reason: string) => void;
}

interface Pending {
  readonly answered: (answer: TagReader) => void;
  readonly refused: (error: Error) => void;
}

/** Connects and signs in. @throws Error that says why not; nothing is left open then. */
export async function connectPulse(options: ConnectOptions): Promise<PulseConnection> {
  let isConnected = false;
  const connection = new PulseConnection(connect({ path: options.path }), {
    ...options,
    // Until then it is the caller who is told, by what is thrown.
    onLost: (reason) => isConnected && options.onLost(reason),
  });
  try {
    const version = await connection.ask(
      'auth',
      (request) => request.u32(VERSION).arbitrary(options.cookie),
      (answer) => answer.u32() & VERSION_MASK,
    );
    if (version < VERSION) {
      throw new Error(`the sound server is too old: it speaks protocol version ${version}, not ${VERSION}`);
    }
    await connection.ask('setClientName', (request) =>
      request.properties({ 'application.name': 'Cloudnap' }),
    );
    isConnected = true;
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  }
}

/** A live connection. Every request rejects once the connection is lost or closed. */
export class PulseConnection {
  readonly #socket: Socket;
  readonly #clock: Clock;
  readonly #onLost: (reason: string) => void;
  readonly #frames = new FrameReader();
  /** By sequence number, which the server gives back with its answer. */
  readonly #pending = new Map<number, Pending>();
  readonly #audio = new Map<number, (samples: Buffer) => void>();
  #sequence = 0;
  #onChange: () => void = () => {};
  #ended: string | undefined;

  constructor(socket: Socket, { clock, onLost }: ConnectOptions) {
    this.#socket = socket;
    this.#clock = clock;
    this.#onLost = onLost;
    socket.on('error', (error) => this.#lose(error.message));
    socket.on('close', () => this.#lose('the sound server closed the connection'));
    socket.on('data', (chunk) => this.#received(chunk));
  }

  /**
   * Sends a request and resolves to what `parse` makes of the answer.
   * @throws Refused when the server will not do it.
   */
  ask<T = void>(
    request: Request,
    write: (request: TagWriter) => unknown,
    parse: (answer: TagReader) => T = () => undefined as T,
  ): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#ended !== undefined) return reject(new Error(this.#ended));
      const sequence = this.#sequence++;
      const cancel = this.#clock.after(ANSWER_WITHIN_MS, () =>
        this.#lose('the sound server does not answer'),
      );
      this.#pending.set(sequence, {
        answered: (answer) => {
          resolve(parse(answer));
          cancel();
        },
        refused: (error) => {
          cancel();
          reject(error);
        },
      });
      const words = new TagWriter().u32(COMMAND[request]).u32(sequence);
      write(words);
      this.#socket.write(commandFrame(words.bytes()));
    });
  }

  /** Calls `fn` for every change of a stream or a sink from now on; which it was is not told. */
  async onChange(fn: () => void): Promise<void> {
    this.#onChange = fn;
    await this.ask('subscribe', (request) => request.u32(SUBSCRIBE_MASK));
  }

  /** Hands the samples of a record stream to `fn`, until {@link forgetAudio}. Those of others are dropped. */
  onAudio(stream: number, fn: (samples: Buffer) => void): void {
    this.#audio.set(stream, fn);
  }

  forgetAudio(stream: number): void {
    this.#audio.delete(stream);
  }

  /** Hangs up; the server frees what a client had. Idempotent. */
  close(): void {
    this.#end('the connection was closed');
  }

  #received(chunk: Buffer): void {
    try {
      for (const frame of this.#frames.push(chunk)) {
        if (this.#ended !== undefined) return;
        this.#take(frame);
      }
    } catch (error) {
      this.#lose(`the sound server sent nonsense: ${error instanceof Error ? error.message : error}`);
    }
  }

  #take(frame: Frame): void {
    if (frame.kind === 'audio') {
      this.#audio.get(frame.stream)?.(frame.bytes);
      return;
    }
    const message = new TagReader(frame.bytes);
    const command = message.u32();
    const sequence = message.u32();
    if (command === COMMAND.subscribeEvent) this.#onChange();
    // Whatever else a server tells concerns streams of ours: moved, suspended, killed. They live half a second.
    const pending =
      command === COMMAND.reply || command === COMMAND.error ? this.#pending.get(sequence) : undefined;
    if (command === COMMAND.error) pending?.refused(new Refused(message.u32()));
    else pending?.answered(message);
    // Not sooner: one whose answer was nonsense is rejected when the connection is given up for it.
    this.#pending.delete(sequence);
  }

  #lose(reason: string): void {
    if (this.#end(reason)) this.#onLost(reason);
  }

  #end(reason: string): boolean {
    if (this.#ended !== undefined) return false;
    this.#ended = reason;
    for (const { refused } of this.#pending.values()) refused(new Error(reason));
    this.#pending.clear();
    this.#audio.clear();
    this.#socket.destroy();
    return true;
  }
}

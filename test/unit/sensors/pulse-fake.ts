/** A sound server as a test wants it: it listens on a socket, answers as the protocol says or not at all, and keeps what it was asked. */
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { commandFrame, FrameReader } from '../../../src/sensors/pulse/frames.js';
import { TagReader, TagWriter } from '../../../src/sensors/pulse/tagstruct.js';

/** From PulseAudio's native-common.h. */
export const COMMAND = {
  error: 0,
  reply: 2,
  createRecordStream: 5,
  deleteRecordStream: 6,
  auth: 8,
  setClientName: 9,
  sinks: 22,
  streams: 30,
  subscribe: 35,
  event: 66,
} as const;

const SINK = 7;
const MONITOR = 8;
const FULL_VOLUME = 0x10000;

/** A command and its sequence number. */
const HEAD_BYTES = 10;

export interface FakeStream {
  readonly index?: number;
  readonly client?: number;
  readonly sink?: number;
  readonly volume?: number;
  readonly muted?: boolean;
  readonly corked?: boolean;
  readonly hasVolume?: boolean;
  readonly properties?: Readonly<Record<string, string>>;
}

export interface FakeSink {
  readonly volume?: number;
  readonly muted?: boolean;
}

/** One stream as GET_SINK_INPUT_INFO_LIST has it in version 20. */
export function streamBytes(stream: FakeStream): Buffer {
  const {
    index = 1,
    client = 3,
    sink = SINK,
    volume = FULL_VOLUME,
    muted = false,
    corked = false,
    hasVolume = true,
  } = stream;
  return Buffer.concat([
    new TagWriter().u32(index).bytes(),
    text('a song nobody may know of'),
    new TagWriter().u32(0).u32(client).u32(sink).bytes(),
    sound(),
    channelVolumes(volume),
    usec(),
    usec(),
    new TagWriter().noString().bytes(),
    text('protocol-native.c'),
    new TagWriter()
      .boolean(muted)
      .properties(stream.properties ?? { 'media.role': 'music' })
      .boolean(corked)
      .boolean(hasVolume)
      .boolean(true)
      .bytes(),
  ]);
}

/** The one sink as GET_SINK_INFO_LIST has it in version 20, with two ports. */
export function sinkBytes({ volume = FULL_VOLUME, muted = false }: FakeSink = {}): Buffer {
  const port = Buffer.concat([text('analog-output'), text('Headphones'), new TagWriter().u32(100).bytes()]);
  return Buffer.concat([
    new TagWriter().u32(SINK).bytes(),
    text('speakers'),
    text('Loud Speakers'),
    sound(),
    new TagWriter().u32(2).bytes(),
    channelVolumes(volume),
    new TagWriter().boolean(muted).u32(MONITOR).bytes(),
    text('speakers.monitor'),
    usec(),
    text('module-null-sink.c'),
    new TagWriter().u32(0).properties({ 'device.class': 'abstract' }).bytes(),
    usec(),
    Buffer.from([0x56, 0, 1, 0, 0]),
    new TagWriter().u32(0).u32(65_537).u32(0xffff_ffff).u32(2).bytes(),
    port,
    port,
    text('analog-output'),
  ]);
}

function sound(): Buffer {
  return new TagWriter().sampleSpec({ format: 3, channels: 2, rate: 44_100 }).channelMap([1, 2]).bytes();
}

/** The right channel; the left one is off. */
function channelVolumes(volume: number): Buffer {
  const bytes = Buffer.from([0x76, 2, 0, 0, 0, 0, 0, 0, 0, 0]);
  bytes.writeUInt32BE(volume, 6);
  return bytes;
}

function usec(): Buffer {
  return Buffer.from([0x55, 0, 0, 0, 0, 0, 0, 0, 1]);
}

function text(words: string): Buffer {
  return Buffer.from(`t${words}\0`);
}

/** What the server does with a command: the body of its reply, or nothing at all. */
export type Answer = (request: TagReader, client: FakeClient, body: Buffer) => Buffer | undefined;

export interface FakeClient {
  /** Sends anything. */
  send(bytes: Uint8Array): void;
  /** Refuses the request at hand with this error code. */
  refuse(code: number): undefined;
  /** Tells that something has changed. */
  tellChange(): void;
  /** Sends samples of a record stream. */
  sendPeaks(stream: number, peaks: readonly number[]): void;
  hangUp(): void;
}

export class FakePulseServer {
  streams: readonly FakeStream[] = [];
  sink: FakeSink = {};
  version = 35;
  /** The numbers of the commands that came, in their order. */
  readonly asked: number[] = [];
  readonly answers = new Map<number, Answer>([
    [COMMAND.auth, () => new TagWriter().u32(this.version).bytes()],
    [COMMAND.setClientName, () => new TagWriter().u32(5).bytes()],
    [COMMAND.subscribe, () => Buffer.alloc(0)],
    [COMMAND.streams, () => Buffer.concat(this.streams.map(streamBytes))],
    [COMMAND.sinks, () => sinkBytes(this.sink)],
  ]);
  client: FakeClient | undefined;
  readonly path: string;
  readonly #folder: string;
  readonly #server = createServer((socket) => this.#connected(socket));
  readonly #sockets = new Set<Socket>();

  private constructor(folder: string) {
    this.#folder = folder;
    this.path = join(folder, 'native');
  }

  static async start(): Promise<FakePulseServer> {
    const server = new FakePulseServer(await mkdtemp(join(tmpdir(), 'cloudnap-pulse-')));
    await new Promise<void>((resolve) => server.#server.listen(server.path, resolve));
    return server;
  }

  get env(): NodeJS.ProcessEnv {
    return { HOME: this.#folder, PULSE_SERVER: `unix:${this.path}` };
  }

  /** How many clients are connected. */
  get clients(): number {
    return this.#sockets.size;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
    await rm(this.#folder, { recursive: true });
  }

  #connected(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => {});
    const frames = new FrameReader();
    socket.on('data', (chunk) => {
      for (const frame of frames.push(chunk)) this.#take(frame.bytes, socket);
    });
  }

  #take(bytes: Buffer, socket: Socket): void {
    const request = new TagReader(bytes);
    const command = request.u32();
    const sequence = request.u32();
    this.asked.push(command);
    const head = (number: number, tag: number) => new TagWriter().u32(number).u32(tag);
    const client: FakeClient = {
      send: (anything) => void socket.write(anything),
      refuse: (code) => void socket.write(commandFrame(head(COMMAND.error, sequence).u32(code).bytes())),
      tellChange: () =>
        void socket.write(commandFrame(head(COMMAND.event, 0xffff_ffff).u32(0x12).u32(1).bytes())),
      sendPeaks: (stream, peaks) => {
        const samples = Buffer.alloc(4 * peaks.length);
        for (const [i, peak] of peaks.entries()) samples.writeFloatLE(peak, 4 * i);
        const frame = commandFrame(samples);
        frame.writeUInt32BE(stream, 4);
        socket.write(frame);
      },
      hangUp: () => void socket.destroy(),
    };
    this.client = client;
    const body = this.answers.get(command)?.(request, client, bytes.subarray(HEAD_BYTES));
    if (body) client.send(commandFrame(Buffer.concat([head(COMMAND.reply, sequence).bytes(), body])));
  }
}

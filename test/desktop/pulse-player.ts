/**
 * A player that can pause, as those with a window can and paplay cannot: one stream of a tone that the server is
 * told to hold ("cork") and to go on with.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { commandFrame, FrameReader } from '../../src/sensors/pulse/frames.js';
import { TagReader, TagWriter } from '../../src/sensors/pulse/tagstruct.js';

/** From PulseAudio's native-common.h. */
const [REPLY, CREATE_PLAYBACK_STREAM, AUTH, SET_CLIENT_NAME, CORK] = [2, 3, 8, 9, 41];
const VERSION = 20;
const NONE = 0xffff_ffff;
const RATE = 8_000;
const FULL_VOLUME = 0x10000;

export class PausingPlayer {
  readonly #socket: Socket;
  readonly #replies = new Map<number, (reply: TagReader) => void>();
  #sequence = 0;
  #stream = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    const frames = new FrameReader();
    socket.on('data', (chunk) => {
      for (const frame of frames.push(chunk)) {
        const message = new TagReader(frame.bytes);
        if (message.u32() === REPLY) this.#replies.get(message.u32())?.(message);
      }
    });
  }

  /** Opens a paused stream with a minute of sound. */
  static async open(socketPath: string): Promise<PausingPlayer> {
    const socket = connect(socketPath);
    await once(socket, 'connect');
    const player = new PausingPlayer(socket);
    await player.#ask(AUTH, new TagWriter().u32(VERSION).arbitrary(new Uint8Array(256)).bytes());
    await player.#ask(SET_CLIENT_NAME, new TagWriter().properties({ 'application.name': 'player' }).bytes());
    const sound = Buffer.alloc(60 * RATE);
    for (let i = 0; i < sound.length; i++) sound[i] = 128 + Math.round(100 * Math.sin(i / 3));
    player.#stream = (await player.#ask(CREATE_PLAYBACK_STREAM, streamOf(sound.length))).u32();
    player.#write(player.#stream, sound);
    return player;
  }

  async pause(): Promise<void> {
    await this.#ask(CORK, new TagWriter().u32(this.#stream).boolean(true).bytes());
  }

  async resume(): Promise<void> {
    await this.#ask(CORK, new TagWriter().u32(this.#stream).boolean(false).bytes());
  }

  close(): void {
    this.#socket.destroy();
  }

  #ask(command: number, body: Uint8Array): Promise<TagReader> {
    const sequence = this.#sequence++;
    const head = new TagWriter().u32(command).u32(sequence).bytes();
    this.#socket.write(commandFrame(Buffer.concat([head, body])));
    return new Promise((resolve) => this.#replies.set(sequence, resolve));
  }

  #write(stream: number, sound: Buffer): void {
    const frame = commandFrame(sound);
    frame.writeUInt32BE(stream, 4);
    this.#socket.write(frame);
  }
}

/** CREATE_PLAYBACK_STREAM of 8 bits, mono, as version 20 has it (protocol-native.c). */
function streamOf(bytes: number): Buffer {
  const sizes = new TagWriter()
    .sampleSpec({ format: 0, channels: 1, rate: RATE })
    .channelMap([0])
    .u32(NONE)
    .noString()
    .u32(bytes)
    .boolean(true) // paused
    .u32(RATE / 20)
    .u32(0) // begin at once
    .u32(NONE)
    .u32(0);
  const volume = Buffer.from([0x76, 1, 0, 0, 0, 0]);
  volume.writeUInt32BE(FULL_VOLUME, 2);
  const flags = new TagWriter();
  for (let i = 0; i < 8; i++) flags.boolean(false);
  flags.boolean(true).properties({ 'media.name': 'a song' }); // adjust the latency
  for (let i = 0; i < 7; i++) flags.boolean(false);
  return Buffer.concat([sizes.bytes(), volume, flags.bytes()]);
}

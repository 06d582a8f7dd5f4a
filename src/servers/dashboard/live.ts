/**
 * What happens, as server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html. A reader that
 * comes back says which event it saw last and is told what it missed, or that it missed more than is kept.
 */
import { randomBytes } from 'node:crypto';
import type { FastifyReply } from 'fastify';
import { encodeEvent } from '../../control/encode.js';
import type { Control } from '../../core/control.js';
import type { Clock } from '../../core/instant.js';
import { openStream } from '../http/routes.js';

/** Events kept for readers that come back. */
const KEPT = 500;
/** Bytes that may wait for one reader; whoever reads slower is cut off, and comes back. */
const MAX_BACKLOG = 256 * 1024;
/** A comment now and then, so that a connection that has died is noticed at both ends. */
const STILL_HERE_MS = 30_000;

interface Told {
  readonly number: number;
  readonly text: string;
}

export class Live {
  /** Tells the events of this run from those of an earlier one. */
  readonly #run = randomBytes(6).toString('base64url');
  readonly #clock: Clock;
  readonly #readers = new Map<FastifyReply['raw'], () => void>();
  readonly #unsubscribe: () => void;
  #kept: Told[] = [];
  #count = 0;

  constructor(control: Pick<Control, 'subscribe'>, clock: Clock) {
    this.#clock = clock;
    this.#unsubscribe = control.subscribe((event) => {
      this.#count += 1;
      const text = frame(`${this.#run}-${this.#count}`, 'happened', encodeEvent(event));
      this.#kept = [...this.#kept.slice(1 - KEPT), { number: this.#count, text }];
      for (const stream of this.#readers.keys()) this.#send(stream, text);
    });
  }

  /**
   * Streams from now on, or from after `lastSeen`. The first frame is `here`, whose `missed` says whether events were
   * lost in between: then what is shown has to be read anew.
   */
  stream(reply: FastifyReply, lastSeen: string | undefined): void {
    const stream = openStream(reply, 'text/event-stream; charset=utf-8');
    stream.once('close', () => this.#leave(stream));
    this.#readers.set(stream, this.#keepAlive(stream));
    const missed = this.#since(lastSeen);
    this.#send(stream, frame(`${this.#run}-${this.#count}`, 'here', { missed: missed === undefined }));
    for (const { text } of missed ?? []) this.#send(stream, text);
  }

  /** Ends every stream. */
  close(): void {
    this.#unsubscribe();
    for (const stream of [...this.#readers.keys()]) {
      this.#leave(stream);
      stream.end();
    }
  }

  /** What has happened since; undefined when that is not known any more. */
  #since(lastSeen: string | undefined): readonly Told[] | undefined {
    if (lastSeen === undefined) return [];
    const [run, number] = [lastSeen.slice(0, this.#run.length), Number(lastSeen.slice(this.#run.length + 1))];
    const oldest = this.#kept[0]?.number ?? this.#count + 1;
    if (run !== this.#run || !Number.isInteger(number) || number < oldest - 1) return undefined;
    return this.#kept.filter((told) => told.number > number);
  }

  #keepAlive(stream: FastifyReply['raw']): () => void {
    let cancel = () => {};
    const again = () => {
      cancel = this.#clock.after(STILL_HERE_MS, () => {
        this.#send(stream, ': still here\n\n');
        again();
      });
    };
    again();
    return () => cancel();
  }

  #leave(stream: FastifyReply['raw']): void {
    this.#readers.get(stream)?.();
    this.#readers.delete(stream);
  }

  #send(stream: FastifyReply['raw'], text: string): void {
    stream.write(text);
    if (stream.writableLength > MAX_BACKLOG) stream.destroy();
  }
}

function frame(id: string, event: string, data: object): string {
  return `id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}

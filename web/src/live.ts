/** Follows what happens: server-sent events over fetch (EventSource cannot carry a bearer), with resume. */
import type { WireEvent } from '../../src/control/wire.js';

/** Where the stream is asked for; of fetch's answer only what is needed. */
interface Source {
  stream(
    lastSeen: string | undefined,
    signal: AbortSignal,
  ): Promise<{
    readonly ok: boolean;
    readonly status: number;
    readonly body: ReadableStream<Uint8Array<ArrayBuffer>> | null;
  }>;
}

export interface Listener {
  happened(event: WireEvent): void;
  /** Events were lost: what is shown has to be read anew. */
  missed(): void;
  connected(isConnected: boolean): void;
  /** It waits before it tries again; `cut` ends the wait. */
  waits?(cut: () => void): void;
}

/** The wait before a new attempt: short at first, as after a restart of the daemon. */
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 10_000;

/** Follows until the signal is aborted. */
export async function follow(api: Source, listener: Listener, signal: AbortSignal): Promise<void> {
  let lastSeen: string | undefined;
  let wait = FIRST_WAIT_MS;
  while (!signal.aborted) {
    try {
      const answer = await api.stream(lastSeen, signal);
      if (!answer.ok || !answer.body) throw new Error(`status ${answer.status}`);
      for await (const frame of framesOf(answer.body)) {
        lastSeen = frame.id ?? lastSeen;
        if (frame.event === 'here') {
          wait = FIRST_WAIT_MS;
          listener.connected(true);
          if ((JSON.parse(frame.data) as { missed: boolean }).missed) listener.missed();
        } else if (frame.event === 'happened') listener.happened(JSON.parse(frame.data) as WireEvent);
      }
    } catch {
      // Whatever broke the stream, it is tried again.
    }
    if (signal.aborted) return;
    listener.connected(false);
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, wait);
      listener.waits?.(() => {
        clearTimeout(timer);
        resolve();
      });
    });
    wait = Math.min(2 * wait, LONGEST_WAIT_MS);
  }
}

interface Frame {
  readonly id: string | undefined;
  readonly event: string;
  readonly data: string;
}

/** The frames of an event stream. Exported for tests. */
export async function* framesOf(body: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<Frame> {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      text += value;
      const frames = text.split('\n\n');
      text = frames.pop() ?? '';
      for (const frame of frames) yield parse(frame);
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

function parse(frame: string): Frame {
  const field = (name: string) =>
    frame
      .split('\n')
      .filter((line) => line.startsWith(`${name}: `))
      .map((line) => line.slice(name.length + 2))
      .join('\n');
  return { id: field('id') || undefined, event: field('event'), data: field('data') };
}

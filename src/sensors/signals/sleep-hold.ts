/**
 * Holds sleep back. logind gives out such a hold as a file descriptor, which no D-Bus library for Node can receive,
 * so the system's own program takes it: it holds for as long as our end of its pipe is open, a crash of ours included.
 */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Clock } from '../../core/instant.js';

/** Comes with systemd, with elogind. */
const PROGRAMS = ['systemd-inhibit', 'elogind-inhibit'] as const;

/** `cat` runs once the hold is taken, and sends back what it is sent: so we know. It ends when its input does. */
const ARGUMENTS = [
  '--what=sleep',
  '--mode=delay',
  '--who=Cloudnap',
  '--why=Services are put to nap before this machine sleeps',
  'cat',
];

const TAKE_WITHIN_MS = 5_000;

/** The wait before it is tried again when the hold could not be had, or was lost. */
const RETRY_MS = 60_000;

export interface SleepHoldOptions {
  readonly clock: Clock;
  readonly env: NodeJS.ProcessEnv;
  /** It is held; or why it cannot be, until it is tried again. Letting go of it is not told. */
  readonly onState: (refused: string | undefined) => void;
}

export class SleepHold {
  readonly #options: SleepHoldOptions;
  #child: ChildProcessWithoutNullStreams | undefined;
  #held = false;
  #taking: Promise<void> = Promise.resolve();
  #cancelRetry: () => void = () => {};

  constructor(options: SleepHoldOptions) {
    this.#options = options;
  }

  get isHeld(): boolean {
    return this.#held;
  }

  /** Resolves when it is not just being taken. Never rejects. */
  settled(): Promise<void> {
    return this.#taking;
  }

  /** Takes it if it is not held; resolves when it is, or cannot be. Never rejects. */
  take(): Promise<void> {
    if (!this.#child) this.#taking = this.#take();
    return this.#taking;
  }

  /** Lets go of it; resolves when logind has been told. Idempotent. Never rejects. */
  async release(): Promise<void> {
    this.#cancelRetry();
    const child = this.#child;
    if (!child) return;
    this.#child = undefined;
    this.#held = false;
    const gone = once(child, 'close').catch(() => {});
    child.stdin.end();
    await gone;
  }

  async #take(): Promise<void> {
    this.#cancelRetry();
    let refused: string | undefined;
    for (const program of PROGRAMS) {
      const child = this.#spawn(program);
      this.#child = child;
      const failure = await this.#taken(child);
      // Let go of meanwhile: nobody waits for it any more.
      if (this.#child !== child) return;
      if (failure === undefined) {
        this.#held = true;
        child.once('close', () => this.#lost(child));
        this.#options.onState(undefined);
        return;
      }
      this.#child = undefined;
      child.kill();
      refused ??= `${program}: ${failure}`;
    }
    this.#refused(refused ?? '');
  }

  #spawn(program: string): ChildProcessWithoutNullStreams {
    // A group of its own: an interrupt typed at our terminal is ours to deal with.
    const child = spawn(program, ARGUMENTS, { env: this.#options.env, detached: true, stdio: 'pipe' });
    // It may be gone before it has read what it was sent.
    child.stdin.on('error', () => {});
    child.stdin.write('held\n');
    return child;
  }

  /** Resolves to why it could not be taken. */
  #taken(child: ChildProcessWithoutNullStreams): Promise<string | undefined> {
    return new Promise((resolve) => {
      let complaint = '';
      const settle = (failure?: string) => {
        cancel();
        resolve(failure);
      };
      const cancel = this.#options.clock.after(TAKE_WITHIN_MS, () => settle('logind does not answer'));
      child.stderr.on('data', (text) => {
        complaint += text;
      });
      child.stdout.once('data', () => settle());
      child.once('error', (error) => settle(error.message));
      child.once('close', (code) => settle(complaint.trim() || `it ended with ${code}`));
    });
  }

  #lost(child: ChildProcessWithoutNullStreams): void {
    if (this.#child !== child) return;
    this.#child = undefined;
    this.#held = false;
    this.#refused('the program that held it has ended');
  }

  #refused(reason: string): void {
    this.#cancelRetry = this.#options.clock.after(RETRY_MS, () => void this.take());
    this.#options.onState(reason);
  }
}

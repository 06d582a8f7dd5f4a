/** Messages that a program of the OS shows, run once for each: the way where there is no bus to speak to. */
import type { DesktopHealth, Notice, NoticeSlot, Notifier } from '../core/desktop.js';
import type { RunProgram } from './autostart-place.js';

type CommandLine = readonly [program: string, ...args: string[]];

export interface ProgramNotifierOptions {
  readonly mechanism: string;
  /** What can be done when the program fails. */
  readonly cure: string;
  readonly run: RunProgram;
  readonly show: (notice: Notice) => CommandLine;
  /** Undefined: what is shown stays. */
  readonly withdraw: ((slot: NoticeSlot) => CommandLine) | undefined;
}

export class ProgramNotifier implements Notifier {
  readonly #options: ProgramNotifierOptions;
  readonly #shown = new Set<NoticeSlot>();
  #health: DesktopHealth;
  /** One program at a time, in order. */
  #work: Promise<void> = Promise.resolve();

  constructor(options: ProgramNotifierOptions) {
    this.#options = options;
    this.#health = { state: 'working', mechanism: options.mechanism };
  }

  async start(): Promise<void> {}

  show(notice: Notice): void {
    this.#shown.add(notice.slot);
    this.#run(this.#options.show(notice));
  }

  withdraw(slot: NoticeSlot): void {
    if (this.#shown.delete(slot) && this.#options.withdraw) this.#run(this.#options.withdraw(slot));
  }

  health(): DesktopHealth {
    return this.#health;
  }

  async stop(): Promise<void> {
    for (const slot of [...this.#shown]) this.withdraw(slot);
    await this.#work;
  }

  #run([program, ...args]: CommandLine): void {
    const { run, mechanism, cure } = this.#options;
    this.#work = this.#work.then(async () => {
      const { isDone, complaint } = await run(program, args);
      this.#health = isDone
        ? { state: 'working', mechanism }
        : { state: 'unavailable', reason: `${program} failed: ${complaint}`, cure };
    });
  }
}

/**
 * Shows the demo while it runs. On a terminal events scroll by above a small panel that is redrawn in place; in a
 * pipe events and changes of state are lines; with `--json` they are JSON lines. The demo feeds it and ends it.
 */
import { encodeEvent, encodeRegistered, encodeStatus } from '../control/encode.js';
import type { WireEvent, WireRegistered } from '../control/wire.js';
import type { Control } from '../core/control.js';
import type { Clock } from '../core/instant.js';
import { LiveBlock } from './live-block.js';
import type { Output } from './output.js';
import type { Paint } from './paint.js';
import { changeLines, eventLine, type PanelState, panel } from './render/panel.js';
import type { DemoResult } from './render/summary.js';

/** The panel is looked at this often; it is drawn only when it has changed. */
const REFRESH_MS = 500;

/** What the demo tells, in this order: notes at any time, `follow` once, `finish` or `stop` at the end. */
export interface DemoView {
  /** One sentence of its own: "There is no display: a scripted person plays." */
  note(text: string): void;
  /** Starts showing a daemon, live. */
  follow(source: Pick<Control, 'status' | 'registered' | 'subscribe'>): void;
  /** Ends the live part with a last look, and shows the summary. */
  finish(results: readonly DemoResult[]): Promise<void>;
  /** Ends the live part and leaves the terminal as it was. Idempotent. */
  stop(): void;
}

export interface DemoViewParts {
  readonly stdout: Output;
  readonly clock: Clock;
  readonly paint: Paint;
  readonly json: boolean;
}

/** The view for an output: a panel on a terminal, else lines. */
export function demoView(parts: DemoViewParts): DemoView {
  return new LiveView(parts, parts.json ? new JsonPage(parts) : page(parts));
}

function page(parts: DemoViewParts): Page {
  return parts.stdout.isTTY === true ? new TerminalPage(parts) : new LinePage(parts);
}

/** One way of showing what happens. */
interface Page {
  note(text: string): void;
  event(event: WireEvent): void;
  look(state: PanelState): void;
  /** Leaves the output fit for what comes next. */
  close(): void;
  summary(results: readonly DemoResult[]): Promise<void>;
}

/** Looks at the daemon in time and after every event, and hands what it saw to a page. */
class LiveView implements DemoView {
  readonly #clock: Clock;
  readonly #page: Page;
  #source: Pick<Control, 'status' | 'registered'> | undefined;
  #unsubscribe: () => void = () => {};
  #cancel: () => void = () => {};
  #looking: Promise<void> | undefined;

  constructor(parts: DemoViewParts, page: Page) {
    this.#clock = parts.clock;
    this.#page = page;
  }

  note(text: string): void {
    this.#page.note(text);
  }

  follow(source: Pick<Control, 'status' | 'registered' | 'subscribe'>): void {
    this.#source = source;
    this.#unsubscribe = source.subscribe((event) => {
      this.#page.event(encodeEvent(event));
      this.#lookSoon(0);
    });
    this.#lookSoon(0);
  }

  async finish(results: readonly DemoResult[]): Promise<void> {
    await this.#looking;
    await this.#look();
    this.stop();
    await this.#page.summary(results);
  }

  stop(): void {
    if (!this.#source) return;
    this.#source = undefined;
    this.#unsubscribe();
    this.#cancel();
    this.#page.close();
  }

  #lookSoon(ms: number): void {
    this.#cancel();
    this.#cancel = this.#clock.after(ms, () => {
      this.#looking ??= this.#look().finally(() => {
        this.#looking = undefined;
        if (this.#source) this.#lookSoon(REFRESH_MS);
      });
    });
  }

  async #look(): Promise<void> {
    const source = this.#source;
    if (!source) return;
    try {
      const [status, targets] = await Promise.all([source.status(), source.registered()]);
      if (this.#source)
        this.#page.look({ status: encodeStatus(status), targets: targets.map(encodeRegistered) });
    } catch {
      // A daemon that is ending answers no more; the last look stands and the demo tells what became of it.
    }
  }
}

/** Events scroll by; below them the panel, redrawn in place. */
class TerminalPage implements Page {
  readonly #parts: DemoViewParts;
  readonly #block: LiveBlock;
  #state: PanelState | undefined;
  #cursorHidden = false;

  constructor(parts: DemoViewParts) {
    this.#parts = parts;
    this.#block = new LiveBlock(parts.stdout);
  }

  note(text: string): void {
    this.#block.scroll(`${text}\n`, this.#lines());
  }

  event(event: WireEvent): void {
    this.note(eventLine(event, this.#parts.paint));
  }

  look(state: PanelState): void {
    this.#state = state;
    if (!this.#cursorHidden) this.#parts.stdout.write('\u001b[?25l');
    this.#cursorHidden = true;
    this.#block.show(this.#lines());
  }

  close(): void {
    // The last panel stays as the result; only the cursor comes back.
    this.#block.leave();
    this.#state = undefined;
    if (this.#cursorHidden) this.#parts.stdout.write('\u001b[?25h');
    this.#cursorHidden = false;
  }

  summary(results: readonly DemoResult[]): Promise<void> {
    return writeSummary(results, this.#parts);
  }

  #lines(): string[] {
    if (!this.#state) return [];
    const { columns = 80, rows = 24 } = this.#parts.stdout;
    // One line less than there are, or the terminal scrolls and the panel can no longer be found.
    const size = { columns: Math.max(columns, 20), rows: Math.max(rows - 1, 3) };
    return panel(this.#state, this.#parts.clock.now().wall, size, this.#parts.paint);
  }
}

/** Events and changes of state as lines. */
class LinePage implements Page {
  readonly #parts: DemoViewParts;
  #last: readonly WireRegistered[] = [];

  constructor(parts: DemoViewParts) {
    this.#parts = parts;
  }

  note(text: string): void {
    this.#parts.stdout.write(`${text}\n`);
  }

  event(event: WireEvent): void {
    this.#parts.stdout.write(`${eventLine(event, this.#parts.paint)}\n`);
  }

  look(state: PanelState): void {
    for (const line of changeLines(this.#last, state.targets, this.#parts.clock.now().wall))
      this.#parts.stdout.write(`${line}\n`);
    this.#last = state.targets;
  }

  close(): void {}

  summary(results: readonly DemoResult[]): Promise<void> {
    return writeSummary(results, this.#parts);
  }
}

/** One JSON object a line: `note`, `event`, `status` with `services` whenever they differ, and `summary` at the end. */
class JsonPage implements Page {
  readonly #stdout: Output;
  #last = '';

  constructor(parts: DemoViewParts) {
    this.#stdout = parts.stdout;
  }

  note(text: string): void {
    this.#write({ note: text });
  }

  event(event: WireEvent): void {
    this.#write({ event });
  }

  look({ status, targets }: PanelState): void {
    // Idle time changes with every look; by itself it is not worth a line.
    const { idle_seconds: _, ...lasting } = status;
    const seen = JSON.stringify([lasting, targets]);
    if (seen !== this.#last) this.#write({ status, services: targets });
    this.#last = seen;
  }

  close(): void {}

  async summary(results: readonly DemoResult[]): Promise<void> {
    this.#write({ summary: results });
  }

  #write(line: object): void {
    this.#stdout.write(`${JSON.stringify(line)}\n`);
  }
}

async function writeSummary(results: readonly DemoResult[], parts: DemoViewParts): Promise<void> {
  const { summaryText } = await import('./render/summary.js');
  const { stdout, paint } = parts;
  stdout.write(`\n${summaryText(results, paint, stdout.isTTY ? stdout.columns : undefined)}\n`);
}

/** Lines at the bottom of a terminal that are redrawn in place, while other text scrolls by above them. */
import type { Output } from './output.js';
import { widthOf } from './width.js';

export class LiveBlock {
  readonly #terminal: Output;
  #drawn: readonly string[] = [];

  constructor(terminal: Output) {
    this.#terminal = terminal;
  }

  /** Shows these lines; writes nothing when they are shown already. Together they must be lower than the terminal. */
  show(lines: readonly string[]): void {
    if (lines.join('\n') !== this.#drawn.join('\n')) this.scroll('', lines);
  }

  /** Lets a text, line ends included, scroll by above these lines. */
  scroll(above: string, lines: readonly string[]): void {
    const height = this.#height();
    const erase = height > 0 ? `\u001b[${height}A\r\u001b[J` : '';
    const drawn = lines.map((line) => `${line}\n`).join('');
    // All in one write, between the marks of a synchronised update: terminals then show no half-drawn block.
    this.#terminal.write(`\u001b[?2026h${erase}${above}${drawn}\u001b[?2026l`);
    this.#drawn = lines;
  }

  /** Leaves the last lines where they are: what is shown next comes below them. */
  leave(): void {
    this.#drawn = [];
  }

  /** Rows the block takes now: a terminal that was made narrower has wrapped its lines. */
  #height(): number {
    return this.#drawn.reduce((rows, line) => rows + rowsOf(line, this.#terminal), 0);
  }
}

/** As many lines from the first on as fit on the terminal, one row being left for the cursor. */
export function fitting(lines: readonly string[], terminal: Output): readonly string[] {
  const room = Math.max(1, (terminal.rows ?? 24) - 1);
  let rows = 0;
  const first = lines.findIndex((line) => {
    rows += rowsOf(line, terminal);
    return rows > room;
  });
  return first < 0 ? lines : lines.slice(0, first);
}

/** Rows that a line takes where it is wrapped. */
function rowsOf(line: string, terminal: Output): number {
  const columns = Math.max(1, terminal.columns ?? 80);
  return Math.max(1, Math.ceil(widthOf(withoutColours(line)) / columns));
}

function withoutColours(line: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape that begins a colour.
  return line.replace(/\u001b\[[0-9;]*m/g, '');
}

/** A terminal for tests of what is redrawn in place. */
import type { Output } from '../../../src/cli/output.js';
import { widthOf } from '../../../src/cli/width.js';

/**
 * As much of a terminal as the views use: text, going up to the begin of a line, erasing downwards. Lines wrap at
 * its width and are wrapped anew when that changes. Anything else is an error.
 */
export class Terminal implements Output {
  readonly isTTY = true;
  columns = 80;
  rows = 24;
  /** Whole lines, however many rows each takes. The cursor is always on the empty line behind them. */
  lines: string[] = [];
  writes = 0;
  cursor = true;

  write(text: string): void {
    this.writes += 1;
    // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is read here.
    for (const [, sequence, run] of text.matchAll(/(\u001b\[[?\d;]*[A-Za-z])|([^\u001b]+)/g)) {
      if (sequence !== undefined) this.#obey(sequence);
      else if (run !== undefined) this.#print(run);
    }
  }

  #up = 0;
  #obey(sequence: string): void {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: likewise.
    const up = /^\u001b\[(\d+)A$/.exec(sequence);
    if (up) this.#up = Number(up[1]);
    else if (sequence === '\u001b[J') this.#erase();
    else if (sequence === '\u001b[?25l') this.cursor = false;
    else if (sequence === '\u001b[?25h') this.cursor = true;
    else if (!sequence.startsWith('\u001b[?2026')) throw new Error(`unknown: ${JSON.stringify(sequence)}`);
  }

  #erase(): void {
    for (let rows = this.#up; rows > 0; ) {
      rows -= Math.max(1, Math.ceil(widthOf(this.lines.pop() ?? '') / this.columns));
      if (rows < 0) throw new Error('erased only a part of a line');
    }
    this.#up = 0;
  }

  #print(text: string): void {
    if (text === '\r') return;
    if (!text.endsWith('\n')) throw new Error('left the cursor in the middle of a line');
    this.lines.push(...text.slice(0, -1).split('\n'));
  }
}

/** What a command reads from and the outlets it writes to. */

/** Where text goes. `process.stdout` and `process.stderr` are such. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  /** Width and height of the terminal in characters; undefined where it is none. */
  readonly columns?: number;
  readonly rows?: number;
  on?(event: 'error', listener: (error: NodeJS.ErrnoException) => void): unknown;
}

/** Where text comes from. `process.stdin` is such. */
export interface Input extends AsyncIterable<unknown> {
  readonly isTTY?: boolean;
}

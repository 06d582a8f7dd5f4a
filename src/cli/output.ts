/** The outlets a command writes to. */

/** Where text goes. `process.stdout` and `process.stderr` are such. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  /** Width and height of the terminal in characters; undefined where it is none. */
  readonly columns?: number;
  readonly rows?: number;
  on?(event: 'error', listener: (error: NodeJS.ErrnoException) => void): unknown;
}

/**
 * What every command works with: the global options, the two outputs, and the daemon at the other end of the
 * control socket. One for each run of the program.
 */
import type { Command } from 'commander';
import type { ControlClient } from '../control/client.js';
import type { WireDone } from '../control/wire.js';
import type { Paths } from '../system/paths.js';
import type { CliContext } from './context.js';
import { EXIT, type Failure } from './failure.js';
import { type Paint, paintFor, sentence, wantsColour } from './paint.js';
import type { Cell } from './table.js';

/** A table to be. */
export interface TableContent {
  readonly headings: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
  /** Said when there are no rows. */
  readonly none: string;
}

/** How a write fails when nobody reads any more: a pipe that was closed, a terminal that was. */
const READER_GONE: ReadonlySet<string | undefined> = new Set(['EPIPE', 'EIO']);

export class Cli {
  readonly context: CliContext;
  /** What the program ends with when nothing is thrown. */
  exitCode: number = EXIT.done;
  /** Aborted when nobody reads stdout any more: what goes on and on ends then. */
  readonly ended: AbortSignal;
  readonly #program: Command;
  #client: ControlClient | undefined;

  constructor(context: CliContext, program: Command) {
    this.context = context;
    this.#program = program;
    const ending = new AbortController();
    this.ended = ending.signal;
    context.stdout.on?.('error', (error) => {
      if (!READER_GONE.has(error.code)) throw error;
      ending.abort(error);
    });
    // A foreground daemon outlives the terminal that its log was shown on.
    context.stderr.on?.('error', (error) => {
      if (!READER_GONE.has(error.code)) throw error;
    });
  }

  /** `--json`: stdout carries JSON documents and nothing else. */
  get json(): boolean {
    return this.#program.opts().json === true;
  }

  /** `--home`, as given. CLOUDNAP_HOME is the affair of {@link paths}. */
  get home(): string | undefined {
    const home: unknown = this.#program.opts().home;
    return typeof home === 'string' ? home : undefined;
  }

  get paint(): Paint {
    return paintFor(wantsColour(this.context.stdout, this.context.env));
  }

  /** Wall milliseconds. */
  get now(): number {
    return this.context.clock.now().wall;
  }

  /** The files of this home. */
  async paths(): Promise<Paths> {
    const { resolvePaths } = await import('../system/paths.js');
    return resolvePaths({ home: this.home, env: this.context.env });
  }

  /** The running daemon. Every call rejects with NoDaemon when none runs. */
  async control(): Promise<ControlClient> {
    if (this.#client) return this.#client;
    const [{ connect }, { ensureFolders }, paths] = await Promise.all([
      import('../control/client.js'),
      import('../system/paths.js'),
      this.paths(),
    ]);
    // Also closes the socket's folder to others, so that nobody else can be lying in wait there.
    ensureFolders(paths);
    this.#client = connect(paths.socket);
    return this.#client;
  }

  /** Prints a result: `data` with `--json`, else the text, which is made only when it is needed. */
  async print(data: unknown, text: () => string | Promise<string>): Promise<void> {
    if (this.json) this.document(data);
    else this.line(await text());
  }

  /** Prints what was done, in the daemon's words. */
  printDone(done: WireDone): Promise<void> {
    return this.print(done, () => sentence(done.message));
  }

  /** Prints a result made of rows: `data` with `--json`, else a table, or a sentence when there is nothing in it. */
  async printTable(data: unknown, content: TableContent): Promise<void> {
    await this.print(data, () => this.tableText(content));
  }

  /** The text of a table (see table.ts). */
  async tableText({ headings, rows, none }: TableContent): Promise<string> {
    if (rows.length === 0) return none;
    const { table } = await import('./table.js');
    const { stdout } = this.context;
    return table(headings, rows, this.paint, stdout.isTTY ? stdout.columns : undefined);
  }

  /** Writes one JSON document to stdout. */
  document(data: unknown): void {
    this.context.stdout.write(`${JSON.stringify(data, null, 2)}\n`);
  }

  /** Writes a line, or several, to stdout. */
  line(text: string): void {
    this.context.stdout.write(`${text}\n`);
  }

  /** Tells the user something that is not the result: on stderr, and not with `--json`. */
  note(text: string): void {
    if (!this.json) this.context.stderr.write(`${text}\n`);
  }

  /** Tells of a failure, in the form documented in failure.ts. */
  report(failure: Failure): void {
    const { code, message, hint } = failure;
    if (this.json)
      this.context.stderr.write(`${JSON.stringify({ error: { code, message, hint: hint ?? null } })}\n`);
    else {
      const { red } = paintFor(wantsColour(this.context.stderr, this.context.env));
      this.context.stderr.write(`${red('cloudnap:')} ${message}\n${hint === undefined ? '' : `  ${hint}\n`}`);
    }
  }
}

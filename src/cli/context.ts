/**
 * What commands need and main hands in: the outside world, and what boots or reads rooms that the CLI does not
 * know. Everything heavy is behind a function, so that `cloudnap status` loads none of it.
 */

import type { Autostart } from '../core/autostart.js';
import type { SettingView } from '../core/desk.js';
import type { Clock } from '../core/instant.js';
import type { FileFault } from '../core/registry.js';
import type { DemoView } from './demo-view.js';
import type { Input, Output } from './output.js';

/** How a foreground daemon ended. */
export type DaemonEnd =
  | { readonly kind: 'ended'; readonly exitCode: number }
  /** Another one holds this home; `pid` is undefined when it has not written it yet. */
  | { readonly kind: 'already-running'; readonly pid: number | undefined };

/** A sign-in that was opened by itself, or could not be. */
export interface SignInOffer {
  /** Why nobody is signed in. */
  readonly problem: string;
  /** Of the dashboard; undefined: it is off. */
  readonly address: string | undefined;
  /** Whether a browser was found for it. */
  readonly opened: boolean;
}

/** How a foreground daemon shows its log on stderr, besides writing it to its file. */
export type LogShown = 'pretty' | 'json' | 'not at all';

/** A key in a config file that means nothing to us: kept, without effect, and told. */
export interface UnknownKey {
  /** The file's name without its folder. */
  readonly file: string;
  /** Dotted, with a "did you mean" where one is close. */
  readonly key: string;
}

/** The config files without a daemon. */
export interface LocalConfig {
  /** Every key there is, in the order of the reference. */
  keys(): readonly SettingView[];
  /** What is wrong with settings.json and services.yaml as they are on disk. */
  faults(): readonly FileFault[];
  /** Keys that mean nothing to us, in either file. */
  unknownKeys(): readonly UnknownKey[];
  /**
   * Sets one key in settings.json, to a value or from text as typed: JSON, or a string where the key is one. A
   * running daemon takes it up by itself.
   * @throws CommandError BAD_REQUEST (no such key, not a value for it), REFUSED (the file is broken).
   */
  set(key: string, value: unknown): Promise<SettingView>;
}

export interface CliContext {
  readonly version: string;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly stdin: Input;
  readonly env: NodeJS.ProcessEnv;
  readonly clock: Clock;
  /** How this program is started anew: `node bin/cloudnap`, or a single executable alone. */
  readonly launch: { readonly command: string; readonly args: readonly string[] };
  /**
   * Runs a daemon in this process until it is asked to end or signalled. With `onSignInOffered` it opens the sign-in in
   * the browser when no credentials work, and tells what came of that.
   */
  runDaemon(options: {
    home: string | undefined;
    shown: LogShown;
    onSignInOffered?: ((offer: SignInOffer) => void) | undefined;
  }): Promise<DaemonEnd>;
  /** Runs the sandbox demo, drawn by `view`; resolves with the exit code. */
  runDemo(
    options: { home: string | undefined; keep: boolean; scripted: boolean },
    view: DemoView,
  ): Promise<number>;
  /** Wipes saved keys of a home where no daemon runs; resolves to what was done. */
  signOut(home: string | undefined): Promise<string>;
  /** Opens a file in the person's browser. Resolves to whether one was found; it may yet fail to start. */
  openInBrowser(path: string): Promise<boolean>;
  /** Starting at login, of the daemon of this home. */
  autostart(home: string | undefined): Promise<Autostart>;
  /** Reads the config files of a home. */
  localConfig(home: string | undefined): Promise<LocalConfig>;
}

/** The port to starting by itself: the daemon of one home, started when the person logs in. */

/** What starts it: a systemd user unit, an XDG autostart entry, a macOS LaunchAgent, or Windows' Run key. */
export type AutostartKind = 'systemd' | 'xdg-autostart' | 'launch-agent' | 'run-key';

/** What is there, as it was read now. */
export interface AutostartEntry {
  readonly kind: AutostartKind;
  /** The file, or the key of the Windows registry. */
  readonly where: string;
  /** The command in it, in the spelling of its kind. */
  readonly command: string;
  /** What that command starts. `another program` is also this one before it was moved or its Node was updated. */
  readonly starts: 'this program' | 'another home' | 'another program';
  /** `desktop`: with the desktop session. `login`: with the first login of any kind, and without a display. */
  readonly when: 'desktop' | 'login';
}

export interface AutostartStatus {
  /** Whether something starts at the next login. An entry may be there and switched off. */
  readonly enabled: boolean;
  readonly entry: AutostartEntry | undefined;
  /** False where it is written from the documentation of the OS alone and was never tried. */
  readonly tried: boolean;
}

/** Every call may be made at any time and again. None starts or ends a daemon now. */
export interface Autostart {
  /** Reads what is there; changes nothing. */
  status(): Promise<AutostartStatus>;
  /**
   * Writes the entry anew, in the one place that serves this session best, and removes those in other places.
   * @throws CommandError REFUSED when it cannot be written; then nothing of it is left behind.
   */
  enable(): Promise<AutostartStatus>;
  /**
   * Removes every entry.
   * @throws CommandError REFUSED when one cannot be removed.
   */
  disable(): Promise<AutostartStatus>;
}

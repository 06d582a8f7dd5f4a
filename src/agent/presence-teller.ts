/** Tells every change of presence, once, and remembers since when it is so. */
import type { PresenceState } from '../core/control.js';
import type { Clock } from '../core/instant.js';
import type { Journal } from './journal.js';
import type { LeaseBook } from './lease-book.js';

const NO_SENSOR = 'No sensor that could tell your return works';
const NO_SETTINGS = 'The settings could not be read since the start, so what counts as presence is not known';

const TEXTS: Readonly<Record<PresenceState, string>> = {
  present: 'Somebody is there.',
  away: 'Away: nothing has renewed presence for its timeout, or a nap was asked for.',
  locked: 'The session is locked.',
  unknown: 'Presence is unknown: nothing is napped.',
};

export interface PresenceTellerPorts {
  readonly clock: Clock;
  readonly journal: Journal;
  readonly book: LeaseBook;
  /** Whether the settings have been readable since the start. */
  readonly configured: () => boolean;
  /** Hears of every change. */
  readonly told: (state: PresenceState) => void;
}

export class PresenceTeller {
  readonly #ports: PresenceTellerPorts;
  #told: { readonly state: PresenceState; readonly since: number } | undefined;

  constructor(ports: PresenceTellerPorts) {
    this.#ports = ports;
  }

  /** Wall milliseconds the state told last began at. */
  since(): number {
    return this.#told?.since ?? this.#ports.clock.now().wall;
  }

  /** Whether somebody who was there until now is about to be told to be away. */
  isLeaving(): boolean {
    const { book, clock } = this.#ports;
    return this.#told?.state === 'present' && clock.now().boot >= book.leavesAt();
  }

  /** Called wherever a change may have come about, so that it is told at once. Returns whether there was one. */
  update(): boolean {
    const { book, clock, configured, journal, told } = this.#ports;
    const state = book.state();
    if (this.#told?.state === state) return false;
    this.#told = { state, since: clock.now().wall };
    journal.stand(
      'presence-unknown',
      state === 'unknown' ? `${configured() ? NO_SENSOR : NO_SETTINGS}: nothing is napped.` : undefined,
      configured()
        ? 'Run "cloudnap doctor" to see what each sensor needs.'
        : 'Mend settings.json; then every service gets one full timeout.',
    );
    journal.tell('presence', TEXTS[state]);
    told(state);
    return true;
  }
}

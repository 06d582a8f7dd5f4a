import { Unavailable } from '../../core/errors.js';
/**
 * The server's idle counter of all keyboards or of all pointing devices, which is their master device's. The
 * counters of the devices behind it tell use from a program that sets every counter back.
 */

import type { XConnection } from './connection.js';

/** Counters set back by one request differ by no more than this when they are read in one batch. */
const TOGETHER_MS = 8;

export interface Reading {
  /** Milliseconds since the last use, or since a program set the counters back. */
  readonly idleMs: number;
  /**
   * All devices of the kind have been idle for equally long: a program set them back at once, as a video player does to
   * keep the screen on. Whether one was used before that can no longer be told.
   */
  readonly forced: boolean;
}

export class InputDevices {
  /** The counter that falls when a device of this kind is used, in milliseconds. */
  readonly master: number;
  readonly #slaves: readonly number[];
  readonly #connection: XConnection;

  private constructor(connection: XConnection, master: number, slaves: readonly number[]) {
    this.#connection = connection;
    this.master = master;
    this.#slaves = slaves;
  }

  /**
   * Takes the first master of the kind, the one every ordinary desktop has; a second seat's is not followed.
   * @throws Unavailable when the server does not count per device.
   */
  static async of(connection: XConnection, kind: 'keyboard' | 'pointer'): Promise<InputDevices> {
    const [devices, counters] = await Promise.all([connection.devices(), connection.systemCounters()]);
    const countersOf = (chosen: typeof devices) =>
      chosen.flatMap(({ id }) => counters.get(`DEVICEIDLETIME ${id}`) ?? []);
    const [master] = countersOf(devices.filter((device) => device.master && device.kind === kind));
    if (master === undefined) {
      throw new Unavailable(
        `the X server keeps no idle time for its ${kind}`,
        'use an X server that counts DEVICEIDLETIME (X.Org 1.10 or later), or switch the sensor off in settings.json',
      );
    }
    const slaves = devices.filter((device) => !device.master);
    const own = countersOf(slaves.filter((device) => device.kind === kind));
    // Real input touches one of them, a reset all. Where there is but one, the other kind's have to tell.
    return new InputDevices(connection, master, own.length > 1 ? own : countersOf(slaves));
  }

  async read(): Promise<Reading> {
    const values = await Promise.all(
      [this.master, ...this.#slaves].map((counter) => this.#connection.counterValue(counter)),
    );
    // The counter of a device that was unplugged is gone; one plugged in since shows in the master's alone.
    const present = values.filter((value) => value !== undefined);
    return {
      idleMs: values[0] ?? Number.POSITIVE_INFINITY,
      forced: Math.max(...present) - Math.min(...present) <= TOGETHER_MS,
    };
  }
}

/**
 * When a person last touched a keyboard or a pointing device, from the server's per-device idle counters. A
 * master device's counter is watched; the slaves' tell a hand from a program, which can reset the masters.
 */
import { SensorUnavailable } from '../../core/sensor.js';
import type { XConnection } from './connection.js';

/** Counters reset by one request differ by no more than this when they are read one after the other. */
const TOGETHER_MS = 20;

export interface Reading {
  /** Milliseconds since a device of this kind was touched; infinite when there is none. */
  readonly ageMs: number;
  /** The value of the watched counter: a program may have reset it. */
  readonly masterMs: number;
  /**
   * All devices at once were set back, as a video player does to keep the screen on. When a device was touched
   * before that can no longer be told; `ageMs` is then the age of the reset.
   */
  readonly forced: boolean;
}

interface Counters {
  readonly master: number;
  readonly slaves: readonly { readonly counter: number; readonly ofKind: boolean }[];
}

export class InputDevices {
  readonly #connection: XConnection;
  readonly #kind: 'keyboard' | 'pointer';
  #counters: Counters;

  private constructor(connection: XConnection, kind: 'keyboard' | 'pointer', counters: Counters) {
    this.#connection = connection;
    this.#kind = kind;
    this.#counters = counters;
  }

  /** @throws SensorUnavailable when the server does not count per device. */
  static async of(connection: XConnection, kind: 'keyboard' | 'pointer'): Promise<InputDevices> {
    return new InputDevices(connection, kind, await findCounters(connection, kind));
  }

  /** The counter that falls when a device of this kind is used, in milliseconds. */
  get master(): number {
    return this.#counters.master;
  }

  async read(): Promise<Reading> {
    const reading = await this.#readKnown();
    if (reading.ageMs - reading.masterMs <= TOGETHER_MS) return reading;
    // No device known here was touched: a program moved the pointer, or a device was plugged in meanwhile.
    this.#counters = await findCounters(this.#connection, this.#kind);
    return this.#readKnown();
  }

  async #readKnown(): Promise<Reading> {
    const { master, slaves } = this.#counters;
    const counters = [master, ...slaves.map(({ counter }) => counter)];
    const [masterMs = Number.POSITIVE_INFINITY, ...values] = await Promise.all(
      counters.map((counter) => this.#connection.counterValue(counter)),
    );
    const ages = values.map((value) => value ?? Number.POSITIVE_INFINITY);
    const present = ages.filter(Number.isFinite);
    return {
      ageMs: Math.min(...ages.filter((_, i) => slaves[i]?.ofKind), Number.POSITIVE_INFINITY),
      masterMs,
      forced: Math.max(...present) - Math.min(masterMs, ...present) <= TOGETHER_MS,
    };
  }
}

/** The first master of the kind is the one every ordinary desktop has; a second seat's is not followed. */
async function findCounters(connection: XConnection, kind: 'keyboard' | 'pointer'): Promise<Counters> {
  const [devices, counters] = await Promise.all([connection.devices(), connection.systemCounters()]);
  const counterOf = (id: number) => counters.get(`DEVICEIDLETIME ${id}`);
  const masterDevice = devices.find((device) => device.master && device.kind === kind);
  const master = masterDevice && counterOf(masterDevice.id);
  if (master === undefined) {
    throw new SensorUnavailable(
      `the X server keeps no idle time for its ${kind}`,
      'use an X server that counts DEVICEIDLETIME (X.Org 1.10 or later), or switch the sensor off in settings.json',
    );
  }
  const slaves = devices
    .filter((device) => !device.master)
    .flatMap((device) => {
      const counter = counterOf(device.id);
      return counter === undefined ? [] : [{ counter, ofKind: device.kind === kind }];
    });
  return { master, slaves };
}

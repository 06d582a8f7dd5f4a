/**
 * One connection to an X server, as promises. Everything untyped or callback-shaped about the `x11` package
 * stays in here; so does the question of when a connection counts as lost.
 */
import { readFile } from 'node:fs/promises';
import type { Reply, SyncExtension, XClient, XDisplay, XError, XEvent, XInputExtension } from 'x11';
import type { Clock } from '../../core/instant.js';
import { SensorUnavailable } from '../../core/sensor.js';

/** An X server answers within milliseconds, but another program may hold it grabbed for a moment. */
const ANSWER_WITHIN_MS = 5_000;

const CURE_CONNECT =
  'check that the X server of DISPLAY runs, and that XAUTHORITY (or ~/.Xauthority) lets this user in';
const CURE_EXTENSION =
  'use an X server that has it, as Xorg and Xvfb do, or switch the sensor off in settings.json';

/** What a sensor says when its connection is gone: nothing can be done but to wait for the server. */
export const CURE_LOST = 'none needed: it is tried again until the X server answers';

interface ConnectOptions {
  /** As in `DISPLAY`. */
  readonly display: string;
  readonly clock: Clock;
  /** The server hung up, reset or no longer answers. At most once, and not after `close`. */
  readonly onLost: (reason: string) => void;
}

/** A moment at which the level of a counter is crossed; `falls` is idle becoming active. */
type Transition = 'falls' | 'rises';

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** An input device. A master stands for all the slaves attached to it; a floating one drives none. */
interface Device {
  readonly id: number;
  readonly master: boolean;
  readonly kind: 'keyboard' | 'pointer' | 'floating';
}

/**
 * Connects and authenticates as Xlib does, with the cookie in `XAUTHORITY` or `~/.Xauthority`.
 * @throws SensorUnavailable when there is no server or it refuses.
 */
export async function connectX11(options: ConnectOptions): Promise<XConnection> {
  await checkXauthority();
  const { default: x11 } = await import('x11');
  const display = await new Promise<XDisplay>((resolve, reject) => {
    let settled = false;
    const fail = (error: unknown) => {
      if (settled) return;
      settled = true;
      cancel();
      const why = error instanceof Error ? error.message : String(error);
      reject(
        new SensorUnavailable(
          `no connection to the X server at ${options.display}: ${why}`,
          CURE_CONNECT,
          error,
        ),
      );
    };
    const cancel = options.clock.after(ANSWER_WITHIN_MS, () => {
      fail(new Error('it does not answer'));
      client?.stream?.destroy();
    });
    let client: XClient | undefined;
    try {
      // Requests made in one go leave in one write, so that counters read together are of one moment.
      client = x11.createClient(
        {
          display: options.display,
          shm: false,
          disableBigRequests: true,
          bufferRequests: { flushOnReply: false },
        },
        (error, connected) => {
          // A connection that comes up after we gave up on it must not stay open.
          if (settled) return void connected?.client.stream?.destroy();
          if (error) return fail(error);
          settled = true;
          cancel();
          resolve(connected);
        },
      );
      client.on('error', fail);
    } catch (error) {
      fail(error);
    }
  });
  return new XConnection(display, x11.eventMask.PropertyChange, options);
}

/** The package throws where nobody can catch when the file is there but cannot be read; so look first. */
async function checkXauthority(): Promise<void> {
  const file = process.env.XAUTHORITY;
  if (!file) return;
  try {
    await readFile(file);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return;
    throw new SensorUnavailable(`XAUTHORITY names a file that cannot be read: ${file}`, CURE_CONNECT, error);
  }
}

/** A live connection. Every request rejects once the connection is lost or closed. */
export class XConnection {
  readonly root: number;
  readonly #client: XClient;
  readonly #propertyChangeMask: number;
  readonly #clock: Clock;
  readonly #onLost: (reason: string) => void;
  readonly #pending = new Set<(error: Error) => void>();
  readonly #alarms = new Map<number, () => void>();
  readonly #listeners: ((event: XEvent) => void)[] = [];
  /** The first error the server sent to a request that has no reply, until {@link settle} hands it over. */
  #refused: XError | undefined;
  #syncExtension: Promise<SyncExtension> | undefined;
  #xinputExtension: Promise<XInputExtension> | undefined;
  #ended = false;

  constructor(display: XDisplay, propertyChangeMask: number, options: ConnectOptions) {
    this.#client = display.client;
    this.#propertyChangeMask = propertyChangeMask;
    this.#clock = options.clock;
    this.#onLost = options.onLost;
    this.root = (display.screen[Number(this.#client.screenNum)] ?? display.screen[0])?.root ?? 0;
    this.#client.on('error', (error) => {
      // The server's errors concern one request and harm nobody else: a window that is gone, for example.
      if (typeof error.error === 'number') this.#refused ??= error;
      else this.#lose(`the connection to the X server broke: ${error.message}`);
    });
    this.#client.on('end', () => this.#lose('the X server closed the connection'));
    this.#client.stream?.on('close', () => this.#lose('the X server closed the connection'));
    this.#client.on('event', (event) => {
      if (this.#ended) return;
      if (event.alarm !== undefined) this.#alarms.get(event.alarm)?.();
      for (const listener of this.#listeners) listener(event);
    });
  }

  hasExtension(name: string): Promise<boolean> {
    return this.#ask<{ present: number }>((reply) => this.#client.QueryExtension(name, reply)).then(
      (extension) => extension.present !== 0,
    );
  }

  /** The input devices the server has now. */
  async devices(): Promise<readonly Device[]> {
    const xinput = await this.#loadXInput();
    const { MasterKeyboard, MasterPointer, SlaveKeyboard, SlavePointer } = xinput.DeviceType;
    const devices = await this.#ask<readonly { deviceId: number; use: number }[]>((reply) =>
      xinput.XIQueryDevice(xinput.AllDevices, reply),
    );
    return devices.map(({ deviceId, use }) => ({
      id: deviceId,
      master: use === MasterKeyboard || use === MasterPointer,
      kind:
        use === MasterKeyboard || use === SlaveKeyboard
          ? 'keyboard'
          : use === MasterPointer || use === SlavePointer
            ? 'pointer'
            : 'floating',
    }));
  }

  /** The server's own counters by name. */
  async systemCounters(): Promise<ReadonlyMap<string, number>> {
    const sync = await this.#loadSync();
    const counters = await this.#ask<readonly { counter: number; name: string }[]>((reply) =>
      sync.ListSystemCounters(reply),
    );
    return new Map(counters.map(({ name, counter }) => [name, counter]));
  }

  /** Resolves to undefined when the counter is gone, as a device's is once it has been unplugged. */
  async counterValue(counter: number): Promise<number | undefined> {
    const sync = await this.#loadSync();
    return this.#ask<number>((reply) => sync.QueryCounter(counter, reply)).catch((error: XError) => {
      if (typeof error.error === 'number') return undefined;
      throw error;
    });
  }

  /** Calls `fn` each time the counter crosses `level`. Not while it stays on one side. */
  async onCounter(counter: number, transition: Transition, level: number, fn: () => void): Promise<void> {
    const sync = await this.#loadSync();
    const { PositiveTransition, NegativeTransition } = sync.TestType;
    const alarm = this.#client.AllocID();
    this.#alarms.set(alarm, fn);
    sync.CreateAlarm(alarm, {
      counter,
      valueType: sync.ValueType.Absolute,
      value: level,
      testType: transition === 'rises' ? PositiveTransition : NegativeTransition,
      delta: 0,
      events: 1,
    });
  }

  /** Calls `fn` for every press of a button, turn of the wheel and touch; silent on motion and on keys. */
  async onPress(fn: () => void): Promise<void> {
    const xinput = await this.#loadXInput();
    this.#listeners.push((event) => {
      if (event.name === 'XIRawButtonPress' || event.name === 'XIRawTouchBegin') fn();
    });
    const mask = ['RawButtonPress', 'RawTouchBegin'];
    xinput.XISelectEvents(this.root, { deviceId: xinput.AllMasterDevices, mask });
  }

  /** Calls `fn` each time a property of the root window is set, whether or not its value differs. */
  onRootProperty(property: number, fn: () => void): void {
    this.#listeners.push((event) => {
      if (event.name === 'PropertyNotify' && event.wid === this.root && event.atom === property) fn();
    });
    this.#client.ChangeWindowAttributes(this.root, { eventMask: this.#propertyChangeMask });
  }

  atom(name: string): Promise<number> {
    return this.#ask((reply) => this.#client.InternAtom(false, name, reply));
  }

  /** The window a property names; undefined when it names none or its owner is gone. */
  async windowProperty(owner: number, property: number): Promise<number | undefined> {
    const anyType = 0;
    return this.#ask<{ data: Buffer }>((reply) =>
      this.#client.GetProperty(0, owner, property, anyType, 0, 1, reply),
    ).then(
      ({ data }) => (data.length >= 4 ? data.readUInt32LE(0) : 0) || undefined,
      (error: XError) => {
        if (typeof error.error === 'number') return undefined;
        throw error;
      },
    );
  }

  /** Where the pointer is, in pixels of the root window. */
  pointer(): Promise<Point> {
    return this.#ask<{ rootX: number; rootY: number }>((reply) =>
      this.#client.QueryPointer(this.root, reply),
    ).then(({ rootX, rootY }) => ({ x: rootX, y: rootY }));
  }

  /** Resolves when the server has dealt with all that was asked and every event before that is delivered. */
  async sync(): Promise<void> {
    await this.#ask((reply) => this.#client.GetInputFocus(reply));
  }

  /** As {@link sync}, but rejects when the server has refused a request that has no reply of its own. */
  async settle(): Promise<void> {
    await this.sync();
    const refused = this.#refused;
    this.#refused = undefined;
    if (refused) throw refused;
  }

  /** Frees everything on both sides: the server drops what a client made when it hangs up. Idempotent. */
  close(): void {
    this.#end('the connection was closed');
  }

  #loadSync(): Promise<SyncExtension> {
    this.#syncExtension ??= this.#extension('SYNC', (reply) => this.#client.require('sync', reply));
    return this.#syncExtension;
  }

  async #loadXInput(): Promise<XInputExtension> {
    this.#xinputExtension ??= this.#extension('XInputExtension', (reply) =>
      this.#client.require('xinput', reply),
    );
    const xinput = await this.#xinputExtension;
    if (xinput.xi2 === null) throw new SensorUnavailable('the X server has no XInput 2', CURE_EXTENSION);
    return xinput;
  }

  /** Asks first: the package dereferences nothing when a server lacks what it is to load. */
  async #extension<T>(name: string, load: (reply: Reply<T>) => void): Promise<T> {
    if (await this.hasExtension(name)) return this.#ask(load);
    throw new SensorUnavailable(`the X server has no ${name} extension`, CURE_EXTENSION);
  }

  #ask<T>(send: (reply: Reply<T>) => void): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#ended) return reject(new Error('the connection is closed'));
      const settle = () => {
        cancel();
        this.#pending.delete(fail);
      };
      const fail = (error: Error) => {
        settle();
        reject(error);
      };
      const cancel = this.#clock.after(ANSWER_WITHIN_MS, () => this.#lose('the X server does not answer'));
      this.#pending.add(fail);
      send((error, value) => {
        if (error) fail(error);
        else {
          settle();
          resolve(value);
        }
        return true;
      });
    });
  }

  #lose(reason: string): void {
    if (this.#end(reason)) this.#onLost(reason);
  }

  #end(reason: string): boolean {
    if (this.#ended) return false;
    this.#ended = true;
    this.#alarms.clear();
    this.#listeners.length = 0;
    for (const reject of [...this.#pending]) reject(new Error(reason));
    this.#client.stream?.destroy();
    return true;
  }
}

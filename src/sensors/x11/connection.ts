/**
 * One connection to an X server, as promises. What is callback-shaped about the `x11` package is turned into
 * them in here; so is decided when a connection counts as lost.
 */
import type { Reply, SyncExtension, XClient, XDisplay, XError, XEvent, XInputExtension } from 'x11';
import { Unavailable } from '../../core/errors.js';
import type { Clock } from '../../core/instant.js';

/** An X server answers within milliseconds, but another program may hold it grabbed for a moment. */
export const ANSWER_WITHIN_MS = 5_000;

const CURE_EXTENSION =
  'use an X server that has it, as Xorg and Xvfb do, or switch the sensor off in settings.json';

/** What a sensor says when its connection is gone: nothing can be done but to wait for the server. */
export const CURE_LOST = 'none needed: it is tried again until the X server answers';

export interface ConnectOptions {
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

export interface Size {
  readonly width: number;
  readonly height: number;
}

type RootMasks = Readonly<Record<'PropertyChange' | 'StructureNotify', number>>;

/** An input device. A master stands for all the slaves attached to it; a floating one drives none. */
interface Device {
  readonly id: number;
  readonly master: boolean;
  readonly kind: 'keyboard' | 'pointer' | 'floating';
}

/** A live connection. Every request rejects once the connection is lost or closed. */
export class XConnection {
  readonly root: number;
  /** For requests that have no reply; those that have one go through {@link XConnection.ask}. */
  readonly client: XClient;
  readonly #masks: RootMasks;
  readonly #clock: Clock;
  readonly #onLost: (reason: string) => void;
  readonly #pending = new Set<(error: Error) => void>();
  readonly #alarms = new Map<number, () => void>();
  readonly #listeners: ((event: XEvent) => void)[] = [];
  /** The first error the server sent to a request that has no reply, until {@link settle} hands it over. */
  #refused: XError | undefined;
  #syncExtension: Promise<SyncExtension> | undefined;
  #xinputExtension: Promise<XInputExtension> | undefined;
  /** The events of the root window asked for, and its size in pixels. */
  #rootMask = 0;
  #rootSize: Size;
  #ended = false;

  constructor(display: XDisplay, masks: RootMasks, options: ConnectOptions) {
    this.client = display.client;
    this.#masks = masks;
    this.#clock = options.clock;
    this.#onLost = options.onLost;
    const screen = display.screen[Number(this.client.screenNum)] ?? display.screen[0];
    this.root = screen?.root ?? 0;
    this.#rootSize = { width: screen?.pixel_width ?? 0, height: screen?.pixel_height ?? 0 };
    this.client.on('error', (error) => {
      // The server's errors concern one request and harm nobody else: a window that is gone, for example.
      if (typeof error.error === 'number') this.#refused ??= error;
      else this.#lose(`the connection to the X server broke: ${error.message}`);
    });
    this.client.on('end', () => this.#lose('the X server closed the connection'));
    this.client.stream?.on('close', () => this.#lose('the X server closed the connection'));
    this.client.on('event', (event) => {
      if (this.#ended) return;
      if (event.alarm !== undefined) this.#alarms.get(event.alarm)?.();
      for (const listener of this.#listeners) listener(event);
    });
  }

  hasExtension(name: string): Promise<boolean> {
    return this.ask<{ present: number }>((reply) => this.client.QueryExtension(name, reply)).then(
      (extension) => extension.present !== 0,
    );
  }

  /** The input devices the server has now. */
  async devices(): Promise<readonly Device[]> {
    const xinput = await this.#loadXInput();
    const { MasterKeyboard, MasterPointer, SlaveKeyboard, SlavePointer } = xinput.DeviceType;
    const devices = await this.ask<readonly { deviceId: number; use: number }[]>((reply) =>
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
    const counters = await this.ask<readonly { counter: number; name: string }[]>((reply) =>
      sync.ListSystemCounters(reply),
    );
    return new Map(counters.map(({ name, counter }) => [name, counter]));
  }

  /** Resolves to undefined when the counter is gone, as a device's is once it has been unplugged. */
  async counterValue(counter: number): Promise<number | undefined> {
    const sync = await this.#loadSync();
    return this.askIfThere<number>((reply) => sync.QueryCounter(counter, reply));
  }

  /** Calls `fn` each time the counter crosses `level`. Not while it stays on one side. */
  async onCounter(counter: number, transition: Transition, level: number, fn: () => void): Promise<void> {
    const sync = await this.#loadSync();
    const { PositiveTransition, NegativeTransition } = sync.TestType;
    const alarm = this.client.AllocID();
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
    this.onEvent((event) => {
      if (event.name === 'XIRawButtonPress' || event.name === 'XIRawTouchBegin') fn();
    });
    const mask = ['RawButtonPress', 'RawTouchBegin'];
    xinput.XISelectEvents(this.root, { deviceId: xinput.AllMasterDevices, mask });
  }

  /** Calls `fn` each time a property of the root window is set, whether or not its value differs. */
  onRootProperty(property: number, fn: () => void): void {
    this.onEvent((event) => {
      if (event.name === 'PropertyNotify' && event.wid === this.root && event.atom === property) fn();
    });
    this.#selectOnRoot(this.#masks.PropertyChange);
  }

  /** The size of the root window, which is that of all monitors together, followed from the first call on. */
  followSize(): () => Size {
    this.onEvent(({ name, wid, width = 0, height = 0 }) => {
      if (name === 'ConfigureNotify' && wid === this.root) this.#rootSize = { width, height };
    });
    this.#selectOnRoot(this.#masks.StructureNotify);
    return () => this.#rootSize;
  }

  /** Calls `fn` for every event, until the connection ends. */
  onEvent(fn: (event: XEvent) => void): void {
    this.#listeners.push(fn);
  }

  atom(name: string): Promise<number> {
    return this.ask((reply) => this.client.InternAtom(false, name, reply));
  }

  /** The window a property names; undefined when it names none or its owner is gone. */
  async windowProperty(owner: number, property: number): Promise<number | undefined> {
    const data = await this.property(owner, property, 1);
    return (data.length >= 4 ? data.readUInt32LE(0) : 0) || undefined;
  }

  /** The first `words` times four bytes of a property; none when there is no such property or window. */
  async property(owner: number, property: number, words: number): Promise<Buffer> {
    const anyType = 0;
    const value = await this.askIfThere<{ data: Buffer }>((reply) =>
      this.client.GetProperty(0, owner, property, anyType, 0, words, reply),
    );
    return value?.data ?? Buffer.alloc(0);
  }

  /** Where the pointer is, in pixels of the root window. */
  pointer(): Promise<Point> {
    return this.ask<{ rootX: number; rootY: number }>((reply) =>
      this.client.QueryPointer(this.root, reply),
    ).then(({ rootX, rootY }) => ({ x: rootX, y: rootY }));
  }

  /** Resolves when the server has dealt with all that was asked and every event before that is delivered. */
  async sync(): Promise<void> {
    await this.ask((reply) => this.client.GetInputFocus(reply));
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

  /** A client has one mask for each window: what is asked for is added to it. */
  #selectOnRoot(mask: number): void {
    this.#rootMask |= mask;
    this.client.ChangeWindowAttributes(this.root, { eventMask: this.#rootMask });
  }

  #loadSync(): Promise<SyncExtension> {
    this.#syncExtension ??= this.extension('SYNC', (reply) => this.client.require('sync', reply));
    return this.#syncExtension;
  }

  async #loadXInput(): Promise<XInputExtension> {
    this.#xinputExtension ??= this.extension('XInputExtension', (reply) =>
      this.client.require('xinput', reply),
    );
    const xinput = await this.#xinputExtension;
    if (xinput.xi2 === null) throw new Unavailable('the X server has no XInput 2', CURE_EXTENSION);
    return xinput;
  }

  /**
   * Loads an extension, after asking for it: the package dereferences nothing when a server lacks it.
   * @throws Unavailable when the server does not have it.
   */
  async extension<T>(name: string, load: (reply: Reply<T>) => void): Promise<T> {
    if (await this.hasExtension(name)) return this.ask(load);
    throw new Unavailable(`the X server has no ${name} extension`, CURE_EXTENSION);
  }

  /** Makes a request; rejects with the server's error, or when no answer comes. */
  ask<T>(send: (reply: Reply<T>) => void): Promise<T> {
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

  /** As {@link ask}, but undefined when the server refuses: what is asked about is gone. */
  askIfThere<T>(send: (reply: Reply<T>) => void): Promise<T | undefined> {
    return this.ask(send).catch((error: XError) => {
      if (typeof error.error === 'number') return undefined;
      throw error;
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
    this.client.stream?.destroy();
    return true;
  }
}

/**
 * Types for the part of the `x11` package used here; it ships none. What is written down is what was read in
 * its source (4.2.2), nothing more.
 */
declare module 'x11' {
  /** Returns true when an error was handled; otherwise the client emits it as `error`. */
  export type Reply<T> = (error: XError | null | undefined, value: T) => boolean | undefined;

  /** Numbered errors are the server's answer to a request; others come from the stream. */
  export interface XError extends Error {
    /** The protocol's error code, only on an error the server sent. */
    readonly error?: number;
  }

  export interface XEvent {
    readonly name?: string;
    /** PropertyNotify: the window it happened on, and the property. */
    readonly wid?: number;
    readonly atom?: number;
    /** AlarmNotify. */
    readonly alarm?: number;
    /** DamageNotify: the damage that is no longer empty. */
    readonly damage?: number;
    /** ConfigureNotify. */
    readonly width?: number;
    readonly height?: number;
  }

  export interface XClient {
    readonly screenNum: number | string;
    /** Undefined until the stream is connected. */
    readonly stream?: import('node:net').Socket;
    on(event: 'error', listener: (error: XError) => void): this;
    on(event: 'end', listener: () => void): this;
    on(event: 'event', listener: (event: XEvent) => void): this;
    require(name: 'sync', reply: Reply<SyncExtension>): void;
    require(name: 'xinput', reply: Reply<XInputExtension>): void;
    require(name: 'damage', reply: Reply<DamageExtension>): void;
    require(name: 'fixes', reply: Reply<FixesExtension>): void;
    AllocID(): number;
    QueryExtension(name: string, reply: Reply<{ readonly present: number }>): void;
    InternAtom(onlyIfExists: boolean, name: string, reply: Reply<number>): void;
    GetProperty(
      remove: number,
      window: number,
      property: number,
      type: number,
      offset: number,
      length: number,
      reply: Reply<{ readonly data: Buffer }>,
    ): void;
    ChangeWindowAttributes(window: number, values: { readonly eventMask: number }): void;
    /** The window that owns a selection; 0 for none. */
    GetSelectionOwner(selection: number, reply: Reply<number>): void;
    QueryTree(
      window: number,
      reply: Reply<{ readonly parent: number; readonly children: readonly number[] }>,
    ): void;
    /** The position is that within the parent; the size is without the border. */
    GetGeometry(drawable: number, reply: Reply<{ readonly width: number; readonly height: number }>): void;
    GetWindowAttributes(window: number, reply: Reply<{ readonly mapState: number }>): void;
    TranslateCoordinates(
      from: number,
      to: number,
      x: number,
      y: number,
      reply: Reply<{ readonly destX: number; readonly destY: number }>,
    ): void;
    QueryPointer(window: number, reply: Reply<{ readonly rootX: number; readonly rootY: number }>): void;
    GetInputFocus(reply: Reply<unknown>): void;
  }

  export interface SyncExtension {
    readonly ValueType: { readonly Absolute: number };
    readonly TestType: { readonly PositiveTransition: number; readonly NegativeTransition: number };
    ListSystemCounters(reply: Reply<readonly { readonly counter: number; readonly name: string }[]>): void;
    QueryCounter(counter: number, reply: Reply<number>): void;
    CreateAlarm(
      id: number,
      values: {
        readonly counter: number;
        readonly valueType: number;
        readonly value: number;
        readonly testType: number;
        readonly delta: number;
        readonly events: number;
      },
    ): void;
  }

  export interface XInputExtension {
    /** Null on a server older than XInput 2. */
    readonly xi2: object | null;
    readonly DeviceType: Readonly<
      Record<'MasterPointer' | 'MasterKeyboard' | 'SlavePointer' | 'SlaveKeyboard' | 'FloatingSlave', number>
    >;
    readonly AllDevices: number;
    readonly AllMasterDevices: number;
    XIQueryDevice(
      device: number,
      reply: Reply<readonly { readonly deviceId: number; readonly use: number }[]>,
    ): void;
    XISelectEvents(
      window: number,
      selection: { readonly deviceId: number; readonly mask: readonly string[] },
    ): void;
  }

  export interface DamageExtension {
    readonly ReportLevel: { readonly NonEmpty: number };
    Create(id: number, drawable: number, level: number): void;
    /** Moves the part of the damage inside `repair` to `parts`; 0 for all of it, 0 for nowhere. */
    Subtract(damage: number, repair: number, parts: number): void;
    Destroy(damage: number): void;
  }

  export interface FixesExtension {
    CreateRegion(id: number, rectangles: readonly XRectangle[]): void;
    DestroyRegion(region: number): void;
    /** The rectangles of a region do not overlap. */
    FetchRegion(region: number, reply: Reply<{ readonly rectangles: readonly XRectangle[] }>): void;
  }

  export interface XRectangle {
    readonly x: number;
    readonly y: number;
    readonly width: number;
    readonly height: number;
  }

  export interface XDisplay {
    readonly client: XClient;
    readonly screen: readonly {
      readonly root: number;
      readonly pixel_width: number;
      readonly pixel_height: number;
    }[];
  }

  const x11: {
    readonly eventMask: { readonly PropertyChange: number; readonly StructureNotify: number };
    createClient(
      options: {
        readonly display: string;
        readonly shm: false;
        readonly disableBigRequests: true;
        readonly bufferRequests?: { readonly flushOnReply: boolean };
      },
      ready: (error: Error | undefined, display: XDisplay) => void,
    ): XClient;
  };
  export default x11;
}

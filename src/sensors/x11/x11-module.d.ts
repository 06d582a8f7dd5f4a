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

  export interface XDisplay {
    readonly client: XClient;
    readonly screen: readonly { readonly root: number }[];
  }

  const x11: {
    readonly eventMask: { readonly PropertyChange: number };
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

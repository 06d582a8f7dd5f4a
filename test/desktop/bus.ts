/** A real message bus for tests: a private dbus-daemon, and python-dbusmock for the services on it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { type EventEmitter, once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { Message, type MessageBus, MessageFlag, sessionBus, Variant } from '@jellybrick/dbus-next';
import { end, waitUntil } from './xserver.js';

/** Debian's own, which has python3-dbusmock; another may come first on the PATH. */
const PYTHON = '/usr/bin/python3';

const SOCKET = 'unix:path=';

const MOCK = 'org.freedesktop.DBus.Mock';

/** A method of a stand-in: name, types in, types out, and Python for its body, which sets `ret`. */
export type MockMethod = readonly [name: string, takes: string, returns: string, code: string];

/** A service on a bus, played by python-dbusmock. */
export interface MockService {
  /** Calls one of its methods, or one of the mock's own with `interface` as `MOCK`. */
  call(
    member: string,
    signature: string,
    body: readonly unknown[],
    at?: MockPlace,
  ): Promise<readonly unknown[]>;
  /** Has it emit a signal. */
  emit(member: string, signature: string, body: readonly unknown[], at?: MockPlace): Promise<void>;
  /** Sets properties, and tells of it as services do. */
  set(properties: Readonly<Record<string, Variant>>, at?: MockPlace): Promise<void>;
  /** Ends it: its name has no owner any more. */
  stop(): Promise<void>;
}

/** Where on a service: its main object and interface unless said otherwise. */
interface MockPlace {
  readonly path?: string;
  readonly interface?: string;
}

export interface MockOptions {
  readonly name: string;
  readonly path: string;
  readonly interface: string;
  /** One of dbusmock's own stand-ins, instead of an empty one. */
  readonly template?: string;
  /** The methods of one that is not a template, there from its first moment. */
  readonly methods?: readonly MockMethod[];
}

export interface TestBus {
  readonly address: string;
  /** Puts a service on the bus; resolves when its name is owned. */
  mock(options: MockOptions): Promise<MockService>;
  /** One call by a client that is neither Cloudnap nor the service. */
  call(
    to: string,
    at: Required<MockPlace>,
    member: string,
    signature?: string,
    body?: readonly unknown[],
  ): Promise<readonly unknown[]>;
  /** Kills the daemon at once; what is connected to it loses it. */
  kill(): Promise<void>;
  /** Ends everything that was started. Idempotent. */
  stop(): Promise<void>;
}

/**
 * Starts a message bus of its own, with nothing on it. `address` is that of one that was killed: a bus that comes back.
 * `services` are what the daemon may start for a call, by name.
 */
export async function startBus(
  options: { readonly address?: string; readonly services?: Readonly<Record<string, string>> } = {},
): Promise<TestBus> {
  const folder = options.address
    ? dirname(options.address.slice(SOCKET.length))
    : mkdtempSync(join(tmpdir(), 'cloudnap-bus-'));
  mkdirSync(folder, { recursive: true });
  const address = `${SOCKET}${folder}/socket`;
  const config = join(folder, 'bus.conf');
  for (const [name, command] of Object.entries(options.services ?? {})) {
    writeFileSync(join(folder, `${name}.service`), `[D-BUS Service]\nName=${name}\nExec=${command}\n`);
  }
  writeFileSync(
    config,
    `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
      "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
    <busconfig><type>session</type><listen>${address}</listen><auth>EXTERNAL</auth><servicedir>${folder}</servicedir>
    <policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>`,
  );
  const daemon = spawn('dbus-daemon', ['--nofork', '--print-address', `--config-file=${config}`], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  await firstLine(daemon);
  const client = sessionBus({ busAddress: address });
  (client as unknown as EventEmitter).on('error', () => {});
  await once(client, 'connect');
  const children: ChildProcess[] = [];

  const call: TestBus['call'] = async (to, at, member, signature = '', body = []) => {
    const message = new Message({
      destination: to,
      path: at.path,
      interface: at.interface,
      member,
      signature,
      body: [...body],
      flags: MessageFlag.NO_AUTO_START,
    });
    return (await client.call(message))?.body ?? [];
  };
  return {
    address,
    call,
    mock: async (options) => {
      const file = join(folder, `${options.name}.py`);
      if (options.template === undefined) writeFileSync(file, templateOf(options));
      const template = options.template ?? file;
      const child = spawn(PYTHON, ['-m', 'dbusmock', '--session', '-t', template], {
        env: { ...process.env, DBUS_SESSION_BUS_ADDRESS: address, DBUS_SYSTEM_BUS_ADDRESS: address },
        stdio: ['ignore', 'ignore', 'inherit'],
      });
      children.push(child);
      await waitUntil(`${options.name} is there`, () => hasOwner(client, options.name));
      return mockService(options, call, () => end(child));
    },
    kill: () => end(daemon, 'SIGKILL'),
    stop: async () => {
      disconnect(client);
      await Promise.all([...children, daemon].map((child) => end(child)));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A template of dbusmock: what one must say of itself, and methods of the main object. */
function templateOf({ name, path, interface: iface, methods = [] }: MockOptions): string {
  return `import json
BUS_NAME = ${JSON.stringify(name)}
MAIN_OBJ = ${JSON.stringify(path)}
MAIN_IFACE = ${JSON.stringify(iface)}
SYSTEM_BUS = False
METHODS = json.loads(${JSON.stringify(JSON.stringify(methods))})

def load(mock, _parameters):
    mock.AddMethods(MAIN_IFACE, [tuple(method) for method in METHODS])
`;
}

function mockService(main: MockOptions, call: TestBus['call'], stop: () => Promise<void>): MockService {
  const at = (place: MockPlace): Required<MockPlace> => ({
    path: main.path,
    interface: main.interface,
    ...place,
  });
  const service: MockService = {
    call: (member, signature, body, place = {}) => call(main.name, at(place), member, signature, body),
    emit: async (member, signature, body, place = {}) => {
      const { path, interface: iface } = at(place);
      const args = body.map((value, i) => new Variant(typesOf(signature)[i] ?? '', value));
      await call(main.name, { path, interface: MOCK }, 'EmitSignal', 'sssav', [
        iface,
        member,
        signature,
        args,
      ]);
    },
    set: async (properties, place = {}) => {
      const { path, interface: iface } = at(place);
      await call(main.name, { path, interface: MOCK }, 'UpdateProperties', 'sa{sv}', [iface, properties]);
    },
    stop,
  };
  return service;
}

/** The complete types of a signature in which nothing is nested more than once. */
function typesOf(signature: string): readonly string[] {
  return signature.match(/a?(\([a-z]+\)|\{[a-z]+\}|[a-z])/g) ?? [];
}

async function hasOwner(client: MessageBus, name: string): Promise<boolean> {
  const reply = await client.call(
    new Message({
      destination: 'org.freedesktop.DBus',
      path: '/org/freedesktop/DBus',
      interface: 'org.freedesktop.DBus',
      member: 'NameHasOwner',
      signature: 's',
      body: [name],
    }),
  );
  return reply?.body[0] === true;
}

/** The library's own goodbye answers a peer's call after it, where nobody catches what it throws. */
function disconnect(client: MessageBus): void {
  const { stream } = (client as unknown as { _connection: { stream?: { destroy(): void } } })._connection;
  stream?.destroy();
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (!child.stdout) throw new Error('it has no output');
  const lines = createInterface({ input: child.stdout });
  const line = await Promise.race([
    once(lines, 'line').then(([text]) => String(text)),
    once(child, 'exit').then(([code]) =>
      Promise.reject(new Error(`it ended with ${code} before it was ready`)),
    ),
  ]);
  lines.close();
  return line;
}

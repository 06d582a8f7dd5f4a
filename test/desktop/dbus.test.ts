/** The connection to a message bus, on a real one. */

import { Variant } from '@jellybrick/dbus-next';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/system/clock.js';
import { type BusConnection, connectBus } from '../../src/system/dbus/bus.js';
import { TypedValue } from '../../src/system/dbus/typed-value.js';
import { type MockService, startBus, type TestBus } from './bus.js';
import { desktopSkipped, waitUntil } from './xserver.js';

const THING = { path: '/org/example/Thing', interface: 'org.example.Thing' };
const OF = { to: 'org.example.Thing', ...THING };
const MOCK = { interface: 'org.freedesktop.DBus.Mock' };

describe.skipIf(desktopSkipped)('a message bus', () => {
  let bus: TestBus;
  let connection: BusConnection;
  let lost: string[];

  beforeEach(async () => {
    bus = await startBus();
    lost = [];
    connection = await connectBus({
      bus: 'session',
      clock: systemClock(),
      env: { DBUS_SESSION_BUS_ADDRESS: bus.address },
      onLost: (reason) => lost.push(reason),
    });
  });
  afterEach(async () => {
    connection.close();
    await bus.stop();
  });

  const thing = (): Promise<MockService> =>
    bus.mock({
      name: 'org.example.Thing',
      ...THING,
      methods: [
        ['Greet', 's', 's', 'ret = "good day, " + args[0]'],
        ['Late', '', '', 'import time; time.sleep(0.5)'],
        ['Many', '', 'a{sv}', 'ret = {"number": 7, "words": dbus.Array(["a", "b"], signature="s")}'],
      ],
    });

  test('calls methods, and gives variants as what they hold', async () => {
    await thing();
    expect(await connection.call({ ...OF, member: 'Greet', signature: 's', body: ['you'] })).toEqual([
      'good day, you',
    ]);
    expect(await connection.call({ ...OF, member: 'Many' })).toEqual([{ number: 7, words: ['a', 'b'] }]);
  });

  test('says what went wrong with a call: no service, no method, no answer in time, wrong arguments', async () => {
    await expect(connection.call({ ...OF, member: 'Greet' })).rejects.toMatchObject({
      errorName: 'org.freedesktop.DBus.Error.NameHasNoOwner',
    });
    await thing();
    await expect(connection.call({ ...OF, member: 'Nothing' })).rejects.toMatchObject({
      errorName: 'org.freedesktop.DBus.Error.UnknownMethod',
    });
    await expect(connection.call({ ...OF, member: 'Late', withinMs: 20 })).rejects.toMatchObject({
      errorName: 'org.freedesktop.DBus.Error.NoReply',
    });
    await expect(connection.call({ ...OF, member: 'Greet', signature: 's', body: [] })).rejects.toMatchObject(
      {
        errorName: 'org.freedesktop.DBus.Error.Failed',
      },
    );
    expect(await connection.call({ ...OF, member: 'Greet', signature: 's', body: ['you'] })).toHaveLength(1);
  });

  test('hears the signals that are meant, from whom they are meant, until it is ended', async () => {
    const service = await thing();
    const other = await bus.mock({ name: 'org.example.Other', ...THING });
    const heard: unknown[] = [];
    const match = { from: 'org.example.Thing', path: THING.path, interface: THING.interface };
    const end = await connection.onSignal({ ...match, member: 'Said' }, (args) => heard.push(...args));
    await connection.onSignal({ ...match, member: 'Said', arg0: 'b' }, (args) =>
      heard.push(`only ${args[0]}`),
    );
    await other.emit('Said', 's', ['not this']);
    await service.emit('Heard', 's', ['nor this']);
    await service.emit('Said', 's', ['a']);
    await service.emit('Said', 's', ['b']);
    await waitUntil('all are heard', () => heard.length === 3);
    expect(heard).toEqual(['a', 'b', 'only b']);
    end();
    await service.emit('Said', 's', ['b']);
    await waitUntil('the last is heard', () => heard.length === 4);
    expect(heard[3]).toBe('only b');
  });

  test('follows a service over its ends and beginnings: its signals, and its name', async () => {
    const owners: boolean[] = [];
    const heard: unknown[] = [];
    await connection.onOwner('org.example.Thing', (owner) => owners.push(owner !== undefined));
    await connection.onSignal(
      { from: 'org.example.Thing', interface: THING.interface, member: 'Said' },
      (args) => heard.push(...args),
    );
    const first = await thing();
    await first.emit('Said', 's', ['one']);
    await first.stop();
    const second = await thing();
    await second.emit('Said', 's', ['two']);
    await waitUntil('both are heard', () => heard.length === 2);
    expect(owners).toEqual([false, true, false, true]);
  });

  test('tells a property, every change of it, and that its service has gone', async () => {
    const service = await thing();
    await service.call('AddProperty', 'ssv', [THING.interface, 'Size', new Variant('t', 5n)], MOCK);
    const seen: unknown[] = [];
    const end = await connection.onProperty(OF, 'Size', (value) => seen.push(value));
    expect(seen).toEqual([5n]);
    await service.set({ Size: new Variant('t', 6n) });
    await service.emit('PropertiesChanged', 'sa{sv}as', [THING.interface, {}, ['Size']], {
      interface: 'org.freedesktop.DBus.Properties',
    });
    await waitUntil('it is asked for again', () => seen.length === 3);
    await service.stop();
    await waitUntil('it has gone', () => seen.length === 4);
    expect(seen).toEqual([5n, 6n, 6n, undefined]);
    end();
    await thing();
    await connection.sync();
    expect(seen).toHaveLength(4);
  });

  test('serves one service alone', async () => {
    const calls: unknown[] = [];
    const ours = { path: '/ours', interface: 'org.example.Ours' };
    const client = connection.name;
    const end = await connection.serve(
      { ...ours, for: connection.name },
      { tell: (args) => calls.push(...args) },
    );
    await connection.call({ to: client, ...ours, member: 'tell', signature: 's', body: ['a'] });
    expect(calls).toEqual(['a']);
    await expect(bus.call(client, ours, 'tell', 's', ['b'])).rejects.toThrow('does not exist');
    await expect(connection.call({ to: client, ...ours, member: 'toString' })).rejects.toThrow();
    end();
    await expect(
      connection.call({ to: client, ...ours, member: 'tell', signature: 's', body: ['c'] }),
    ).rejects.toThrow();
    expect(calls).toEqual(['a']);
  });

  test('a fault of ours in dealing with a message ends the connection, not the process', async () => {
    const service = await thing();
    await connection.onSignal(
      { from: 'org.example.Thing', interface: THING.interface, member: 'Said' },
      () => {
        throw new Error('a fault');
      },
    );
    await service.emit('Said', 's', ['a']);
    await waitUntil('it is told of', () => lost.length > 0);
    expect(lost).toEqual(['a message from the bus could not be dealt with: a fault']);
  });

  test('is lost once when the daemon dies, with every call that is open', async () => {
    await thing();
    const open = connection.call({ ...OF, member: 'Late' });
    const failed = expect(open).rejects.toMatchObject({
      errorName: 'org.freedesktop.DBus.Error.Disconnected',
    });
    await connection.sync();
    await bus.kill();
    await failed;
    expect(lost).toEqual(['the message bus closed the connection']);
    await expect(connection.sync()).rejects.toThrow('the connection is closed');
    connection.close();
    expect(lost).toHaveLength(1);
  });

  test('is not lost by being closed', async () => {
    connection.close();
    await bus.kill();
    await expect(connection.sync()).rejects.toThrow();
    expect(lost).toEqual([]);
  });

  test('is served by an object of ours: methods, properties, signals, and what it is made of', async () => {
    let greeted = '';
    const end = connection.export({
      path: '/cloudnap/test',
      interfaces: [
        {
          name: 'cloudnap.Test',
          methods: {
            Greet: {
              takes: 'sv',
              gives: 'sa{sv}',
              run: ([whom, how]) => {
                greeted = `${whom} ${how}`;
                return [
                  `hello ${whom}`,
                  { length: new TypedValue('i', 5), pixels: new TypedValue('ay', Buffer.from([1, 2])) },
                ];
              },
            },
          },
          properties: { Count: { type: 'u', read: () => 7 }, Names: { type: 'as', read: () => ['a'] } },
          signals: { Changed: 'u(is)' },
        },
      ],
    });
    const at = { path: '/cloudnap/test', interface: 'cloudnap.Test' };
    const properties = { path: at.path, interface: 'org.freedesktop.DBus.Properties' };
    const call = (...[member, types, body, place = at]: [string, string, unknown[], typeof at?]) =>
      bus.call(connection.name, place, member, types, body);

    expect(await call('Greet', 'sv', ['you', new Variant('i', 3)])).toEqual([
      'hello you',
      { length: new Variant('i', 5), pixels: new Variant('ay', Buffer.from([1, 2])) },
    ]);
    expect(greeted).toBe('you 3');
    expect(await call('Get', 'ss', [at.interface, 'Count'], properties)).toEqual([new Variant('u', 7)]);
    expect(await call('GetAll', 's', [at.interface], properties)).toEqual([
      { Count: new Variant('u', 7), Names: new Variant('as', ['a']) },
    ]);
    const seen = { path: at.path, interface: 'org.freedesktop.DBus.Introspectable' };
    const [xml] = await call('Introspect', '', [], seen);
    expect(xml).toContain(
      '<method name="Greet"><arg type="s" direction="in"/><arg type="v" direction="in"/>',
    );
    expect(xml).toContain('<signal name="Changed"><arg type="u"/><arg type="(is)"/></signal>');

    const refused = (message: string) => expect.objectContaining({ type: expect.stringContaining(message) });
    await expect(call('Greet', 's', ['you'])).rejects.toEqual(refused('InvalidArgs'));
    await expect(call('Missing', '', [])).rejects.toEqual(refused('UnknownMethod'));
    await expect(call('Get', 'ss', [at.interface, 'Missing'], properties)).rejects.toEqual(
      refused('UnknownProperty'),
    );
    const set = [at.interface, 'Count', new Variant('u', 1)];
    await expect(call('Set', 'ssv', set, properties)).rejects.toEqual(refused('PropertyReadOnly'));

    const heard: unknown[] = [];
    await connection.onSignal({ from: connection.name, ...at, member: 'Changed' }, (args) =>
      heard.push(args),
    );
    connection.emit({ ...at, member: 'Changed', signature: 'u(is)', body: [1, [-2, 'x']] });
    await waitUntil('the signal is heard', () => heard.length > 0);
    expect(heard).toEqual([[1, [-2, 'x']]]);

    end();
    await expect(call('Greet', 'sv', ['you', new Variant('i', 3)])).rejects.toEqual(refused('UnknownMethod'));
    expect(lost).toEqual([]);
  });

  test('starts a service only for a call that says so', async () => {
    const folder = await startBus({ services: { 'org.example.Idle': '/bin/false' } });
    const own = await connectBus({
      bus: 'session',
      clock: systemClock(),
      env: { DBUS_SESSION_BUS_ADDRESS: folder.address },
      onLost: () => {},
    });
    try {
      const idle = { to: 'org.example.Idle', path: '/', interface: 'org.example.Idle', member: 'Do' };
      await expect(own.call(idle)).rejects.toMatchObject({
        errorName: expect.stringMatching(/NameHasNoOwner/),
      });
      await expect(own.call({ ...idle, mayStart: true })).rejects.toMatchObject({
        errorName: expect.stringMatching(/Spawn/),
      });
    } finally {
      own.close();
      await folder.stop();
    }
  });
});

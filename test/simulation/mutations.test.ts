/**
 * The checker has to be able to say no. Each of these puts something wrong between the daemon and its ports, as a bug
 * in it would, and the simulation must find it within a few days.
 */
import { expect, test } from 'vitest';
import type { AgentPorts } from '../../src/agent/agent-ports.js';
import type { Driver, RestoreOrder } from '../../src/core/driver.js';
import type { Clock } from '../../src/core/instant.js';
import type { Ledger } from '../../src/core/ledger.js';
import type { SettingsSource } from '../../src/core/registry.js';
import type { SessionSignals, SignalsSink } from '../../src/core/session-signals.js';
import type { Settings } from '../../src/core/settings.js';
import type { Kind } from '../../src/core/target.js';
import { simulate } from './simulation.js';

const DAYS = 10;
const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8];
/** How many are tried at the most until a mutation is noticed: what it takes may come about once in a hundred days. */
const MOST_SEEDS = 80;

type Alteration = (ports: AgentPorts) => AgentPorts;

/** What is wrong, and the invariants that may be the first to break by it. */
const MUTATIONS: readonly (readonly [string, readonly number[], Alteration])[] = [
  ['a clock that runs fast makes naps come early', [7], (ports) => ({ ...ports, clock: fast(ports.clock) })],
  [
    'hands on the keyboard are noticed only at first',
    [7],
    (ports) => ({ ...ports, senses: { ...ports.senses, read: async () => {} } }),
  ],
  [
    'a broken sensor is taken for one that works',
    [6, 7],
    (ports) => ({
      ...ports,
      senses: {
        ...ports.senses,
        start: (settings, sink) =>
          ports.senses.start(settings, {
            ...sink,
            health: (sensor, health) =>
              sink.health(
                sensor,
                health.state === 'off' ? health : { state: 'watching', mechanism: 'faith' },
              ),
          }),
      },
    }),
  ],
  [
    'warnings are not waited for',
    [7],
    (ports) => ({
      ...ports,
      settings: { ...ports.settings, current: () => ({ ...ports.settings.current(), warnMs: 0 }) },
    }),
  ],
  [
    'what was disabled in the registry still counts',
    [1, 7],
    (ports) => ({
      ...ports,
      registry: {
        ...ports.registry,
        current: () => ports.registry.current().map((entry) => ({ ...entry, enabled: true })),
      },
    }),
  ],
  [
    'open entries are forgotten by a restart',
    [3, 4, 8],
    (ports) => ({ ...ports, ledger: altered(ports.ledger, { openEntries: () => [] }) }),
  ],
  [
    'the snapshot is taken anew when a nap is confirmed',
    [3],
    (ports) => ({
      ...ports,
      ledger: altered(ports.ledger, {
        change: (id, change) => {
          const entry = ports.ledger.change(id, change);
          return entry.left ? { ...entry, saved: entry.left } : entry;
        },
      }),
    }),
  ],
  [
    'a restore is thought done as soon as AWS has taken it',
    [4, 8],
    (ports) => ({
      ...ports,
      session: withDrivers(ports, (driver) => ({ ...driver, missing: () => [] })),
    }),
  ],
  [
    'what a person changed is put back like the rest',
    [0, 5],
    (ports) => ({
      ...ports,
      session: withDrivers(ports, (driver) => ({
        ...driver,
        stillOurs: () => ({ changed: [], taken: false }),
        restore: (orders, signal) => driver.restore(orders.map(keepNothing), signal),
      })),
    }),
  ],
  [
    'only half of what napped is put back',
    [4, 8],
    (ports) => ({
      ...ports,
      session: withDrivers(ports, (driver) => ({
        ...driver,
        missing: (saved, keep, now) =>
          driver.missing(saved, keep, now).filter((field) => !field.startsWith('suspended')),
        restore: (orders, signal) =>
          driver.restore(
            orders.map((order) => ({ ...order, keep: [...order.keep, 'suspended.scaleOut'] })),
            signal,
          ),
      })),
    }),
  ],
  [
    'a nap whose answer was lost is taken for one that failed',
    [2, 8],
    (ports) => ({
      ...ports,
      session: withDrivers(ports, (driver) => ({
        ...driver,
        nap: async (orders, signal) => {
          const outcomes = await driver.nap(orders, signal);
          for (const entry of ports.ledger.openEntries())
            if (outcomes.get(entry.targetId) instanceof Error)
              ports.ledger.close(entry.id, 'unneeded', 'it failed', entry.openedAt);
          return outcomes;
        },
      })),
    }),
  ],
  [
    'a person’s start is forgotten by a restart',
    [5],
    (ports) => ({
      ...ports,
      ledger: altered(ports.ledger, {
        see: (sightings) => ports.ledger.see(sightings.map((sighting) => ({ ...sighting, guarded: false }))),
      }),
    }),
  ],
  [
    'a lock is not heard of',
    [0, 4],
    (ports) => ({ ...ports, signals: hearing(ports, (sink) => ({ ...sink, locked() {} })) }),
  ],
  [
    'a lock is forgotten as soon as it is told',
    [4, 7],
    (ports) => ({
      ...ports,
      signals: hearing(ports, (sink) => ({
        ...sink,
        locked: (locked, at) => {
          sink.locked(locked, at);
          sink.locked(false, at);
        },
      })),
    }),
  ],
  [
    'a lock means away although nobody has asked for that',
    [4, 7],
    (ports) => ({ ...ports, settings: reading(ports, { lockMeansAway: true }) }),
  ],
  [
    'a sleep calls for naps although nobody has asked for that',
    [7],
    (ports) => ({ ...ports, settings: reading(ports, { onSuspend: 'nap' }) }),
  ],
  [
    'the machine is held back longer than it waits',
    [0, 7],
    (ports) => ({
      ...ports,
      signals: hearing(ports, (sink) => ({
        ...sink,
        suspending: (until) => sink.suspending(until + 60_000),
      })),
    }),
  ],
  [
    'naps that were given up before a sleep are gone on with after it',
    [7],
    (ports) => ({
      ...ports,
      session: withDrivers(ports, (driver) => ({ ...driver, nap: (orders) => driver.nap(orders) })),
    }),
  ],
  ['a sleep is taken for waiting', [7], (ports) => ({ ...ports, clock: sleepless(ports.clock) })],
  [
    'a film is noticed only when it begins',
    [7],
    (ports) => ({
      ...ports,
      senses: {
        ...ports.senses,
        start: (settings, sink) =>
          ports.senses.start(settings, {
            ...sink,
            activity: (activity) => {
              const isWeak = !ports.settings.current().sensors[activity.sensor].wakes;
              if (!isWeak || activity.began === activity.at.boot) sink.activity(activity);
            },
          }),
      },
    }),
  ],
];

test.each(MUTATIONS)('%s', async (_what, invariants, alter) => {
  for (let seed = 1; seed <= MOST_SEEDS; seed += 1) {
    const { violation } = await simulate({
      seed,
      days: DAYS,
      sabotage: (rig) => {
        rig.alter = alter;
      },
    });
    if (!violation) continue;
    expect(invariants, violation.message).toContain(violation.invariant);
    return;
  }
  expect.fail(`nobody noticed in ${MOST_SEEDS * DAYS} days`);
});

test('the same days without anything wrong hold', async () => {
  for (const seed of SEEDS) expect((await simulate({ seed, days: DAYS })).violation).toBeUndefined();
});

/** A clock on which time since boot goes by half as fast again, and timers come as much earlier. */
function fast(clock: Clock): Clock {
  return {
    get bootId() {
      return clock.bootId;
    },
    now: () => {
      const now = clock.now();
      return { ...now, boot: now.boot * 1.5, mono: now.mono * 1.5 };
    },
    after: (ms, fn) => clock.after(ms / 1.5, fn),
  };
}

/** A clock on which time stands still for nobody: sleep cannot be told from waiting. */
function sleepless(clock: Clock): Clock {
  return {
    get bootId() {
      return clock.bootId;
    },
    now: () => {
      const now = clock.now();
      return { ...now, mono: now.boot };
    },
    after: (ms, fn) => clock.after(ms, fn),
  };
}

/** Signals of which the daemon hears something else than what is so. */
function hearing(ports: AgentPorts, change: (sink: SignalsSink) => SignalsSink): SessionSignals {
  const { signals } = ports;
  return { ...signals, start: (settings, sink) => signals.start(settings, change(sink)) };
}

/** Settings of which the daemon reads something else than what is in the file. */
function reading(ports: AgentPorts, change: Partial<Settings>): SettingsSource {
  const { settings } = ports;
  return { ...settings, current: () => ({ ...settings.current(), ...change }) };
}

function altered(ledger: Ledger, change: Partial<Ledger>): Ledger {
  return new Proxy(ledger, {
    get: (target, method: keyof Ledger) => change[method] ?? target[method],
  });
}

function withDrivers(ports: AgentPorts, change: (driver: Driver) => Driver): AgentPorts['session'] {
  return { ...ports.session, driver: (kind: Kind) => change(ports.session.driver(kind)) };
}

function keepNothing(order: RestoreOrder): RestoreOrder {
  return { ...order, keep: [] };
}

/** How far a return has come, told from what is so. */
import { describe, expect, it } from 'vitest';
import type { WireCondition, WireEvent, WirePlan, WireRegistered } from '../../../src/control/wire.js';
import { type Known, returning } from '../../../web/src/restoring.js';

const NOW = Date.UTC(2026, 0, 5, 9);
const A = 'ec2:eu-west-1:i-0a';
const B = 'ec2:eu-west-1:i-0b';

function service(target: typeof A | typeof B, over: Partial<WireRegistered>): WireRegistered {
  return {
    service_type: 'EC2',
    region: 'eu-west-1',
    target,
    state: 'stopped',
    power: 'off',
    registered: true,
    enabled: true,
    lease_until: null,
    phase: null,
    leases: [],
    ...over,
  };
}

function step(
  target: typeof A | typeof B,
  action: WirePlan['action'],
  waits: string | null = null,
): WirePlan {
  return {
    target,
    state: '',
    action,
    at: null,
    reason: '',
    warned: false,
    waits,
    saves_per_hour: null,
    aws_stops_at: null,
  };
}

/** So many seconds ago. */
function event(type: WireEvent['type'], ago: number, more: Partial<WireEvent> = {}): WireEvent {
  return { type, at: new Date(NOW - ago * 1_000).toISOString(), message: type, level: 'info', ...more };
}

function stages(known: Partial<Known>): unknown {
  const all = { services: [], plan: [], conditions: [], events: [], ...known };
  return returning(all, NOW).map(({ service, stage, note }) => [service.target, stage, note]);
}

describe('a return', () => {
  it('is told from waiting over starting to back', () => {
    const services = [service(A, { phase: 'napped' }), service(B, { phase: 'restoring', power: 'starting' })];
    const plan = [step(A, 'restore', 'it depends on b, which is not back yet'), step(B, 'restore')];
    expect(stages({ services, plan })).toEqual([
      [A, 'waiting', 'it depends on b, which is not back yet'],
      [B, 'starting', undefined],
    ]);
    expect(
      stages({
        services: [service(A, { phase: 'restoring' }), service(B, { power: 'on' })],
        plan: [step(A, 'restore'), step(B, 'nap')],
        events: [
          event('restored', 3, { target: B }),
          event('restore', 9, { target: B }),
          event('presence', 10),
        ],
      }),
    ).toEqual([
      [A, 'starting', undefined],
      [B, 'back', undefined],
    ]);
  });

  it('counts what runs again only once it does', () => {
    const events = [event('restored', 1, { target: A })];
    expect(stages({ services: [service(A, { power: 'starting' })], events })).toEqual([
      [A, 'starting', undefined],
    ]);
    expect(stages({ services: [service(A, { power: 'on' })], events })).toEqual([[A, 'back', undefined]]);
  });

  it('leaves out what sleeps on, what came back in an earlier return, and what never napped', () => {
    expect(
      stages({
        services: [service(A, { phase: 'napped' }), service(B, { power: 'on' })],
        plan: [step(A, 'none'), step(B, 'nap')],
        events: [event('presence', 1), event('restored', 60, { target: B })],
      }),
    ).toEqual([]);
  });

  it('tells what somebody else took over', () => {
    const events = [event('closed', 2, { target: A, level: 'warn', message: 'no longer ours' })];
    expect(stages({ services: [service(A, { power: 'on' })], events })).toEqual([
      [A, 'left', 'no longer ours'],
    ]);
  });

  it('goes with its trouble and the cure', () => {
    const condition: WireCondition = { id: `target:${A}`, message: 'no', hint: 'do', since: null, target: A };
    const known = {
      services: [service(A, { phase: 'restoring' })],
      plan: [step(A, 'restore')],
      conditions: [condition],
      events: [],
    };
    expect(returning(known, NOW)[0]?.trouble).toBe(condition);
  });

  it('is over half a minute after the last is back', () => {
    const services = [service(A, { power: 'on' })];
    expect(stages({ services, events: [event('restored', 29, { target: A })] })).toHaveLength(1);
    expect(stages({ services, events: [event('restored', 31, { target: A })] })).toEqual([]);
  });
});

/** The wire form by itself: times, failures, and the checks that every server relies on. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeList, encodeSenses, rfc3339 } from '../../../src/control/encode.js';
import { failureOf } from '../../../src/control/failure.js';
import { check, OPERATIONS, perform, targetOf } from '../../../src/control/operations.js';
import { type OperationName, pathOf } from '../../../src/control/wire.js';
import { CODES, CommandError, FAULTS, OperationError } from '../../../src/core/errors.js';
import { KINDS } from '../../../src/core/target.js';
import { FakeControl } from '../../fakes/fake-control.js';

describe('times', () => {
  it.each([
    [0, '1970-01-01T00:00:00.000Z'],
    [1_767_603_600_123.4, '2026-01-05T09:00:00.123Z'],
    [undefined, null],
    [Number.POSITIVE_INFINITY, null],
    [Number.NaN, null],
  ])('%s is %s', (wallMs, text) => {
    expect(rfc3339(wallMs)).toBe(text);
  });
});

describe('failures', () => {
  it.each(FAULTS)('the fault %s has a code', (fault) => {
    const failure = failureOf(new OperationError(fault, 'm', { operation: 'ec2:StopInstances', hint: 'h' }));
    expect(CODES).toContain(failure.code);
    expect(failure).toMatchObject({ message: 'm', hint: 'h', unforeseen: false });
  });

  it('anything at all may be thrown', () => {
    fc.assert(
      fc.property(fc.anything({ withNullPrototype: true }), (thrown) => {
        expect(failureOf(thrown)).toMatchObject({ code: 'REFUSED', unforeseen: true });
      }),
    );
  });
});

describe('requests', () => {
  const names = Object.keys(OPERATIONS) as OperationName[];

  it('whatever is asked is answered or refused with a code, never anything else', async () => {
    const value = fc.oneof(fc.string(), fc.double(), fc.boolean(), fc.constant(null), fc.array(fc.string()));
    const key = fc.constantFrom('target', 'minutes', 'size', 'region', 'service_type', 'limit', '__proto__');
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...names),
        fc.oneof(fc.dictionary(key, value), fc.anything()),
        async (name, request) => {
          const outcome = await perform(new FakeControl(), name, request, 'test').catch((error) => error);
          if (outcome instanceof Error) expect(outcome).toBeInstanceOf(CommandError);
          else expect(JSON.parse(JSON.stringify(outcome))).toBeTypeOf('object');
        },
      ),
      { numRuns: 500 },
    );
  });

  it('name the field that does not fit, and the usage', () => {
    const failing = () => check(OPERATIONS.hold.schema, { minutes: 'x' }, 'Usage: HOLD:minutes');
    expect(failing).toThrow(/^minutes: /);
    expect(failing).toThrow(expect.objectContaining({ code: 'BAD_REQUEST', hint: 'Usage: HOLD:minutes' }));
  });

  it('each has a path of its own', () => {
    expect(new Set(names.map(pathOf)).size).toBe(names.length);
  });
});

describe('senses', () => {
  it('tell in the wire’s words what was tried and what is not known', () => {
    const wayland = { mechanism: 'ext-idle-notify', reason: 'not offered', cure: 'a newer compositor' };
    const ttys = { state: 'watching', mechanism: 'terminals' } as const;
    expect(
      encodeSenses({
        sensors: [
          {
            sensor: 'keyboard',
            health: { state: 'watching', mechanism: 'X11', passedOver: [wayland], beside: [ttys] },
            wakes: true,
            lastActivity: 0,
          },
          { sensor: 'screen', health: { state: 'off' }, wakes: false, lastActivity: undefined },
        ],
        signals: [{ signal: 'lock', health: { state: 'unavailable', reason: 'no bus', cure: 'start it' } }],
        locked: undefined,
      }),
    ).toEqual({
      sensors: [
        {
          sensor: 'keyboard',
          health: { state: 'watching', mechanism: 'X11', passed_over: [wayland], beside: [ttys] },
          wakes: true,
          last_activity: '1970-01-01T00:00:00.000Z',
        },
        { sensor: 'screen', health: { state: 'off' }, wakes: false, last_activity: null },
      ],
      signals: [
        {
          signal: 'lock',
          health: { state: 'unavailable', reason: 'no bus', cure: 'start it', passed_over: [], beside: [] },
        },
      ],
      locked: null,
    });
  });
});

describe('targets', () => {
  it('have the registry’s field names there and back', async () => {
    const control = new FakeControl();
    const list = encodeList(await control.list({ kinds: KINDS }));
    expect(list.services.map(targetOf)).toEqual(control.services.map(({ target }) => target));
  });

  it('must look like something AWS could have', () => {
    expect(() => targetOf({ service_type: 'ECS', region: 'us-east-1', cluster_name: 'c' })).toThrow(
      'service name',
    );
  });
});

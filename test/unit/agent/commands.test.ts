/** What a person may ask: start, stop, scale, nap; through the same drivers and the same ledger as the rest. */
import { beforeEach, describe, expect, it } from 'vitest';
import {
  ALL,
  API,
  api,
  Desk,
  HOUR,
  instanceOf,
  JOBS,
  jobs,
  MINUTE,
  refusal,
  SECOND,
  serviceOf,
  TIMEOUT,
  WEB,
  WORKERS,
  web,
  workers,
} from './desk.js';

let desk: Desk;

beforeEach(async () => {
  desk = new Desk();
  await desk.begin();
});

const by = 'cli';
const back = async () => {
  await desk.use();
  await desk.pass(2 * MINUTE);
};

describe('stop', () => {
  it.each([
    ['an instance', WEB, web],
    ['a service with a scalable target', API, api],
    ['a plain service', JOBS, jobs],
    ['a node group', WORKERS, workers],
  ])(
    '%s stays off whoever comes back, until it is started: then it is as it was',
    async (_what, target, id) => {
      expect(await desk.control.stop({ target: id, by })).toEqual({ id, message: `stopping ${id}` });
      await desk.pass(2 * MINUTE);
      expect(desk.isOff(target)).toBe(true);
      expect(desk.entry(id)).toMatchObject({ by: 'person', phase: 'napped' });
      await back();
      expect(desk.isOff(target)).toBe(true);
      await desk.control.start({ target: id, by });
      await desk.pass(2 * MINUTE);
      expect(desk.everything()).toEqual(desk.atFirst);
      expect(desk.outcomes(id)).toEqual(['restored']);
    },
  );

  it('of a napping target parks it until it is started', async () => {
    await desk.nap();
    expect((await desk.control.stop({ target: web, by })).message).toBe(
      `${web} naps already and stays so until it is started`,
    );
    await back();
    expect(desk.isOff(WEB)).toBe(true);
    expect(desk.fields(API)).toEqual(desk.atFirst[api]);
    expect((await desk.control.status()).napping).toBe(0);
    await desk.control.start({ target: web, by });
    await desk.pass(2 * MINUTE);
    expect(desk.everything()).toEqual(desk.atFirst);
  });

  it('in the middle of a restore parks it with the snapshot it has', async () => {
    await desk.nap();
    desk.trouble('failed', (operation) => operation.endsWith('RegisterScalableTarget'));
    await desk.use();
    await desk.pass(30 * SECOND);
    expect(desk.entry(api)?.phase).toBe('restoring');
    expect(desk.fields(API)).toMatchObject({ desired: 3, scalable: { min: 0 } });
    desk.trouble(undefined, () => true);
    await desk.control.stop({ target: api, by });
    await desk.pass(2 * MINUTE);
    expect(desk.isOff(API)).toBe(true);
    expect(desk.entry(api)).toMatchObject({ by: 'person', saved: desk.atFirst[api] });
    await back();
    expect(desk.isOff(API)).toBe(true);
    await desk.control.start({ target: api, by });
    await desk.pass(2 * MINUTE);
    expect(desk.everything()).toEqual(desk.atFirst);
  });

  it('of what is stopped already changes nothing', async () => {
    await desk.control.stop({ target: jobs, by });
    await desk.pass(2 * MINUTE);
    desk.forget();
    await desk.control.stop({ target: jobs, by });
    desk.rig.world.stop(instanceOf(desk, web));
    await desk.pass(2 * MINUTE);
    expect((await desk.control.stop({ target: web, by })).message).toBe(`${web} is stopped already`);
    expect(desk.changes).toEqual([]);
    expect(desk.entry(web)).toBeUndefined();
  });

  it('of a protected instance is refused with the reason and the cure', async () => {
    desk = new Desk();
    instanceOf(desk, web).isProtected = true;
    await desk.begin();
    const { code, message } = await refusal(desk.control.stop({ target: web, by }));
    expect(code).toBe('REFUSED');
    expect(message).toContain(`${web} is not stopped: `);
    expect(desk.outcomes(web)).toEqual([]);
  });

  it('of one that was protected a moment ago leaves nothing behind', async () => {
    instanceOf(desk, web).isProtected = true;
    expect((await refusal(desk.control.stop({ target: web, by }))).code).toBe('REFUSED');
    expect(desk.entry(web)).toBeUndefined();
    await back();
    expect(desk.changes).toEqual([]);
  });

  it('that AWS denies leaves no entry behind', async () => {
    desk.trouble('denied', (operation) => operation === 'ecs:UpdateService');
    expect((await refusal(desk.control.stop({ target: jobs, by }))).code).toBe('AWS_ERROR');
    expect(desk.entry(jobs)).toBeUndefined();
    expect(desk.outcomes(jobs)).toEqual(['unneeded']);
  });

  it('whose answer was lost is found out by looking', async () => {
    desk.trouble('lost', (operation) => operation === 'ecs:UpdateService');
    expect((await refusal(desk.control.stop({ target: jobs, by }))).code).toBe('AWS_ERROR');
    desk.trouble(undefined, () => true);
    await desk.pass(2 * MINUTE);
    expect(desk.entry(jobs)).toMatchObject({ by: 'person', phase: 'napped' });
  });

  it('outranks an earlier start', async () => {
    await desk.control.stop({ target: jobs, by });
    await desk.pass(2 * MINUTE);
    await desk.control.start({ target: jobs, by });
    await desk.pass(2 * MINUTE);
    await desk.control.stop({ target: jobs, by });
    await desk.pass(2 * MINUTE);
    expect(desk.isOff(JOBS)).toBe(true);
  });
});

describe('start', () => {
  it('of what runs changes nothing', async () => {
    expect((await desk.control.start({ target: web, by })).message).toBe(`${web} is running already`);
    expect(desk.changes).toEqual([]);
  });

  it('of a napping target is its restore', async () => {
    await desk.nap();
    expect((await desk.control.start({ target: api, by })).message).toBe(`restoring ${api} as it was`);
    await desk.pass(2 * MINUTE);
    expect(desk.fields(API)).toEqual(desk.atFirst[api]);
    expect(desk.outcomes(api)).toEqual(['restored']);
    expect(desk.isOff(JOBS)).toBe(true);
  });

  it('of one that is still stopping waits for it', async () => {
    await desk.control.nap({ target: web, by });
    await desk.pass(SECOND);
    expect((await desk.control.start({ target: web, by })).message).toContain('as soon as it can be');
    await desk.pass(2 * MINUTE);
    expect(desk.fields(WEB)).toEqual(desk.atFirst[web]);
  });

  it('with another size than the snapshot’s keeps that, and puts the rest back', async () => {
    await desk.nap();
    await desk.control.start({ target: api, size: 5, by });
    await desk.pass(2 * MINUTE);
    expect(desk.fields(API)).toEqual({ ...(desk.atFirst[api] as object), desired: 5 });
    expect(desk.outcomes(api)).toEqual(['overridden']);
  });

  it.each([
    ['the size it was last seen with', 2, 7, 2],
    ['the registry’s when it never ran', 0, 7, 7],
    ['one when nobody knows better', 0, undefined, 1],
  ])('without a size goes to %s', async (_what, ran, desired, expected) => {
    desk = new Desk({ targets: [JOBS], drafts: [{ target: JOBS, desired }] });
    const service = serviceOf(desk, jobs);
    Object.assign(service, { desired: ran, running: ran });
    await desk.begin();
    // In the console: it is no nap of ours.
    desk.rig.world.setDesired(service, 0);
    await desk.pass(2 * MINUTE);
    await desk.control.start({ target: jobs, by });
    await desk.pass(2 * MINUTE);
    expect(desk.fields(JOBS)).toMatchObject({ desired: expected });
  });

  it('remembers sizes over a restart of the daemon', async () => {
    desk.rig.world.setDesired(serviceOf(desk, jobs), 4);
    await desk.pass(6 * MINUTE);
    desk.rig.kill();
    desk.rig.world.setDesired(serviceOf(desk, jobs), 0);
    await desk.start();
    await desk.pass(2 * MINUTE);
    await desk.control.start({ target: jobs, by });
    expect(desk.fields(JOBS)).toMatchObject({ desired: 4 });
  });

  it('and stop act on targets that are not registered, and never by themselves', async () => {
    desk = new Desk({ drafts: [{ target: WEB }] });
    await desk.begin();
    await desk.pass(HOUR);
    expect(desk.changes.map((change) => change.id)).toEqual([web]);
    await desk.control.stop({ target: api, by });
    await desk.pass(2 * MINUTE);
    expect(desk.isOff(API)).toBe(true);
    desk.rig.kill();
    await desk.start();
    await back();
    expect(desk.isOff(API)).toBe(true);
    await desk.control.start({ target: api, by });
    await desk.pass(2 * MINUTE);
    expect(desk.everything()).toEqual(desk.atFirst);
    expect(desk.rig.ledger.openEntries()).toEqual([]);
  });

  it.each([
    ['does not exist', 'ec2:eu-central-1:i-none', 'NOT_FOUND'],
    ['is no name', 'the web', 'BAD_REQUEST'],
  ])('of what %s', async (_what, target, code) => {
    expect((await refusal(desk.control.start({ target, by }))).code).toBe(code);
  });
});

describe('scale', () => {
  it('gives a service a size', async () => {
    expect((await desk.control.scale({ target: workers, size: 3, by })).message).toBe(`${workers} goes to 3`);
    await desk.pass(MINUTE);
    expect(desk.fields(WORKERS)).toEqual({ kind: 'eks', min: 1, desired: 3, max: 4 });
  });

  it('0 is a stop', async () => {
    await desk.control.scale({ target: workers, size: 0, by });
    await desk.pass(2 * MINUTE);
    expect(desk.isOff(WORKERS)).toBe(true);
    await desk.control.start({ target: workers, by });
    await desk.pass(2 * MINUTE);
    expect(desk.fields(WORKERS)).toEqual(desk.atFirst[workers]);
  });

  it('of a napping service is a start with that size', async () => {
    await desk.nap();
    await desk.control.scale({ target: workers, size: 3, by });
    await desk.pass(2 * MINUTE);
    expect(desk.fields(WORKERS)).toEqual({ kind: 'eks', min: 1, desired: 3, max: 4 });
    expect(desk.entry(workers)).toBeUndefined();
  });

  it('above the maximum is refused', async () => {
    expect((await refusal(desk.control.scale({ target: workers, size: 5, by }))).code).toBe('REFUSED');
    expect(desk.changes).toEqual([]);
  });

  it('of an instance makes no sense', async () => {
    expect((await refusal(desk.control.scale({ target: web, size: 2, by }))).code).toBe('BAD_REQUEST');
  });
});

describe('nap', () => {
  it('needs no warning', async () => {
    const { napping, spared } = await desk.control.nap({ by });
    expect(napping).toEqual([web, api, jobs, workers]);
    expect(spared).toEqual([]);
    await desk.pass(2 * MINUTE);
    for (const target of ALL) expect(desk.isOff(target)).toBe(true);
    expect(desk.told('warning')).toEqual([]);
    expect((await desk.control.status()).presence).toBe('away');
  });

  it('is not taken back by the hand that gave it, but by one that comes 5 s later', async () => {
    await desk.control.nap({ by });
    await desk.use('keyboard', 4_999);
    await desk.pass(4_999);
    await desk.use('mouse');
    await desk.pass(HOUR);
    expect(desk.isOff(WEB)).toBe(true);
    expect(desk.told('restore')).toEqual([]);
    await back();
    expect(desk.everything()).toEqual(desk.atFirst);
  });

  it('of one target leaves the others and presence alone', async () => {
    await desk.control.nap({ target: web, by });
    await desk.pass(2 * MINUTE);
    expect(desk.isOff(WEB)).toBe(true);
    expect(desk.changes.map((change) => change.id)).toEqual([web]);
    expect((await desk.control.status()).presence).toBe('present');
    await back();
    expect(desk.everything()).toEqual(desk.atFirst);
  });

  it('spares what is held and lists it', async () => {
    await desk.control.hold({ minutes: 30, target: api, by: 'a script' });
    expect(await desk.control.nap({ by })).toMatchObject({ spared: [api], napping: [web, jobs, workers] });
    await desk.pass(25 * MINUTE);
    expect(desk.isOff(WEB)).toBe(true);
    expect(desk.fields(API)).toEqual(desk.atFirst[api]);
    await desk.pass(7 * MINUTE);
    expect(desk.isOff(API)).toBe(true);
    expect(desk.told('warning', api)).toHaveLength(1);
  });

  it('sends back down what is on its way up', async () => {
    await desk.nap();
    await desk.use();
    await desk.pass(SECOND);
    await desk.control.nap({ by });
    await desk.pass(3 * MINUTE);
    for (const target of ALL) expect(desk.isOff(target)).toBe(true);
    await back();
    expect(desk.everything()).toEqual(desk.atFirst);
  });

  it('works while presence is unknown: it was asked for', async () => {
    desk.rig.machine.break('keyboard');
    desk.rig.machine.break('mouse');
    await desk.control.nap({ target: web, by });
    await desk.pass(HOUR);
    expect(desk.isOff(WEB)).toBe(true);
    expect(desk.isOff(API)).toBe(false);
  });

  it('of what is not registered is refused', async () => {
    const answer = desk.control.nap({ target: 'ec2:eu-central-1:i-other', by });
    expect((await refusal(answer)).code).toBe('NOT_REGISTERED');
  });
});

describe('a start of the daemon', () => {
  it('grants one full timeout and restores nothing by itself', async () => {
    await desk.nap();
    desk.rig.kill();
    desk.rig.world.setDesired(serviceOf(desk, jobs), 2);
    await desk.start();
    const startedAt = desk.rig.now;
    desk.forget();
    await desk.pass(HOUR);
    expect(desk.isOff(WEB)).toBe(true);
    expect(desk.told('restore')).toEqual([]);
    expect(desk.outcomes(jobs)).toEqual(['overridden']);
    await back();
    expect(desk.everything()).toEqual(desk.atFirst);
    expect(desk.rig.now - startedAt).toBeGreaterThan(TIMEOUT);
  });
});

/** A person's word on a target, by us or elsewhere: what they run stays until they have been back once. */
import { beforeEach, describe, expect, it } from 'vitest';
import {
  API,
  api,
  Desk,
  HOUR,
  instanceOf,
  JOBS,
  jobs,
  MINUTE,
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
  desk.rig.settings.setAws({ checkIntervalMs: MINUTE });
  await desk.begin();
});

/** In the console, not by us. */
const scaleJobs = (size: number) => desk.rig.world.setDesired(serviceOf(desk, jobs), size);

describe('somebody scales a service in the console', () => {
  it('it is not napped until presence has been renewed once more', async () => {
    scaleJobs(4);
    await desk.pass(HOUR);
    expect(desk.isOff(WEB)).toBe(true);
    expect(desk.changesOf(jobs)).toEqual([]);
    expect(desk.told('notice', jobs)).toHaveLength(1);
    expect((await desk.control.why(jobs)).next).toContain('a person started or scaled it');

    await desk.use();
    await desk.nap();
    expect(desk.isOff(JOBS)).toBe(true);
    await desk.use();
    await desk.pass(2 * MINUTE);
    expect(desk.fields(JOBS)).toEqual({ kind: 'ecs', desired: 4, scalable: null });
  });

  it('so it is after a restart of the daemon, and by what happened while it was down', async () => {
    desk.rig.kill();
    scaleJobs(4);
    await desk.pass(MINUTE);
    await desk.start();
    await desk.pass(MINUTE);
    expect(desk.told('notice', jobs)).toHaveLength(1);
    desk.rig.kill();
    await desk.start();
    await desk.pass(HOUR);
    expect(desk.isOff(WEB)).toBe(true);
    expect(desk.changesOf(jobs)).toEqual([]);
  });

  it('weak activity lifts nothing', async () => {
    scaleJobs(4);
    await desk.pass(3 * MINUTE);
    await desk.use('window');
    await desk.pass(HOUR);
    expect(desk.isOff(WEB)).toBe(true);
    expect(desk.changesOf(jobs)).toEqual([]);
  });

  it('a size that an autoscaler may set is nobody’s word', async () => {
    desk.rig.world.setDesired(serviceOf(desk, api), 5);
    await desk.pass(HOUR);
    expect(desk.isOff(API)).toBe(true);
    expect(desk.entry(api)?.saved).toMatchObject({ desired: 5 });
  });

  it('an explicit NAP has the last word', async () => {
    scaleJobs(4);
    await desk.pass(90 * SECOND);
    await desk.control.nap({ target: jobs, by: 'cli' });
    await desk.pass(MINUTE);
    expect(desk.isOff(JOBS)).toBe(true);
  });
});

describe('somebody starts what naps', () => {
  it('in the console: the rest is put back, the entry closed, and it stays', async () => {
    await desk.nap();
    desk.rig.world.start(instanceOf(desk, web));
    desk.rig.world.setDesired(serviceOf(desk, api), 1);
    await desk.pass(HOUR);
    expect(desk.outcomes(web)).toEqual(['overridden']);
    expect(desk.outcomes(api)).toEqual(['overridden']);
    expect(desk.told('closed', web)).toHaveLength(1);
    expect(desk.isOff(WEB)).toBe(false);
    // The size is theirs; the bounds give way to it, the flags are back.
    expect(desk.fields(API)).toMatchObject({
      desired: 1,
      scalable: { min: 1, max: 5, suspended: { scaleIn: false, scaleOut: false, scheduled: true } },
    });
    expect(desk.isOff(WORKERS)).toBe(true);

    await desk.use();
    await desk.nap();
    expect(desk.isOff(WEB)).toBe(true);
  });

  it('by our own command: it is restored, and stays until they are back', async () => {
    await desk.nap();
    await desk.control.start({ target: web, by: 'cli' });
    await desk.pass(HOUR);
    expect(desk.outcomes(web)).toEqual(['restored']);
    expect(desk.isOff(WEB)).toBe(false);
    await desk.use();
    await desk.nap();
    expect(desk.isOff(WEB)).toBe(true);
  });

  it('a crash right after their start does not take the guard away', async () => {
    await desk.nap();
    await desk.control.start({ target: web, by: 'cli' });
    desk.rig.kill();
    await desk.start();
    await desk.pass(HOUR);
    expect(desk.isOff(WEB)).toBe(false);
  });
});

describe('what a person changed meanwhile', () => {
  it('a bound of a napping service is theirs, the rest comes back', async () => {
    await desk.nap();
    const service = serviceOf(desk, api);
    desk.rig.world.register(service, { max: 9 });
    await desk.use();
    await desk.pass(2 * MINUTE);
    expect(desk.fields(API)).toEqual({
      kind: 'ecs',
      desired: 3,
      scalable: { min: 2, max: 9, suspended: { scaleIn: false, scaleOut: false, scheduled: true } },
    });
    expect(desk.outcomes(api)).toEqual(['overridden']);
  });

  it('a deployment is none: it is restored as it was', async () => {
    await desk.nap();
    desk.rig.world.deploy(serviceOf(desk, jobs), 10 * MINUTE);
    await desk.use();
    await desk.pass(2 * MINUTE);
    expect(desk.outcomes(jobs)).toEqual(['restored']);
    expect(desk.fields(JOBS)).toEqual(desk.atFirst[jobs]);
  });

  it('what they stopped themselves is not napped, and so not started', async () => {
    desk.rig.world.stop(instanceOf(desk, web));
    await desk.pass(HOUR);
    expect(desk.isOff(WORKERS)).toBe(true);
    await desk.use();
    await desk.pass(2 * MINUTE);
    expect(desk.isOff(WEB)).toBe(true);
    expect(desk.changesOf(web)).toEqual([]);
    expect(desk.fields(WORKERS)).toEqual(desk.atFirst[workers]);
  });

  it('what they deleted closes its entry with a notice', async () => {
    await desk.nap();
    desk.rig.world.terminate(instanceOf(desk, web));
    await desk.use();
    await desk.pass(2 * MINUTE);
    expect(desk.outcomes(web)).toEqual(['deleted']);
    expect(desk.told('closed', web)[0]?.message).toContain('no longer exists');
  });

  it('an instance they stopped again after our nap is theirs', async () => {
    await desk.nap();
    const instance = instanceOf(desk, web);
    desk.rig.world.start(instance);
    await desk.pass(TIMEOUT / 10);
    desk.rig.world.stop(instance);
    await desk.pass(5 * MINUTE);
    await desk.use();
    await desk.pass(2 * MINUTE);
    expect(desk.isOff(WEB)).toBe(true);
    expect(desk.outcomes(web)).toEqual(['overridden']);
  });
});

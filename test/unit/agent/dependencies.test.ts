/** What depends on what: leases go down, naps go up and restores come down the chain, each with its patience. */
import { beforeEach, describe, expect, it } from 'vitest';
import { DEPENDENCY_PATIENCE_MS, DEPLOYMENT_PATIENCE_MS } from '../../../src/core/plan.js';
import type { TargetId } from '../../../src/core/target.js';
import {
  API,
  api,
  type Change,
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

/** The looks at what waits are at most this far apart. */
const LOOK = 10 * SECOND;
const by = 'cli';
let desk: Desk;
let typedAt: number;

/** The first change of a target by a verb. */
function first(id: TargetId, verb: 'nap' | 'restore'): Change {
  const found = desk.changesOf(id).find((change) => change.verb === verb);
  if (!found) throw new Error(`no ${verb} of ${id}`);
  return found;
}

/** The web needs the API, which needs the workers. */
beforeEach(async () => {
  desk = new Desk({
    drafts: [{ target: WORKERS }, { target: API, dependsOn: [workers] }, { target: WEB, dependsOn: [api] }],
  });
  await desk.start();
  await desk.use();
  typedAt = desk.rig.now;
  await desk.pass(10 * SECOND);
});

describe('the order', () => {
  it('is dependents first when they nap, and last when they come back', async () => {
    await desk.pass(TIMEOUT + 5 * MINUTE);
    expect(first(web, 'nap').at).toBe(typedAt + TIMEOUT);
    expect(first(api, 'nap').off).toContain(web);
    expect(first(workers, 'nap').off).toEqual(expect.arrayContaining([web, api]));

    await desk.use();
    await desk.pass(TIMEOUT - 1);
    expect(first(workers, 'restore').off).toEqual(expect.arrayContaining([web, api]));
    expect(first(api, 'restore').off).not.toContain(workers);
    expect(first(api, 'restore').settled).toContain(workers);
    expect(first(web, 'restore').off).not.toContain(api);
    expect(first(web, 'restore').settled).toContain(api);
    expect(desk.everything()).toEqual(desk.atFirst);
    expect(desk.told('waiting', web)[0]?.message).toContain(`it depends on ${api}, which is not back yet`);
  });

  it('holds for an explicit NAP too', async () => {
    await desk.control.nap({ by });
    await desk.pass(5 * MINUTE);
    expect(first(api, 'nap').off).toContain(web);
    expect(first(workers, 'nap').off).toEqual(expect.arrayContaining([web, api]));
  });

  it('is forgotten when the dependent leaves the registry', async () => {
    desk.rig.registry.edit(desk.rig.registry.current().filter((entry) => entry.id !== web));
    await desk.pass(TIMEOUT + 3 * MINUTE);
    expect(desk.isOff(WEB)).toBe(false);
    expect(desk.isOff(API)).toBe(true);
    expect(desk.isOff(WORKERS)).toBe(true);
  });
});

describe('what keeps a dependent keeps what it depends on', () => {
  it('a hold', async () => {
    await desk.control.hold({ minutes: 60, target: api, by });
    await desk.pass(HOUR - MINUTE);
    expect(desk.isOff(WEB)).toBe(true);
    expect(desk.changesOf(api)).toEqual([]);
    expect(desk.changesOf(workers)).toEqual([]);
    expect((await desk.control.why(workers)).leases).toContainEqual(
      expect.objectContaining({ holder: `${api}, which depends on it`, live: true }),
    );
  });

  it('a NAP of what a present dependent needs spares it', async () => {
    expect(await desk.control.nap({ target: workers, by })).toMatchObject({ napping: [], spared: [workers] });
    await desk.pass(2 * MINUTE);
    expect(desk.changes).toEqual([]);
  });

  it('its longer timeout', async () => {
    desk.rig.registry.edit(
      desk.rig.registry
        .current()
        .map((entry) => (entry.id === web ? { ...entry, timeoutMs: 20 * MINUTE } : entry)),
    );
    await desk.pass(20 * MINUTE - 20 * SECOND);
    expect(desk.changes).toEqual([]);
    await desk.pass(5 * MINUTE);
    expect(desk.isOff(WORKERS)).toBe(true);
  });

  it('a person who started it', async () => {
    desk.rig.world.stop(instanceOf(desk, web));
    await desk.pass(2 * MINUTE);
    await desk.control.start({ target: web, by });
    await desk.pass(HOUR);
    expect(desk.changes.filter((change) => change.verb === 'nap')).toEqual([]);
    await desk.use();
    await desk.pass(TIMEOUT + 5 * MINUTE);
    expect(desk.isOff(WORKERS)).toBe(true);
  });

  it('that it must never nap', async () => {
    instanceOf(desk, web).isProtected = true;
    desk.rig.kill();
    await desk.start();
    await desk.pass(2 * HOUR);
    expect(desk.changes).toEqual([]);
    expect(desk.told('notice')).toEqual([]);
  });
});

describe('patience', () => {
  it('a nap waits ten minutes for a dependent that does not go, then goes ahead with a notice', async () => {
    desk.trouble('failed', (operation) => operation === 'ec2:StopInstances');
    await desk.pass(TIMEOUT + DEPENDENCY_PATIENCE_MS - LOOK);
    expect(desk.changesOf(api)).toEqual([]);
    await desk.pass(3 * LOOK);
    const { at } = first(api, 'nap');
    expect(at - typedAt - TIMEOUT).toBeGreaterThanOrEqual(DEPENDENCY_PATIENCE_MS);
    expect(at - typedAt - TIMEOUT).toBeLessThanOrEqual(DEPENDENCY_PATIENCE_MS + 2 * LOOK);
    expect(desk.told('notice', api)[0]?.message).toBe(
      `${api} is napped although ${web}, which depends on it, is still up after 10 minutes.`,
    );
  });

  it('a restore waits ten minutes for what does not come back, then goes ahead with a notice', async () => {
    await desk.pass(TIMEOUT + 5 * MINUTE);
    desk.trouble('failed', (operation) => operation === 'eks:UpdateNodegroupConfig');
    const backAt = desk.rig.now;
    desk.rig.machine.use('keyboard', HOUR);
    await desk.pass(DEPENDENCY_PATIENCE_MS - LOOK);
    expect(desk.isOff(API)).toBe(true);
    await desk.pass(3 * LOOK);
    expect(first(api, 'restore').at - backAt).toBeGreaterThanOrEqual(DEPENDENCY_PATIENCE_MS);
    expect(desk.told('notice', api)[0]?.message).toBe(
      `${api} is restored although ${workers}, which it depends on, is not back after 10 minutes.`,
    );
    // Nothing is lost of the one that failed.
    desk.trouble(undefined, () => true);
    await desk.pass(20 * MINUTE);
    expect(desk.everything()).toEqual(desk.atFirst);
  });

  it('and for a service whose tasks do not come up', async () => {
    desk = new Desk({ targets: [API, WEB], drafts: [{ target: API }, { target: WEB, dependsOn: [api] }] });
    await desk.begin();
    await desk.pass(TIMEOUT + 5 * MINUTE);
    const backAt = desk.rig.now;
    desk.rig.machine.use('keyboard', HOUR);
    await desk.pass(SECOND);
    Object.assign(serviceOf(desk, api), { until: desk.rig.now + 24 * HOUR });
    await desk.pass(DEPENDENCY_PATIENCE_MS - LOOK);
    expect(desk.outcomes(api)).toEqual(['restored']);
    expect(desk.isOff(WEB)).toBe(true);
    await desk.pass(3 * LOOK);
    expect(first(web, 'restore').at - backAt).toBeGreaterThanOrEqual(DEPENDENCY_PATIENCE_MS);
    expect(desk.told('notice', web)[0]?.message).toContain(
      `although ${api}, which it depends on, is not back`,
    );
  });

  it('a nap waits for a deployment to end', async () => {
    await desk.pass(TIMEOUT - 20 * SECOND);
    desk.rig.world.deploy(serviceOf(desk, api), 6 * MINUTE);
    const endsAt = desk.rig.now + 6 * MINUTE;
    await desk.pass(10 * MINUTE);
    expect(first(api, 'nap').at).toBeGreaterThanOrEqual(endsAt);
    expect(first(api, 'nap').at).toBeLessThanOrEqual(endsAt + LOOK);
    expect(desk.told('waiting', api).map((event) => event.message)).toEqual([
      `${api} waits: A deployment is in progress`,
    ]);
    expect(desk.told('notice')).toEqual([]);
  });

  it('and at most fifteen minutes for one without end', async () => {
    desk = new Desk({ targets: [JOBS] });
    await desk.start();
    typedAt = desk.rig.now;
    await desk.use();
    desk.rig.world.deploy(serviceOf(desk, jobs), 24 * HOUR);
    await desk.pass(TIMEOUT + DEPLOYMENT_PATIENCE_MS - SECOND);
    expect(desk.changes).toEqual([]);
    await desk.pass(2 * LOOK);
    const waited = first(jobs, 'nap').at - typedAt - TIMEOUT;
    expect(waited).toBeGreaterThanOrEqual(DEPLOYMENT_PATIENCE_MS);
    expect(waited).toBeLessThanOrEqual(DEPLOYMENT_PATIENCE_MS + LOOK);
    expect(desk.told('notice', jobs)[0]?.message).toContain('for more than 15 minutes');
    expect(desk.told('waiting', jobs)).toHaveLength(1);
    await desk.use();
    await desk.pass(2 * MINUTE);
    expect(desk.fields(JOBS)).toEqual(desk.atFirst[jobs]);
  });
});

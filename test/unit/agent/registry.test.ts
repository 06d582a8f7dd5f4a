/** What enters and leaves the registry: a full timeout for what comes, what is owed for what goes; and refusals. */
import { beforeEach, describe, expect, it } from 'vitest';
import {
  ALL,
  API,
  api,
  Desk,
  HOUR,
  instanceOf,
  MINUTE,
  refusal,
  SECOND,
  TIMEOUT,
  WEB,
  WORKERS,
  web,
  workers,
} from './desk.js';

let desk: Desk;
const by = 'cli';

const back = async () => {
  await desk.use();
  await desk.pass(2 * MINUTE);
};

describe('register', () => {
  beforeEach(async () => {
    desk = new Desk({ drafts: [] });
    await desk.begin();
  });

  it('grants one full timeout, also when everybody has long been away', async () => {
    await desk.pass(HOUR);
    expect(await desk.control.register({ target: WEB, name: 'the web' }, by)).toMatchObject({ id: web });
    await desk.pass(TIMEOUT - SECOND);
    expect(desk.changes).toEqual([]);
    expect(desk.told('warning', web)[0]?.message).toBe('the web naps in 1 min unless somebody is there.');
    await desk.pass(MINUTE);
    expect(desk.isOff(WEB)).toBe(true);
    expect(desk.changes.map((change) => change.id)).toEqual([web]);
  });

  it('the first one pins the account', async () => {
    expect(await desk.control.account()).toMatchObject({ pinned: undefined });
    await desk.control.register({ target: WEB }, by);
    expect(await desk.control.account()).toMatchObject({ pinned: '111111111111', owed: [] });
    expect(desk.told('account')).toHaveLength(1);
  });

  it('the same target twice is refused', async () => {
    await desk.control.register({ target: WEB }, by);
    expect((await refusal(desk.control.register({ target: WEB }, by))).code).toBe('ALREADY_REGISTERED');
  });
});

describe('a target that leaves the registry while it naps', () => {
  beforeEach(async () => {
    desk = new Desk();
    await desk.begin();
    await desk.nap();
  });

  it.each([
    ['unregistered', () => desk.control.unregister({ target: web, by })],
    [
      'taken out of the file',
      async () => desk.rig.registry.edit(desk.rig.registry.current().filter((entry) => entry.id !== web)),
    ],
    [
      'disabled',
      async () =>
        desk.rig.registry.edit(
          desk.rig.registry.current().map((entry) => ({ ...entry, enabled: entry.id !== web })),
        ),
    ],
  ])('%s: it is restored once at the next presence, and then left alone', async (_what, leave) => {
    await leave();
    await desk.pass(HOUR);
    expect(desk.isOff(WEB)).toBe(true);
    await back();
    expect(desk.everything()).toEqual(desk.atFirst);
    expect(desk.outcomes(web)).toEqual(['restored']);
    desk.forget();
    await desk.nap();
    expect(desk.changesOf(web)).toEqual([]);
    expect(desk.isOff(API)).toBe(true);
  });

  it('is owed over a restart too', async () => {
    expect((await desk.control.unregister({ target: web, by })).message).toContain(
      'it naps and is restored at the next presence',
    );
    desk.rig.kill();
    await desk.start();
    await back();
    expect(desk.everything()).toEqual(desk.atFirst);
  });

  it('and comes back into it napping is still owed to its snapshot', async () => {
    const entries = desk.rig.registry.current();
    desk.rig.registry.edit([]);
    await desk.pass(10 * MINUTE);
    desk.rig.registry.edit(entries);
    await desk.pass(HOUR);
    await back();
    expect(desk.everything()).toEqual(desk.atFirst);
    for (const target of [web, api, workers]) expect(desk.outcomes(target)).toEqual(['restored']);
  });
});

describe('what must never nap', () => {
  it('is told with the reason, once in every absence', async () => {
    desk = new Desk();
    instanceOf(desk, web).isProtected = true;
    await desk.begin();
    await desk.pass(6 * HOUR);
    expect(desk.changesOf(web)).toEqual([]);
    expect(desk.told(['warning', 'nap', 'failed'], web)).toEqual([]);
    expect(desk.told('refused', web)).toHaveLength(1);
    expect((await desk.control.plan()).find((row) => row.id === web)).toMatchObject({ action: 'keep' });
    await back();
    await desk.pass(6 * HOUR);
    expect(desk.told('refused', web)).toHaveLength(2);
    for (const target of ALL.slice(1)) expect(desk.isOff(target)).toBe(true);
  });

  it('a group of the Cluster Autoscaler naps when the registry says that it is ours', async () => {
    const tags = { 'k8s.io/cluster-autoscaler/enabled': 'true' };
    desk = new Desk({ targets: [WEB], drafts: [{ target: WORKERS }] });
    desk.rig.world.addNodegroup('111111111111', WORKERS, { min: 1, desired: 2, max: 4 }, tags);
    await desk.begin();
    await desk.pass(HOUR);
    expect(desk.changes).toEqual([]);
    expect(desk.told('refused', workers)).toHaveLength(1);
    desk.rig.registry.edit(desk.rig.registry.current().map((entry) => ({ ...entry, autoscalerOurs: true })));
    await desk.pass(2 * MINUTE);
    expect(desk.isOff(WORKERS)).toBe(true);
    await back();
    expect(desk.fields(WORKERS)).toEqual({ kind: 'eks', min: 1, desired: 2, max: 4 });
  });
});

/** services.yaml on a real disk: registering and unregistering in place, refusals, changes while it is in use. */
import { mkdir, readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openRegistry } from '../../../src/config/registry-file.js';
import { CommandError } from '../../../src/core/errors.js';
import type { RegistrationDraft } from '../../../src/core/registry.js';
import type { Target } from '../../../src/core/target.js';
import { folder, KeptLog, nextChange, settled, WatchedClock, withTime } from './files.js';

async function open(text?: string | Buffer) {
  const home = await folder();
  const path = join(home, 'services.yaml');
  if (text !== undefined) await writeFile(path, text);
  const clock = new WatchedClock();
  const log = new KeptLog();
  const registry = await openRegistry({ path, clock, log });
  onTestFinished(() => registry.close());
  return { home, path, clock, log, registry, text: () => readFile(path, 'utf8') };
}

const ec2 = (instanceId: string, region = 'us-east-1'): Target => ({ kind: 'ec2', region, instanceId });
const web: Target = { kind: 'ecs', region: 'us-east-1', cluster: 'c', service: 'web' };
const nodes: Target = { kind: 'eks', region: 'us-east-1', cluster: 'k', nodegroup: 'n' };

const TWO = `# mine
ec2_instances:
  # the database
  - instance_id: i-1
    region: us-east-1
    name: db
ecs_services:
  - cluster_name: c # shared
    service_name: web
    region: us-east-1
    depends_on: [db]
`;

async function refusal(promise: Promise<unknown>) {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(CommandError);
  const { code, message, hint } = error as CommandError;
  return { code, message, hint };
}

describe('registering', () => {
  test('makes the file with the first one, for the owner alone, and it is in force', async () => {
    const { registry, path, home, text } = await open();
    expect(registry.current()).toEqual([]);
    expect(registry.faults()).toEqual([]);
    expect(await readdir(home)).toEqual([]);
    const changed = nextChange(registry);
    const added = await registry.add({ target: ec2('i-1'), name: 'db', description: '개발 서버' });
    await changed;
    expect(registry.current()).toEqual([added]);
    expect(await text()).toMatch(
      /^(#.*\n)+ec2_instances:\n {2}- instance_id: i-1\n {4}region: us-east-1\n {4}name: db\n {4}description: 개발 서버\n$/,
    );
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readdir(home)).toEqual(['services.yaml']);
  });

  test('writes all that may be given, and reads it back', async () => {
    const { registry, text } = await open(TWO);
    const added = await registry.add({
      target: nodes,
      name: 'nodes of Kim',
      description: 'a: "b" # c\nd',
      enabled: false,
      timeoutMinutes: 0.5,
      dependsOn: ['db', 'ecs:us-east-1:c:web'],
      desired: 3,
      autoscaler: 'ours',
      shared: true,
    });
    expect(added).toEqual({
      id: 'eks:us-east-1:k:n',
      target: nodes,
      name: 'nodes of Kim',
      description: 'a: "b" # c\nd',
      enabled: false,
      timeoutMs: 30_000,
      dependsOn: ['ec2:us-east-1:i-1', 'ecs:us-east-1:c:web'],
      desired: 3,
      autoscalerOurs: true,
      shared: true,
    });
    expect(await text()).toBe(`${TWO}
eks_nodegroups:
  - cluster_name: k
    nodegroup_name: n
    region: us-east-1
    name: nodes of Kim
    desired_size: 3
    description: "a: \\"b\\" # c\\nd"
    enabled: false
    inactivity_timeout_minutes: 0.5
    depends_on: [db, ecs:us-east-1:c:web]
    autoscaler: ours
    shared: true
`);
  });

  test.each<[string, RegistrationDraft, string, RegExp]>([
    [
      'one that is there',
      { target: ec2('i-1') },
      'ALREADY_REGISTERED',
      /ec2:us-east-1:i-1 is registered already/,
    ],
    ['a bad region', { target: ec2('i-2', 'mars') }, 'BAD_REQUEST', /"mars" is not a region name/],
    [
      'a name that is taken',
      { target: ec2('i-2'), name: 'db' },
      'BAD_REQUEST',
      /"db" is taken by ec2:us-east-1:i-1/,
    ],
    ['a name like a target', { target: ec2('i-2'), name: 'ec2:x' }, 'BAD_REQUEST', /^name: found "ec2:x"/],
    [
      'an unknown dependency',
      { target: ec2('i-2'), dependsOn: ['bd'] },
      'BAD_REQUEST',
      /found "bd".*did you mean db/,
    ],
    [
      'itself as a dependency',
      { target: ec2('i-2'), dependsOn: ['ec2:us-east-1:i-2'] },
      'BAD_REQUEST',
      /circle/,
    ],
    [
      'no timeout',
      { target: ec2('i-2'), timeoutMinutes: 0 },
      'BAD_REQUEST',
      /^inactivity_timeout_minutes: found the number 0/,
    ],
    [
      'a timeout that is no number',
      { target: ec2('i-2'), timeoutMinutes: Number.NaN },
      'BAD_REQUEST',
      /^inactivity_timeout_minutes/,
    ],
    [
      'half a task',
      { target: { ...web, service: 'w' }, desired: 0.5 },
      'BAD_REQUEST',
      /^desired_count: found the number 0.5/,
    ],
    [
      'an instance with a size',
      { target: ec2('i-2'), desired: 1 },
      'BAD_REQUEST',
      /^desired_size .*nothing for ec2/,
    ],
    [
      'an instance with an autoscaler',
      { target: ec2('i-2'), autoscaler: 'ours' },
      'BAD_REQUEST',
      /^autoscaler .*nothing for ec2/,
    ],
  ])('%s is answered and nothing is written', async (_what, draft, code, message) => {
    const { registry, text } = await open(TWO);
    expect(await refusal(registry.add(draft))).toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
    expect(await text()).toBe(TWO);
    expect(registry.current()).toHaveLength(2);
  });

  test('two at once are both in the file', async () => {
    const { registry, home, text } = await open(TWO);
    const many = [ec2('i-2'), ec2('i-3'), { ...web, service: 'api' } as const, nodes, ec2('i-4')];
    await Promise.all([
      ...many.map((target) => registry.add({ target })),
      registry.remove('ecs:us-east-1:c:web'),
    ]);
    expect(registry.current().map(({ id }) => id)).toEqual([
      'ec2:us-east-1:i-1',
      'ec2:us-east-1:i-2',
      'ec2:us-east-1:i-3',
      'ec2:us-east-1:i-4',
      'ecs:us-east-1:c:api',
      'eks:us-east-1:k:n',
    ]);
    expect(await text()).toMatch(/^# mine\nec2_instances:\n {2}# the database\n/);
    expect(await readdir(home)).toEqual(['services.yaml']);
  });

  test('one that fails does not hold up the next', async () => {
    const { registry } = await open(TWO);
    const results = await Promise.allSettled([
      registry.add({ target: ec2('i-1') }),
      registry.add({ target: ec2('i-2') }),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
  });

  test('what was saved by hand a moment ago is kept, though it was not re-read yet', async () => {
    const { registry, clock, path, text } = await open(TWO);
    const saved = TWO.replace('# mine', '# mine, and yours').replace(
      'name: db',
      'name: db\n    enabled: false',
    );
    await writeFile(path, saved);
    await withTime(clock, registry.add({ target: ec2('i-2') }));
    expect(await text()).toBe(
      saved.replace('enabled: false\n', 'enabled: false\n  - instance_id: i-2\n    region: us-east-1\n'),
    );
    expect(registry.current()[0]?.enabled).toBe(false);
  });

  test('a save that is half done is waited for: neither half of it is lost or put in force', async () => {
    const { registry, clock, path, text } = await open(TWO);
    const seen: number[] = [];
    registry.onChange(() => seen.push(registry.current().length));
    const [first, second] = [
      TWO.slice(0, TWO.indexOf('ecs_services')),
      TWO.slice(TWO.indexOf('ecs_services')),
    ];
    await writeFile(path, first);
    const adding = registry.add({ target: ec2('i-2') });
    await clock.timerSet();
    await clock.advance(150);
    await writeFile(path, second, { flag: 'a' });
    await withTime(clock, adding);
    expect(seen).toEqual([3]);
    expect(await text()).toBe(`${first}  - instance_id: i-2\n    region: us-east-1\n${second}`);
  });

  test('closing refuses an edit that still waits, and leaves the file', async () => {
    const { registry, clock, path, text } = await open(TWO);
    await writeFile(path, `${TWO}# more`);
    const refused = refusal(registry.add({ target: ec2('i-2') }));
    await clock.timerSet();
    await registry.close();
    expect(await refused).toMatchObject({ code: 'REFUSED', message: expect.stringMatching(/ending/) });
    expect(await text()).toBe(`${TWO}# more`);
    expect(clock.pending).toBe(0);
  });

  test('our own write is not mistaken for a change by others', async () => {
    const { registry, clock, path, text } = await open(TWO);
    let calls = 0;
    registry.onChange(() => calls++);
    await registry.add({ target: ec2('i-2') });
    expect(calls).toBe(1);
    await clock.timerSet();
    await clock.advance(200);
    const byHand = (await text()).replace('name: db', 'name: db\n    enabled: false');
    await settled(registry, clock, () => writeFile(path, byHand));
    expect(calls).toBe(2);
    expect(clock.pending).toBe(0);
  });

  test('a link stays a link', async () => {
    const { home } = await open();
    await mkdir(join(home, 'dotfiles'));
    await writeFile(join(home, 'dotfiles', 's.yaml'), TWO);
    const path = join(home, 'services.yaml');
    await symlink(join('dotfiles', 's.yaml'), path);
    const registry = await openRegistry({ path, clock: new WatchedClock(), log: new KeptLog() });
    onTestFinished(() => registry.close());
    await registry.add({ target: ec2('i-2') });
    expect(await readFile(join(home, 'dotfiles', 's.yaml'), 'utf8')).toContain('i-2');
    expect(await readdir(join(home, 'dotfiles'))).toEqual(['s.yaml']);
  });

  test('a layout that cannot be edited alone is refused, untouched', async () => {
    const aliased = 'x: &x []\nec2_instances: *x\n';
    const { registry, text } = await open(aliased);
    expect(await refusal(registry.add({ target: ec2('i-2') }))).toMatchObject({
      code: 'REFUSED',
      hint: expect.stringMatching(/by hand/),
    });
    expect(await text()).toBe(aliased);
  });
});

describe('unregistering', () => {
  test('takes the entry out and keeps the rest', async () => {
    const { registry, text } = await open(TWO);
    expect(await registry.remove('ecs:us-east-1:c:web')).toMatchObject({ id: 'ecs:us-east-1:c:web' });
    expect(registry.current().map(({ id }) => id)).toEqual(['ec2:us-east-1:i-1']);
    expect(await text()).toBe(`${TWO.slice(0, TWO.indexOf('ecs_services'))}ecs_services: []\n`);
  });

  test('the last one leaves an empty registry, not a fault', async () => {
    const { registry } = await open('ec2_instances:\n  - instance_id: i-1\n    region: us-east-1\n');
    await registry.remove('ec2:us-east-1:i-1');
    expect(registry.current()).toEqual([]);
    expect(registry.faults()).toEqual([]);
  });

  test('one that is not there', async () => {
    const { registry, text } = await open(TWO);
    expect(await refusal(registry.remove('ec2:us-east-1:i-9'))).toMatchObject({ code: 'NOT_REGISTERED' });
    expect(await text()).toBe(TWO);
  });

  test('one that another depends on', async () => {
    const { registry, text } = await open(TWO);
    expect(await refusal(registry.remove('ec2:us-east-1:i-1'))).toMatchObject({
      code: 'REFUSED',
      message: 'ecs:us-east-1:c:web depends on ec2:us-east-1:i-1',
      hint: expect.stringMatching(/first/),
    });
    expect(await text()).toBe(TWO);
  });

  test('one whose anchor others use', async () => {
    const anchored =
      'ec2_instances:\n  - &a {instance_id: i-1, region: us-east-1}\n  - {<<: *a, instance_id: i-2}\n';
    const { registry, text } = await open(anchored);
    expect(await refusal(registry.remove('ec2:us-east-1:i-1'))).toMatchObject({ code: 'REFUSED' });
    expect(await text()).toBe(anchored);
  });
});

describe('while the file is broken', () => {
  const broken = TWO.replace('region: us-east-1\n    name', 'region: us-east\n    name');

  test('at the start: nothing is registered, the fault is told, edits are refused', async () => {
    const { registry, log, text } = await open(broken);
    expect(registry.current()).toEqual([]);
    expect(registry.faults()).toMatchObject([{ line: 5, column: 5, key: 'ec2_instances[0].region' }]);
    const message = expect.stringMatching(/^services\.yaml:5:5: ec2_instances\[0\]\.region: found "us-east"/);
    expect(await refusal(registry.add({ target: ec2('i-2') }))).toMatchObject({ code: 'REFUSED', message });
    expect(await refusal(registry.remove('ec2:us-east-1:i-1'))).toMatchObject({ code: 'REFUSED', message });
    expect(await text()).toBe(broken);
    expect(log.lines).toHaveLength(1);
  });

  test('later: the last good version stays in force, and edits are refused even before it was re-read', async () => {
    const { registry, clock, path, text } = await open(TWO);
    await writeFile(path, broken);
    const refused = refusal(withTime(clock, registry.add({ target: ec2('i-2') })));
    expect(await refused).toMatchObject({ code: 'REFUSED' });
    expect(registry.current()).toHaveLength(2);
    expect(registry.faults()).toHaveLength(1);
    expect(await text()).toBe(broken);
    await settled(registry, clock, () => writeFile(path, TWO));
    expect(registry.faults()).toEqual([]);
    await registry.add({ target: ec2('i-2') });
    expect(registry.current()).toHaveLength(3);
  });

  test.each([
    ['empty', (path: string) => writeFile(path, ''), 'found an empty file, expected the 2 entries it had'],
    ['blank', (path: string) => writeFile(path, '\n \n'), 'found an empty file'],
    ['gone', (path: string) => rm(path), 'found no file, expected the 2 entries it had'],
  ])('suddenly %s: a fault, and nothing is written', async (_what, change, message) => {
    const { registry, clock, path, home } = await open(TWO);
    await settled(registry, clock, () => change(path));
    expect(registry.faults()).toMatchObject([
      { message: expect.stringMatching(`^${message}`), line: undefined },
    ]);
    expect(registry.current()).toHaveLength(2);
    const before = await readdir(home);
    expect(await refusal(registry.add({ target: ec2('i-2') }))).toMatchObject({ code: 'REFUSED' });
    expect(await refusal(registry.remove('ec2:us-east-1:i-1'))).toMatchObject({ code: 'REFUSED' });
    expect(await readdir(home)).toEqual(before);
    await settled(registry, clock, () => writeFile(path, TWO));
    expect(registry.faults()).toEqual([]);
  });

  test('bytes that are not UTF-8 are never turned into question marks', async () => {
    const bytes = Buffer.concat([Buffer.from(TWO), Buffer.from([0x23, 0xc7, 0xd1, 0x0a])]);
    const { registry, path } = await open(bytes);
    expect(await refusal(registry.add({ target: ec2('i-2') }))).toMatchObject({
      code: 'REFUSED',
      message: expect.stringMatching(/UTF-8/),
    });
    expect(await readFile(path)).toEqual(bytes);
  });
});

describe('changes while it is in use', () => {
  test('by hand, by replacement, and taking everything out in so many words', async () => {
    const { registry, clock, path } = await open();
    await settled(registry, clock, () => writeFile(path, TWO));
    expect(registry.current()).toHaveLength(2);
    await settled(registry, clock, async () => {
      await writeFile(`${path}.new`, TWO.replaceAll('us-east-1', 'us-west-2'));
      await rename(`${path}.new`, path);
    });
    expect(registry.current().map(({ id }) => id)).toEqual(['ec2:us-west-2:i-1', 'ecs:us-west-2:c:web']);
    await settled(registry, clock, () => writeFile(path, '# nothing any more\n'));
    expect(registry.current()).toEqual([]);
    expect(registry.faults()).toEqual([]);
  });

  test('a change of comments only is no change', async () => {
    const { registry, clock, path } = await open(TWO);
    let calls = 0;
    registry.onChange(() => calls++);
    await writeFile(path, `${TWO}# more\n`);
    await withTime(clock, registry.add({ target: ec2('i-2') }));
    expect(calls).toBe(1);
    expect(await readFile(path, 'utf8')).toMatch(/# more\n$/);
  });

  test('unknown keys are told', async () => {
    const { registry, clock, path } = await open(TWO);
    await settled(registry, clock, () =>
      writeFile(path, TWO.replace('name: db', 'name: db\n    enabeld: false')),
    );
    expect(registry.unknownKeys()).toEqual(['ec2_instances[0].enabeld (did you mean enabled?)']);
    expect(registry.faults()).toEqual([]);
  });
});

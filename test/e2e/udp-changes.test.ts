/** What UDP commands change, in AWS and in services.yaml, against the built program: SPEC section 8 to the letter. */
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import { until } from './program.js';
import { UdpClient } from './udp-client.js';
import { API, DATABASE, REGION, RFC3339, SERVICES, STOPPED, udpDoor } from './udp-door.js';

const door = udpDoor();
const region = () => door.sandbox.resources().find((each) => each.region === REGION);
const instance = (id: string) => region()?.instances.find((each) => each.id === id)?.state;
const service = (name: string) => region()?.services.find((each) => each.name === name);
const workers = () => region()?.nodegroups.find((each) => each.name === 'workers');
const stateOf = async (target: string) =>
  (await door.client.rows('LIST_REGISTERED_SERVICES')).find((row) => row.target === target)?.state;

describe('explicit changes', () => {
  it('stop and start an instance, registered or not', async () => {
    expect(await door.client.text(`STOP_EC2:${DATABASE}:${REGION}`)).toMatch(
      /^OK STOP_EC2 0\n.*\bi-0b2d6f8e0c4a31572/,
    );
    expect(instance(DATABASE)).toMatch(/^stopp/);
    await until('it has stopped', () => instance(DATABASE) === 'stopped');
    const started = await door.client.json({
      id: 1,
      type: 'AWS_EC2_START',
      content: { instance_id: DATABASE, region: REGION },
    });
    expect(started.content).toMatchObject({
      success: true,
      message: expect.any(String),
      target: `ec2:${REGION}:${DATABASE}`,
    });
    await until('it runs', () => instance(DATABASE) === 'running');
    expect(await door.client.text(`START_EC2:${STOPPED}:${REGION}`)).toMatch(/^OK START_EC2 0\n/);
    await until('the other runs', () => instance(STOPPED) === 'running');
  });

  it('stop a service and start it with the size and the bounds that it had', async () => {
    const before = service('search');
    expect(await door.client.text(`STOP_ECS:dev:search:${REGION}`)).toMatch(/^OK STOP_ECS 0\n/);
    await until('it has no tasks', () => service('search')?.running === 0);
    expect(service('search')?.scalable).toMatchObject({
      min: 0,
      suspended: { dynamicScalingIn: true, dynamicScalingOut: true, scheduledScaling: true },
    });
    expect(await door.client.text(`START_ECS:dev:search:${REGION}`)).toMatch(/^OK START_ECS 0\n/);
    await until('it is as it was', () => isDeepStrictEqual(service('search'), before));
  });

  it('start a service with the size that is asked for', async () => {
    await door.client.text(`STOP_ECS:dev:payments:${REGION}`);
    await until('it has no tasks', () => service('payments')?.running === 0);
    const { content } = await door.client.json({
      id: 1,
      type: 'AWS_ECS_START',
      content: { cluster_name: 'dev', service_name: 'payments', region: REGION, desired_count: 3 },
    });
    expect(content.success).toBe(true);
    await until('three tasks', () => service('payments')?.running === 3);
    await door.client.text(`STOP_ECS:dev:payments:${REGION}`);
    await until('it has no tasks', () => service('payments')?.running === 0);
    await door.client.text(`START_ECS:dev:payments:${REGION}`);
    await until('three tasks again', () => service('payments')?.running === 3);
  });

  it('scale a node group, to zero too, and back', async () => {
    const scale = (count: number) => door.client.text(`SCALE_EKS:dev-kubernetes:workers:${REGION}:${count}`);
    const steady = (nodes: number) => () => workers()?.nodes === nodes && workers()?.status === 'ACTIVE';
    const scaled = (count: number) =>
      until(`the group takes ${count}`, async () => (await scale(count)).startsWith('OK SCALE_EKS 0\n'));
    await scaled(4);
    await until('four nodes', steady(4));
    await scaled(0);
    await until('no nodes', steady(0));
    expect(workers()).toMatchObject({ min: 0, desired: 0, max: 4 });
    await scaled(2);
    await until('two nodes', steady(2));
    await until('its bounds', () => workers()?.min === 1);
    expect(workers()).toMatchObject({ min: 1, desired: 2, max: 4 });
    expect(await scale(5)).toMatch(/^ERROR (REFUSED|AWS_ERROR|BAD_REQUEST) /);
  });
});

describe('the registry', () => {
  it('is edited in place, every kind, with comments, order and layout kept', async () => {
    expect(await door.client.text(`REGISTER_EC2:${DATABASE}:${REGION}`)).toMatch(/^OK REGISTER_EC2 0\n/);
    expect(await door.client.text(`REGISTER_ECS:dev:search:${REGION}`)).toMatch(/^OK REGISTER_ECS 0\n/);
    const eks = await door.client.json({
      id: 'e',
      type: 'REGISTER_SERVICE',
      content: {
        service_type: 'EKS',
        cluster_name: 'dev-kubernetes',
        nodegroup_name: 'workers',
        region: REGION,
        desired_size: 2,
        description: 'nodes',
        inactivity_timeout_minutes: 90,
      },
    });
    expect(eks.content).toMatchObject({ success: true, target: `eks:${REGION}:dev-kubernetes:workers` });
    const text = door.program.read('services.yaml');
    for (const line of SERVICES.trimEnd().split('\n')) expect(text).toContain(line);
    expect(text).toMatch(/desired_size: 2/);
    expect(await door.client.rows('LIST_REGISTERED_SERVICES')).toHaveLength(5);
    await until('its state is read', async () => (await stateOf(`ecs:${REGION}:dev:search`)) === 'ACTIVE');

    expect(await door.client.text(`UNREGISTER_EC2:${DATABASE}:${REGION}`)).toMatch(/^OK UNREGISTER_EC2 0\n/);
    expect(await door.client.text(`UNREGISTER_ECS:dev:search:${REGION}`)).toMatch(/^OK UNREGISTER_ECS 0\n/);
    expect(await door.client.text(`unregister_eks:dev-kubernetes:workers:${REGION}`)).toMatch(
      /^OK UNREGISTER_EKS 0\n/,
    );
    for (const line of SERVICES.trimEnd().split('\n'))
      expect(door.program.read('services.yaml')).toContain(line);
    expect(await door.client.rows('LIST_REGISTERED_SERVICES')).toHaveLength(2);
  });
});

describe('holds', () => {
  it('keep for as long as asked, seven days at most, spare from NAP, and end by RELEASE', async () => {
    const target = `ec2:${REGION}:${API}`;
    expect(await door.client.text(`HOLD:90:${target}`)).toMatch(/^OK HOLD 0\n/);
    expect(await door.client.text(`HOLD:10080:ec2%3A${REGION}%3A${API}`)).toMatch(/^OK HOLD 0\n/);
    const held = (await door.client.rows('LIST_REGISTERED_SERVICES')).find((row) => row.target === target);
    expect(held?.lease_until).toMatch(RFC3339);
    expect(Math.abs(Date.parse(held?.lease_until ?? '') - Date.now() - 7 * 86_400_000)).toBeLessThan(30_000);
    const nap = await door.client.json({ id: 'n', type: 'NAP', content: { target } });
    expect(nap.content).toMatchObject({ success: true, target });
    expect(nap.content.message).toContain(target);
    expect(instance(API)).toBe('running');
    expect(await door.client.text(`RELEASE:${target}`)).toMatch(/^OK RELEASE 0\n/);
    expect(await door.client.text('RELEASE')).toMatch(/^OK RELEASE 0\n/);
    // Presence is unknown here: nothing naps by itself, but a person may say so.
    expect(await door.client.text(`NAP:${target}`)).toMatch(/^OK NAP 0\n/);
    await until('it naps', () => instance(API) === 'stopped');
    await until('STATUS says so', async () => (await door.client.text('STATUS')).includes('napping\t1'));
    const hold = await door.client.json({ id: 'h', type: 'HOLD', content: { minutes: 0.5, target } });
    expect(hold.content).toMatchObject({ success: true, target });
    await until('the hold has brought it back', () => instance(API) === 'running');
    await door.client.text('RELEASE');
  });
});

describe('repetition and rates', () => {
  it('acts once on the same request, and answers it the same', async () => {
    const calls = () => door.sandbox.journal.entries().length;
    const request = JSON.stringify({
      id: 'same',
      type: 'AWS_EC2_STOP',
      timestamp: 1,
      source: 'x',
      content: { instance_id: STOPPED, region: REGION },
    });
    await door.client.text(`START_EC2:${STOPPED}:${REGION}`);
    await until('it runs', () => instance(STOPPED) === 'running');
    const first = await door.client.text(request);
    await until('it has stopped', () => instance(STOPPED) === 'stopped');
    await door.client.text(`START_EC2:${STOPPED}:${REGION}`);
    await until('it runs again', () => instance(STOPPED) === 'running');
    const before = calls();
    expect(await door.client.text(request)).toBe(first);
    expect(calls()).toBe(before);
    expect(instance(STOPPED)).toBe('running');
    const another = await UdpClient.open(door.program.udpPort);
    try {
      expect(JSON.parse(await another.text(request)).content.success).toBe(true);
    } finally {
      another.close();
    }
    expect(calls()).toBe(before + 1);
  });

  it('limits what calls AWS to 20 a second for each peer, and nothing else', async () => {
    for (let n = 0; n < 60; n += 1) door.client.send(`START_EC2:i-0fffffffffffff0${n + 10}:${REGION}`);
    const replies = await door.client.receive(60);
    expect(replies.filter((reply) => reply.startsWith('ERROR RATE_LIMITED ')).length).toBeGreaterThan(0);
    expect(replies.filter((reply) => reply.startsWith('ERROR NOT_FOUND ')).length).toBeGreaterThanOrEqual(20);
    for (let n = 0; n < 60; n += 1) door.client.send('PING');
    expect(new Set(await door.client.receive(60))).toEqual(new Set(['OK PING 0\npong']));
  });
});

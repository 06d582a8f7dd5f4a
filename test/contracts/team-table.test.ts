/** The contract of a team's table, against the fake that the agent's tests stand on and against DynamoDB's emulators. */
import { DynamoDB } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TeamTrouble } from '../fakes/memory-team-table.js';
import { MemoryTeamTable } from '../fakes/memory-team-table.js';
import { sessionFor } from './driver-world.js';
import { motoIsThere, startMoto } from './moto.js';
import { type Endpoint, KEYS, openWay, REGION, startDynalite, tableAt, tablesAt } from './team-endpoint.js';
import { teamTableContract } from './team-table.contract.js';

teamTableContract('MemoryTeamTable', async () => ({
  async open(count) {
    const server = new MemoryTeamTable({ made: false });
    const lost = new Map<number, TeamTrouble>();
    const clients = Array.from({ length: count }, (_, at) =>
      server.client({
        trouble({ writes }) {
          const trouble = writes ? lost.get(at) : undefined;
          if (trouble) lost.delete(at);
          return trouble;
        },
      }),
    );
    return { clients, loseNext: (client) => void lost.set(client, 'lost') };
  },
  async close() {},
}));

teamTableContract('DynamoDB in dynalite', async () => tablesAt(await startDynalite()));

const me = { id: 'me', name: 'Me', machine: 'desk', seq: 1, leases: {} };

const required = process.env.CLOUDNAP_TEST_REQUIRE_ALL === '1';

if (required)
  it('moto is installed (node scripts/setup-moto.mjs)', () => {
    expect(motoIsThere).toBe(true);
  });

describe.skipIf(!motoIsThere)('moto (needs Python and `node scripts/setup-moto.mjs`)', () => {
  teamTableContract('DynamoDB in moto', async () => {
    const moto = await startMoto();
    const { endpoint } = await moto.backend.open({ account: '123456789012', regions: {} });
    // It checks a condition and writes in two steps, so that of two at once both may be first.
    return tablesAt({ url: endpoint, close: () => moto.stop() }, { oneByOne: true });
  });

  it('is reached through a session, in the account that is signed in', async () => {
    const moto = await startMoto();
    const world = await moto.backend.open({ account: '123456789012', regions: {} });
    const session = sessionFor(world);
    const place = { table: 'cloudnap-team', region: REGION };
    expect(await session.team(place).create()).toBe('created');
    expect(await session.team(place).beat({ member: me, expected: 0 })).toBe(true);
    // The same process by the same table: its own beat once more.
    expect(await session.team(place).beat({ member: me, expected: 0 })).toBe(true);
    expect(await session.team({ ...place, region: 'us-east-1' }).create()).toBe('created');
    session.close();
    await moto.stop();
  });
});

describe('a table in DynamoDB', () => {
  let endpoint: Endpoint;
  let plain: DynamoDB;
  beforeAll(async () => {
    endpoint = await startDynalite();
    plain = new DynamoDB({ region: REGION, endpoint: endpoint.url, credentials: KEYS });
  });
  afterAll(async () => {
    plain.destroy();
    await endpoint.close();
  });

  const API = 'ecs:eu-central-1:main:api';
  const ours = async (name: string) => {
    const way = await openWay(endpoint.url);
    const opened = tableAt(way.url, name);
    await opened.table.create();
    return { ...opened, way };
  };

  it('costs by request, and one without the means to tidy it is told of and good all the same', async () => {
    const { table, warned } = await ours('tidy');
    const { Table } = await plain.describeTable({ TableName: 'tidy' });
    expect(Table?.BillingModeSummary?.BillingMode).toBe('PAY_PER_REQUEST');
    // dynalite knows of no time to live.
    expect(warned).toEqual([expect.stringMatching(/stay in the team's table/)]);
    await table.beat({ member: me, expected: 0 });
    const { Item } = await plain.getItem({ TableName: 'tidy', Key: { pk: { S: 'member#me' } } });
    const days = (Number(Item?.expires?.N) - Date.now() / 1_000) / 86_400;
    expect(days).toBeGreaterThan(6.9);
    expect(days).toBeLessThan(7.1);
  });

  it('is waited for while it is made', async () => {
    const slow = await startDynalite(300);
    const { table, close } = tableAt(slow.url, 'slow');
    expect(await table.create()).toBe('created');
    expect(await table.beat({ member: me, expected: 0 })).toBe(true);
    close();
    await slow.close();
  });

  it('of somebody else is refused, and nothing in it is touched', async () => {
    const schema = (TableName: string, key: string) =>
      plain.createTable({
        TableName,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [{ AttributeName: key, AttributeType: 'S' }],
        KeySchema: [{ AttributeName: key, KeyType: 'HASH' }],
      });
    await Promise.all([schema('orders', 'id'), schema('lookalike', 'pk')]);
    const refused = { fault: 'refused', message: expect.stringMatching(/is not a Cloudnap team's/) };
    for (const name of ['orders', 'lookalike']) {
      const { table } = tableAt(endpoint.url, name);
      // Until then the table cannot be used at all.
      await expect
        .poll(async () => (await plain.describeTable({ TableName: name })).Table?.TableStatus)
        .toBe('ACTIVE');
      await plain.putItem({ TableName: name, Item: { pk: { S: 'order 1' }, id: { S: 'order 1' } } });
      await expect(table.read([API])).rejects.toMatchObject(refused);
      await expect(table.create()).rejects.toMatchObject(refused);
      await expect(table.beat({ member: me, expected: 0 })).rejects.toMatchObject(refused);
      expect((await plain.scan({ TableName: name })).Count).toBe(1);
    }
  });

  it('whose making was cut off is finished by the next', async () => {
    const { table } = await ours('half');
    await plain.deleteItem({ TableName: 'half', Key: { pk: { S: 'team' } } });
    const again = tableAt(endpoint.url, 'half').table;
    await expect(again.read([API])).rejects.toMatchObject({ fault: 'refused' });
    expect(await again.create()).toBe('found');
    expect(await table.beat({ member: me, expected: 0 })).toBe(true);
    expect((await again.readAll()).members).toEqual([me]);
  });

  it.each([
    ['a state that no target has', `target#${API}`, { state: { S: 'asleep' } }, /target#ecs.*: state/],
    ['an epoch that is no number', `target#${API}`, { epoch: { S: '1' } }, /epoch/],
    ['a snapshot that is not JSON', `target#${API}`, { snapshot: { S: '{' } }, /snapshot: is not JSON/],
    [
      'a snapshot of another kind',
      `target#${API}`,
      { snapshot: { S: '{"saved":{"kind":"eks","min":1,"desired":1,"max":1},"account":"1","reason":""}' } },
      /another kind of target/,
    ],
    ['no actor, although it naps', `target#${API}`, { state: { S: 'napped' } }, /actor/],
    ['a later format', `target#${API}`, { format: { N: '2' } }, /of a later Cloudnap/],
    ['no kind', `target#${API}`, { kind: { NULL: true } }, /not the row of a target/],
    [
      'a lease that is no number',
      'member#mina',
      { leases: { M: { [API]: { S: 'long' } } } },
      /member#mina.*leases/,
    ],
    ['a lease on nothing', 'member#mina', { leases: { M: { web: { N: '1' } } } }, /leases\.web/],
    ['a key of nobody', 'order#1', {}, /order#1.*not a row of Cloudnap/],
  ] as const)(
    'with a row that has %s is read by nobody, and the row is named',
    async (what, key, change, told) => {
      const name = `damaged-${what.replace(/\W/g, '')}`;
      const { table, close } = await ours(name);
      await table.beat({ member: { ...me, id: 'mina' }, expected: 0 });
      await table.enter(API, { id: 'mina', seq: 1 });
      const { Item } = await plain.getItem({ TableName: name, Key: { pk: { S: key } } });
      await plain.putItem({ TableName: name, Item: { ...Item, pk: { S: key }, ...change } });
      const before = await plain.scan({ TableName: name });
      const refused = { fault: 'refused', message: expect.stringMatching(told), hint: expect.any(String) };
      await expect(table.readAll()).rejects.toMatchObject(refused);
      if (key !== 'order#1') await expect(table.read([API])).rejects.toMatchObject(refused);
      const after = await plain.scan({ TableName: name });
      expect(after.Items).toEqual(before.Items);
      close();
    },
  );

  it('is not entered through a row of a later Cloudnap', async () => {
    const { table } = await ours('later');
    await plain.putItem({
      TableName: 'later',
      Item: { pk: { S: `target#${API}` }, kind: { S: 'target' }, format: { N: '2' } },
    });
    await expect(table.enter(API, { id: 'me', seq: 1 })).rejects.toMatchObject({
      message: expect.stringMatching(/later Cloudnap/),
    });
    const { Item } = await plain.getItem({ TableName: 'later', Key: { pk: { S: `target#${API}` } } });
    expect(Object.keys(Item ?? {}).sort()).toEqual(['format', 'kind', 'pk']);
  });

  it('is asked again for what an answer left out', async () => {
    const { table, way } = await ours('left-out');
    const ids = ['api', 'web', 'jobs'].map((service) => `ecs:eu-central-1:main:${service}` as const);
    for (const id of ids) await table.enter(id, { id: 'me', seq: 1 });
    way.alterNext('BatchGetItem', (answer) => {
      const items = (answer.Responses as Record<string, { pk: object }[]>)['left-out'] ?? [];
      const [first, ...rest] = items;
      return {
        Responses: { 'left-out': [first] },
        UnprocessedKeys: { 'left-out': { Keys: rest.map(({ pk }) => ({ pk })), ConsistentRead: true } },
      };
    });
    way.asked.length = 0;
    const { targets } = await table.read(ids);
    expect(targets.map(({ targetId }) => targetId).sort()).toEqual([...ids].sort());
    expect(way.asked.filter((operation) => operation === 'BatchGetItem').length).toBeGreaterThanOrEqual(3);
  });

  it('is unreachable where nobody answers, with the cure', async () => {
    const way = await openWay(endpoint.url);
    await way.close();
    const { table } = tableAt(way.url, 'nowhere');
    await expect(table.read([API])).rejects.toMatchObject({
      fault: 'unreachable',
      hint: expect.stringMatching(/network/),
    });
  });

  it('that is not there names the cure', async () => {
    const { table } = tableAt(endpoint.url, 'nothing');
    await expect(table.read([API])).rejects.toMatchObject({
      fault: 'missing',
      message: 'There is no table nothing in eu-central-1',
      hint: expect.stringMatching(/cloudnap team create.*cloudnap team join/),
    });
  });
});

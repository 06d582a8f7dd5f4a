/** The shipped JSON Schemas are those of the code, and say the same about a file as the code does. */
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { configSchemas } from '../../../src/config/json-schema.js';
import { readServices } from '../../../src/config/services-read.js';
import { readSettings } from '../../../src/config/settings-read.js';
import { defaultSettingsText } from '../../../src/config/settings-schema.js';

const names = ['settings.schema.json', 'services.schema.json'] as const;

async function shipped(name: (typeof names)[number]): Promise<Parameters<typeof z.fromJSONSchema>[0]> {
  return JSON.parse(await readFile(new URL(`../../../schemas/${name}`, import.meta.url), 'utf8'));
}

test('schemas/ is what the code would write (else: npm run build && node scripts/schemas.mjs)', async () => {
  expect(Object.keys(configSchemas())).toEqual(names);
  for (const name of names) expect(await shipped(name)).toEqual(configSchemas()[name]);
});

test.each([
  ['the defaults', defaultSettingsText(), true],
  ['nothing at all', '{}', true],
  ['its own schema', '{"$schema": "x"}', true],
  ['fractions', '{"activity_monitor": {"inactivity_timeout_minutes": 0.5}}', true],
  ['a list of regions', '{"aws": {"regions": ["eu-central-1"]}}', true],
  ['no timeout', '{"activity_monitor": {"inactivity_timeout_minutes": 0}}', false],
  ['a port out of range', '{"udp_server": {"port": 65536}}', false],
  ['half a port', '{"udp_server": {"port": 20200.5}}', false],
  ['text for a switch', '{"aws": {"dry_run": "true"}}', false],
  ['another word', '{"activity_monitor": {"on_suspend": "sleep"}}', false],
  ['quiet hours', '{"notifications": {"quiet_hours": "22:00-08:00"}, "tray": {"enabled": false}}', true],
  ['an hour that no day has', '{"notifications": {"quiet_hours": "22:00-28:00"}}', false],
  ['a team', '{"leases": {"team": {"enabled": true, "region": "eu-central-1", "name": "Mina"}}}', true],
  ['a team without a table', '{"leases": {"team": {"table": ""}}}', false],
  ['a heartbeat too fast', '{"leases": {"team": {"heartbeat_seconds": 1}}}', false],
  ['no regions', '{"aws": {"regions": []}}', false],
])('settings.json with %s: the shipped schema says what the code says', async (_what, text, good) => {
  const schema = z.fromJSONSchema(await shipped('settings.schema.json'));
  expect(schema.safeParse(JSON.parse(text)).success).toBe(good);
  expect(readSettings('settings.json', text).faults.length === 0).toBe(good);
});

test.each([
  ['empty lists', 'ec2_instances:\necs_services: []', true],
  ['entries', 'ec2_instances: [{instance_id: i-1, region: us-east-1, name: }]', true],
  [
    'all of ECS',
    'ecs_services: [{cluster_name: c, service_name: s, region: us-east-1, desired_count: 1}]',
    true,
  ],
  [
    'all of EKS',
    'eks_nodegroups: [{cluster_name: c, nodegroup_name: s, region: us-east-1, autoscaler: ours}]',
    true,
  ],
  ['a shared one', 'ec2_instances: [{instance_id: i-1, region: us-east-1, shared: true}]', true],
  ['half shared', 'ec2_instances: [{instance_id: i-1, region: us-east-1, shared: half}]', false],
  ['a missing field', 'ec2_instances: [{instance_id: i-1}]', false],
  ['a number for a name', 'ecs_services: [{cluster_name: 1, service_name: s, region: us-east-1}]', false],
  [
    'a negative size',
    'eks_nodegroups: [{cluster_name: c, nodegroup_name: s, region: us-east-1, desired_size: -1}]',
    false,
  ],
])('services.yaml with %s: the shipped schema says what the code says', async (_what, text, good) => {
  const schema = z.fromJSONSchema(await shipped('services.schema.json'));
  expect(schema.safeParse(parse(text)).success).toBe(good);
  expect(readServices('services.yaml', text).faults.length === 0).toBe(good);
});

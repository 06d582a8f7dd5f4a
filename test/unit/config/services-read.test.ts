/** services.yaml: what entries mean, and each kind of mistake with its line, column, key and cure. */
import { describe, expect, test } from 'vitest';
import { readServices } from '../../../src/config/services-read.js';
import { describeFault } from '../../../src/core/registry.js';

const read = (text: string) => readServices('/home/kim/services.yaml', text);
const registered = (text: string) => {
  const { entries, faults } = read(text);
  expect(faults).toEqual([]);
  return entries?.map((entry) => entry.registered);
};

const SEED = `ec2_instances:
  - instance_id: i-1234567890abcdef0
    region: ap-northeast-2
    description: "개발 서버"
  - instance_id: i-0987654321fedcba0
    region: us-west-2
    description: "테스트 서버"

ecs_services:
  - cluster_name: my-cluster
    service_name: my-service
    region: ap-northeast-2
    description: "API 서버"

eks_nodegroups:
  - cluster_name: my-eks-cluster
    nodegroup_name: my-nodegroup
    region: ap-northeast-2
    desired_size: 2
    description: "쿠버네티스 클러스터"
`;

test('the shape the product was born with', () => {
  const plain = {
    name: undefined,
    enabled: true,
    timeoutMs: undefined,
    dependsOn: [],
    autoscalerOurs: false,
    shared: false,
  };
  expect(registered(SEED)).toEqual([
    {
      ...plain,
      id: 'ec2:ap-northeast-2:i-1234567890abcdef0',
      target: { kind: 'ec2', region: 'ap-northeast-2', instanceId: 'i-1234567890abcdef0' },
      description: '개발 서버',
      desired: undefined,
    },
    {
      ...plain,
      id: 'ec2:us-west-2:i-0987654321fedcba0',
      target: { kind: 'ec2', region: 'us-west-2', instanceId: 'i-0987654321fedcba0' },
      description: '테스트 서버',
      desired: undefined,
    },
    {
      ...plain,
      id: 'ecs:ap-northeast-2:my-cluster:my-service',
      target: { kind: 'ecs', region: 'ap-northeast-2', cluster: 'my-cluster', service: 'my-service' },
      description: 'API 서버',
      desired: undefined,
    },
    {
      ...plain,
      id: 'eks:ap-northeast-2:my-eks-cluster:my-nodegroup',
      target: { kind: 'eks', region: 'ap-northeast-2', cluster: 'my-eks-cluster', nodegroup: 'my-nodegroup' },
      description: '쿠버네티스 클러스터',
      desired: 2,
    },
  ]);
});

test('everything an entry may have, dependencies by name and by target name', () => {
  const [db, web, nodes] =
    registered(`ec2_instances:
  - {instance_id: i-1, region: us-east-1, name: db, enabled: false, inactivity_timeout_minutes: 0.5}
ecs_services:
  - cluster_name: c
    service_name: s
    region: us-east-1
    desired_count: 3
    depends_on: [db, "eks:us-east-1:k:n", ec2:us-east-1:i-1]
eks_nodegroups:
  - {cluster_name: k, nodegroup_name: n, region: us-east-1, autoscaler: ours, depends_on: }
`) ?? [];
  expect(db).toMatchObject({ name: 'db', enabled: false, timeoutMs: 30_000 });
  expect(web).toMatchObject({ desired: 3, dependsOn: ['ec2:us-east-1:i-1', 'eks:us-east-1:k:n'] });
  expect(nodes).toMatchObject({ autoscalerOurs: true, dependsOn: [] });
});

test.each([
  ['nothing', ''],
  ['only comments', '# nothing yet\n'],
  ['lists without entries', 'ec2_instances:\necs_services: []\neks_nodegroups: null\n'],
  ['an empty document', '---\n...\n'],
])('%s is an empty registry', (_what, text) => {
  expect(registered(text)).toEqual([]);
});

test('anchors, merge keys and a byte order mark are understood', () => {
  const entries = registered(`\uFEFFec2_instances:
  - &base
    instance_id: i-1
    region: us-east-1
    description: dev
  - <<: *base
    instance_id: i-2
`);
  expect(entries?.map(({ id, description }) => [id, description])).toEqual([
    ['ec2:us-east-1:i-1', 'dev'],
    ['ec2:us-east-1:i-2', 'dev'],
  ]);
});

const ec2 = (...lines: string[]) =>
  ['ec2_instances:', '  - instance_id: i-1', ...lines.map((line) => `    ${line}`)].join('\n');

describe('mistakes', () => {
  test.each([
    [
      'a tab',
      'ec2_instances:\n\t- instance_id: i-1',
      '2:1: ec2_instances: found a tab, expected spaces .*: replace the tab by spaces',
    ],
    [
      'a key twice',
      ec2('region: us-east-1', 'region: us-west-2'),
      '4:5: ec2_instances\\[0\\].region: found the key region again on line 4',
    ],
    [
      'a list twice',
      'ec2_instances: []\nec2_instances: []',
      '2:1: ec2_instances: found the key ec2_instances again',
    ],
    ['an open bracket', 'ec2_instances: [', '1:17: ec2_instances: found the end of the line'],
    [
      'an open quote',
      ec2('region: "us-east-1'),
      '3:23: ec2_instances\\[0\\].region: found the end of the line \\(Missing closing "quote\\), expected YAML: see to the indentation, quotes',
    ],
    [
      'a second colon',
      ec2('region: us-east-1', 'description: dev: web'),
      '4:18: ec2_instances\\[0\\].description: found "dev: web", .*quotes',
    ],
    ['a reserved sign', ec2('region: @home'), '3:13: ec2_instances\\[0\\].region: found "@home", .*quotes'],
    [
      'bad indentation',
      'ec2_instances:\n  - instance_id: i-1\n   region: us-east-1',
      '3:1: ec2_instances\\[0\\].instance_id: found "region: us-east-1" .*expected YAML: see to the indentation',
    ],
    [
      'two documents',
      'ec2_instances: []\n---\necs_services: []',
      '2:1: ec2_instances: found a second document after ---',
    ],
    [
      'an alias of nothing',
      'ec2_instances:\n  - *base',
      '2:5: ec2_instances\\[0\\]: found \\*base, .*add &base there',
    ],
    [
      'not a mapping',
      '- instance_id: i-1',
      '1:1: found a list, expected the keys ec2_instances, ecs_services, eks_nodegroups',
    ],
    ['text', 'hello', '1:1: found "hello", expected the keys'],
    [
      'a list that is none',
      'ec2_instances: i-1',
      '1:1: ec2_instances: found "i-1", expected a list of entries, each beginning with "-"',
    ],
    [
      'a list that is a mapping',
      'ec2_instances:\n  instance_id: i-1',
      '1:1: ec2_instances: found a group of keys, expected a list of entries',
    ],
    ['an empty entry', 'ec2_instances:\n  -', '2:4: ec2_instances\\[0\\]: found nothing, expected an entry'],
    [
      'an entry that is text',
      'ec2_instances:\n  - i-1',
      '2:5: ec2_instances\\[0\\]: found "i-1", expected an entry with its keys',
    ],
    [
      'a missing field',
      ec2(),
      '2:5: ec2_instances\\[0\\].region: found nothing, expected a region name such as eu-central-1: add region',
    ],
    [
      'a field without a value',
      ec2('region:'),
      '3:5: ec2_instances\\[0\\].region: found nothing, expected a region name',
    ],
    [
      'a bad region',
      ec2('region: eu-central'),
      '3:5: ec2_instances\\[0\\].region: found "eu-central", expected a region name such as eu-central-1',
    ],
    [
      'a bad id',
      'ec2_instances:\n  - {instance_id: web, region: us-east-1}',
      '2:6: ec2_instances\\[0\\].instance_id: found "web", expected an instance id',
    ],
    [
      'an id without quotes',
      'ecs_services:\n  - cluster_name: 0123\n    service_name: true\n    region: us-east-1',
      '2:5: ecs_services\\[0\\].cluster_name: found the number 0123, expected a cluster name .*: put it in quotes',
    ],
    [
      'an ARN',
      'ecs_services:\n  - cluster_name: arn:aws:ecs:us-east-1:1:cluster/c\n    service_name: s\n    region: us-east-1',
      '2:5: ecs_services\\[0\\].cluster_name: .*not an ARN',
    ],
    [
      'a bad node group',
      'eks_nodegroups:\n  - {cluster_name: c, nodegroup_name: "a b", region: us-east-1}',
      '2:23: eks_nodegroups\\[0\\].nodegroup_name: found "a b"',
    ],
    [
      'a switch in quotes',
      ec2('region: us-east-1', 'enabled: "false"'),
      '4:5: ec2_instances\\[0\\].enabled: found "false", expected true or false: write it without quotes',
    ],
    [
      'a switch of YAML 1.1',
      ec2('region: us-east-1', 'enabled: no'),
      '4:5: ec2_instances\\[0\\].enabled: found "no", expected true or false',
    ],
    [
      'a timeout of nothing',
      ec2('region: us-east-1', 'inactivity_timeout_minutes: 0'),
      '4:5: .*inactivity_timeout_minutes: found the number 0, expected a number of minutes above 0',
    ],
    [
      'a timeout without end',
      ec2('region: us-east-1', 'inactivity_timeout_minutes: .inf'),
      '4:5: .*: found the number .inf, expected a number of minutes',
    ],
    [
      'a negative size',
      'ecs_services:\n  - {cluster_name: c, service_name: s, region: us-east-1, desired_count: -1}',
      '2:59: .*desired_count: found the number -1, expected a whole number of tasks from 0',
    ],
    [
      'half a node',
      'eks_nodegroups:\n  - {cluster_name: c, nodegroup_name: n, region: us-east-1, desired_size: 1.5}',
      '2:61: .*desired_size: found the number 1.5',
    ],
    [
      'another autoscaler',
      'eks_nodegroups:\n  - {cluster_name: c, nodegroup_name: n, region: us-east-1, autoscaler: our}',
      '2:61: .*autoscaler: found "our", expected ours: did you mean ours\\?',
    ],
    [
      'a name like a target',
      ec2('region: us-east-1', 'name: ec2:web'),
      '4:5: ec2_instances\\[0\\].name: found "ec2:web", expected a short name that does not begin with ec2:',
    ],
    [
      'an empty name',
      ec2('region: us-east-1', 'name: ""'),
      '4:5: ec2_instances\\[0\\].name: found "", expected a short name',
    ],
    [
      'a dependency that is no list',
      ec2('region: us-east-1', 'depends_on: db'),
      '4:5: ec2_instances\\[0\\].depends_on: found "db", expected a list of target names .*: write it as a list: \\["db"\\]',
    ],
    [
      'an unknown dependency',
      ec2('region: us-east-1', 'name: web', 'depends_on: [wbe]'),
      '5:18: ec2_instances\\[0\\].depends_on\\[0\\]: found "wbe", .*: did you mean web\\?',
    ],
    [
      'an unregistered dependency',
      ec2('region: us-east-1', 'depends_on:', '  - ec2:us-east-1:i-9999'),
      '5:9: ec2_instances\\[0\\].depends_on\\[0\\]: found "ec2:us-east-1:i-9999", expected the name or target name of an entry in this file: register it first, or take it out here',
    ],
    [
      'itself as a dependency',
      ec2('region: us-east-1', 'depends_on: [ec2:us-east-1:i-1]'),
      '4:5: ec2_instances\\[0\\].depends_on: found a circle',
    ],
  ])('%s', (_what, text, expected) => {
    const { entries, faults } = read(text);
    expect(entries).toBeUndefined();
    expect(describeFault(faults[0]!)).toMatch(new RegExp(`^services\\.yaml:${expected}`));
  });

  test('the same target twice names both lines, under any spelling', () => {
    const { faults } = read(
      'ec2_instances:\n  - {instance_id: i-1, region: us-east-1}\n  # again\n  - region: us-east-1\n    instance_id: "i-1"\n',
    );
    expect(faults.map(describeFault)).toEqual([
      'services.yaml:4:5: ec2_instances[1]: found ec2:us-east-1:i-1 on line 2 and again on line 4, expected each target once: delete one of the two',
    ]);
  });

  test('the same name twice names both lines, across kinds', () => {
    const { faults } = read(`ec2_instances:
  - instance_id: i-1
    name: web
    region: us-east-1
ecs_services:
  - cluster_name: c
    service_name: s
    name: web
    region: us-east-1
`);
    expect(faults.map(describeFault)).toEqual([
      'services.yaml:8:5: ecs_services[0].name: found the name "web" on line 3 and again on line 8, expected each name once: rename one of the two',
    ]);
  });

  test('a circle is named along its way', () => {
    const entry = (id: string, name: string, on: string) =>
      `  - instance_id: ${id}\n    region: us-east-1\n    name: ${name}\n    depends_on: [${on}]\n`;
    const { faults } = read(
      `ec2_instances:\n${entry('i-1', 'a', 'b')}${entry('i-2', 'b', 'c')}${entry('i-3', 'c', 'a')}`,
    );
    expect(faults.map(describeFault)).toEqual([
      expect.stringMatching(
        /^services\.yaml:5:5: ec2_instances\[0\]\.depends_on: found a circle \(a → b → c → a\), expected an order/,
      ),
    ]);
  });

  test('several are told at once', () => {
    const { faults } = read('ec2_instances:\n  - region: x\n  - instance_id: i-1\n');
    expect(faults.map(({ key }) => key)).toEqual([
      'ec2_instances[0].instance_id',
      'ec2_instances[0].region',
      'ec2_instances[1].region',
    ]);
  });

  test('unknown keys are told with their places and are no fault', () => {
    const { entries, faults, unknownKeys } = read(`ec2_instance: []
ec2_instances:
  - instance_id: i-1
    region: us-east-1
    desired_count: 3
    descripton: dev
`);
    expect(faults).toEqual([]);
    expect(entries).toHaveLength(1);
    expect(unknownKeys).toEqual([
      'ec2_instances[0].desired_count',
      'ec2_instances[0].descripton (did you mean description?)',
      'ec2_instance (did you mean ec2_instances?)',
    ]);
  });

  test.each([
    ['bottomless nesting', '['.repeat(200_000)],
    [
      'aliases of aliases',
      `a: &a [x]\n${'bcdefghij'.replace(/./g, (c) => `${c}: &${c} [${`*${String.fromCharCode(c.charCodeAt(0) - 1)},`.repeat(9)}]\n`)}`,
    ],
    ['a list in itself', 'ec2_instances: &a [*a]'],
    ['a key of prototypes', '__proto__: {ec2_instances: []}\nec2_instances: 1'],
  ])('%s is a fault, never a crash', (_what, text) => {
    expect(read(text).faults.length).toBeGreaterThan(0);
  });
});

/** The template: what it allows, how much it holds, and that it is read back as it was written. */
import { describe, expect, it } from 'vitest';
import {
  LARGEST_TEMPLATE,
  readTemplate,
  renderTemplate,
  roleName,
  templateFor,
  withTargets,
} from '../../../src/aws/switch-template.js';
import type { Target } from '../../../src/core/target.js';

const REGION = 'eu-central-1';
const instance = (n: number): Target => ({
  kind: 'ec2',
  region: REGION,
  instanceId: `i-${n.toString(16).padStart(17, '0')}`,
});
const service = (n: number): Target => ({
  kind: 'ecs',
  region: REGION,
  cluster: 'production',
  service: `service-${n}`,
});
const nodegroup = (n: number): Target => ({
  kind: 'eks',
  region: REGION,
  cluster: 'kube',
  nodegroup: `workers-${n}`,
});
const many = (count: number, make: (n: number) => Target) => Array.from({ length: count }, (_, n) => make(n));

type Json = string | readonly Json[] | { readonly [key: string]: Json };

const KNOWN: Readonly<Record<string, string>> = {
  'AWS::Partition': 'aws',
  'AWS::Region': REGION,
  'AWS::AccountId': '123456789012',
};

/** The functions of a template worked out, as CloudFormation would. */
function resolved(value: Json): unknown {
  if (typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(resolved);
  const { Ref, 'Fn::Sub': sub, 'Fn::Split': split } = value as Readonly<Record<string, Json>>;
  if (Ref !== undefined) return KNOWN[String(Ref)];
  if (split !== undefined) {
    const [separator, text] = split as readonly [string, Json];
    return String(resolved(text)).split(separator);
  }
  if (sub !== undefined) {
    const [text, own] =
      typeof sub === 'string' ? [sub, {}] : (sub as readonly [string, Record<string, Json>]);
    const names = { ...KNOWN, ...(resolved(own) as Record<string, string>) };
    return text.replace(/\$\{([^}]+)\}/g, (_all, name: string) => names[name] ?? 'UNKNOWN');
  }
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, resolved(one)]));
}

const policiesOf = (text: string) =>
  Object.values(
    (
      resolved(JSON.parse(text)) as {
        Resources: Record<string, { Type: string; Properties: { Policies: unknown } }>;
      }
    ).Resources,
  )
    .filter(({ Type }) => Type === 'AWS::IAM::Role')
    .map(({ Properties }) => Properties.Policies);

describe('the template', () => {
  it('allows the calls that stop what is covered, and nothing else', () => {
    const text = templateFor([instance(1), instance(2), service(1), nodegroup(1)]);
    const here = `${REGION}:123456789012`;
    expect(policiesOf(text)).toEqual([
      [
        {
          PolicyName: 'stop',
          PolicyDocument: {
            Version: '2012-10-17',
            Statement: [
              {
                Sid: 'Instance',
                Effect: 'Allow',
                Action: ['ec2:StopInstances'],
                Resource: [1, 2].map((n) => `arn:aws:ec2:${here}:instance/i-0000000000000000${n}`),
              },
              {
                Sid: 'Service',
                Effect: 'Allow',
                Action: ['ecs:UpdateService', 'ecs:DescribeServices'],
                Resource: [`arn:aws:ecs:${here}:service/production/service-1`],
              },
              {
                Sid: 'Bounds',
                Effect: 'Allow',
                Action: 'application-autoscaling:RegisterScalableTarget',
                Resource: `arn:aws:application-autoscaling:${here}:scalable-target/*`,
                Condition: {
                  StringEquals: {
                    'application-autoscaling:service-namespace': 'ecs',
                    'application-autoscaling:scalable-dimension': 'ecs:service:DesiredCount',
                  },
                },
              },
              {
                Sid: 'Nodegroup',
                Effect: 'Allow',
                Action: ['eks:UpdateNodegroupConfig'],
                Resource: [`arn:aws:eks:${here}:nodegroup/kube/workers-1/*`],
              },
            ],
          },
        },
      ],
    ]);
  });

  it('lets the scheduler alone act, for our group in this account', () => {
    const { Resources } = resolved(JSON.parse(templateFor([instance(1)]))) as {
      Resources: Record<string, { Properties: object }>;
    };
    expect(Resources.Stop1?.Properties).toMatchObject({
      AssumeRolePolicyDocument: {
        Statement: [
          {
            Effect: 'Allow',
            Principal: { Service: 'scheduler.amazonaws.com' },
            Action: 'sts:AssumeRole',
            Condition: {
              StringEquals: {
                'aws:SourceAccount': '123456789012',
                'aws:SourceArn': `arn:aws:scheduler:${REGION}:123456789012:schedule-group/cloudnap`,
              },
            },
          },
        ],
      },
    });
  });

  it('holds a thousand targets of a region, each role within what IAM takes', () => {
    const targets = [...many(700, instance), ...many(250, service), ...many(50, nodegroup)];
    const text = templateFor(targets);
    expect(Buffer.byteLength(text)).toBeLessThan(LARGEST_TEMPLATE);
    const policies = policiesOf(text);
    expect(policies.length).toBeGreaterThan(1);
    for (const policy of policies) expect(JSON.stringify(policy).length).toBeLessThan(10_240);
    expect(readTemplate(REGION, text)?.coverage.flat()).toHaveLength(1_000);
  });

  it('keeps each role within what IAM takes where names are as long as they may be', () => {
    const long = (n: number): Target => ({
      kind: 'eks',
      region: REGION,
      cluster: 'c'.repeat(100),
      nodegroup: `${n}`.padEnd(63, 'n'),
    });
    for (const policy of policiesOf(templateFor(many(60, long))))
      expect(JSON.stringify(policy).length).toBeLessThan(10_240);
  });

  it('is read back as it was written', () => {
    const coverage = withTargets([], [instance(1), service(1), nodegroup(1)]);
    const read = readTemplate(REGION, renderTemplate(coverage));
    expect(read?.coverage).toEqual(coverage);
    const { Outputs } = JSON.parse(renderTemplate(coverage));
    expect(Outputs.Digest.Value).toBe(read?.digest);
    expect(Outputs[roleName(0)].Value).toEqual({ 'Fn::GetAtt': ['Stop1', 'Arn'] });
  });

  it('leaves everything in the role it is in when more is added', () => {
    const before = withTargets([], many(400, instance));
    const after = withTargets(before, [...many(20, service), ...many(400, instance)]);
    for (const [at, role] of before.entries()) expect(after[at]?.slice(0, role.length)).toEqual(role);
    expect(after.flat()).toHaveLength(420);
    expect(readTemplate(REGION, renderTemplate(after))?.digest).not.toBe(
      readTemplate(REGION, renderTemplate(before))?.digest,
    );
  });

  it('of somebody else is not taken for ours', () => {
    const texts = ['', '{}', 'Resources: {}', 'null', '{"Metadata":{"Cloudnap":{"DeadManFormat":2}}}'];
    expect(texts.map((text) => readTemplate(REGION, text))).toEqual(texts.map(() => undefined));
  });
});

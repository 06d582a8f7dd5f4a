/** The pure rules over registered targets: names, circles, dependents, and faults in one line. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CommandError } from '../../../src/core/errors.js';
import {
  dependentsOf,
  describeFault,
  findCircle,
  type Registered,
  resolveTarget,
} from '../../../src/core/registry.js';
import { type TargetId, targetId } from '../../../src/core/target.js';
import { registered } from '../../fakes/fake-files.js';

const target = (n: number | string) => ({
  kind: 'ec2' as const,
  region: 'eu-central-1',
  instanceId: `i-${n}`,
});
const id = (n: number | string): TargetId => targetId(target(n));

/** Entries by what each depends on: `{ a: ['b'] }`. */
function graph(edges: Readonly<Record<string, readonly string[]>>): readonly Registered[] {
  return Object.entries(edges).map(([from, to]) => ({
    ...registered({ target: target(from) }),
    dependsOn: to.map(id),
  }));
}

describe('resolveTarget', () => {
  const entries = [
    registered({ target: target('db'), name: 'database' }),
    registered({ target: target('web') }),
  ];

  it('finds a target by its name in the registry', () => {
    expect(resolveTarget('database', entries)).toEqual(target('db'));
  });

  it('takes a canonical name, registered or not', () => {
    expect(resolveTarget(id('web'), entries)).toEqual(target('web'));
    expect(resolveTarget('ecs:us-east-1:main:api', entries)).toEqual({
      kind: 'ecs',
      region: 'us-east-1',
      cluster: 'main',
      service: 'api',
    });
  });

  it('prefers the name somebody gave, whatever it looks like', () => {
    const twisted = [registered({ target: target('db'), name: id('web') })];
    expect(resolveTarget(id('web'), twisted)).toEqual(target('db'));
  });

  it.each(['', 'Database', 'databas', 'ec2:eu-central-1', 'i-db'])('%j names nothing', (text) => {
    expect(() => resolveTarget(text, entries)).toThrow(
      expect.objectContaining({
        constructor: CommandError,
        code: 'BAD_REQUEST',
        message: `"${text}" names no target`,
        hint: expect.stringContaining('ec2:REGION:ID'),
      }),
    );
  });
});

describe('findCircle', () => {
  it.each<[string, Record<string, string[]>, string[] | undefined]>([
    ['nothing', {}, undefined],
    ['a chain', { a: ['b'], b: ['c'], c: [] }, undefined],
    ['two ways to the same one', { a: ['b', 'c'], b: ['d'], c: ['d'], d: [] }, undefined],
    ['one that depends on what is not registered', { a: ['x'] }, undefined],
    ['one that depends on itself', { a: ['a'] }, ['a', 'a']],
    ['two on each other', { a: ['b'], b: ['a'] }, ['a', 'b', 'a']],
    ['a tail that leads into a circle is not part of it', { t: ['a'], a: ['b'], b: ['a'] }, ['a', 'b', 'a']],
    ['a circle behind an innocent branch', { a: ['z', 'b'], z: [], b: ['c'], c: ['b'] }, ['b', 'c', 'b']],
  ])('%s', (_what, edges, circle) => {
    expect(findCircle(graph(edges))).toEqual(circle?.map(id));
  });

  const anyGraph = fc
    .array(fc.uniqueArray(fc.integer({ min: 0, max: 6 }), { maxLength: 3 }), { maxLength: 7 })
    .map((edges) => graph(Object.fromEntries(edges.map((to, from) => [from, to.map(String)]))));

  it('names a real circle, each step an edge, or there is none', () => {
    fc.assert(
      fc.property(anyGraph, (entries) => {
        const circle = findCircle(entries);
        const dependents = dependentsOf(entries);
        const inCircle = entries.filter((entry) => dependents.get(entry.id)?.has(entry.id));
        if (!circle) {
          expect(inCircle).toEqual([]);
          return;
        }
        expect(circle.at(0)).toBe(circle.at(-1));
        for (const [at, from] of circle.slice(0, -1).entries())
          expect(entries.find((entry) => entry.id === from)?.dependsOn).toContain(circle[at + 1]);
      }),
    );
  });
});

describe('dependentsOf', () => {
  it.each<[string, Record<string, string[]>, Record<string, string[]>]>([
    ['nobody depends', { a: [], b: [] }, { a: [], b: [] }],
    ['directly', { web: ['db'], db: [] }, { web: [], db: ['web'] }],
    ['through others', { web: ['api'], api: ['db'], db: [] }, { web: [], api: ['web'], db: ['api', 'web'] }],
    [
      'by two ways, once',
      { web: ['api', 'job'], api: ['db'], job: ['db'], db: [] },
      { web: [], api: ['web'], job: ['web'], db: ['api', 'job', 'web'] },
    ],
    ['in a circle it ends all the same', { a: ['b'], b: ['a'] }, { a: ['a', 'b'], b: ['a', 'b'] }],
  ])('%s', (_what, edges, expected) => {
    const all = dependentsOf(graph(edges));
    for (const [name, dependents] of Object.entries(expected))
      expect([...(all.get(id(name)) ?? [])].sort()).toEqual(dependents.map(id).sort());
    expect(all.size).toBe(Object.keys(edges).length);
  });
});

describe('describeFault', () => {
  const fault = { line: 4, column: 5, key: 'ec2_instances[0].region', message: 'found "eu-central"' };
  it.each([
    [
      { ...fault, file: '/home/me/.config/cloudnap/services.yaml' },
      'services.yaml:4:5: ec2_instances[0].region: found "eu-central"',
    ],
    [
      { ...fault, file: 'C:\\Users\\me\\services.yaml' },
      'services.yaml:4:5: ec2_instances[0].region: found "eu-central"',
    ],
    [{ ...fault, file: 'services.yaml', key: undefined }, 'services.yaml:4:5: found "eu-central"'],
    [
      { file: 'settings.json', line: undefined, column: undefined, key: undefined, message: 'it is empty' },
      'settings.json: it is empty',
    ],
    [
      { ...fault, file: 'services.yaml', column: undefined },
      'services.yaml:4: ec2_instances[0].region: found "eu-central"',
    ],
  ])('%j', (given, line) => {
    expect(describeFault(given)).toBe(line);
  });
});

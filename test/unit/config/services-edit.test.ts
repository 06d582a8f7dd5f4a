/** Editing services.yaml in place: whatever its style, only the entry's own bytes come and go. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HEADER, insertEntry, removeEntry } from '../../../src/config/services-edit.js';
import { readServices } from '../../../src/config/services-read.js';
import { SECTIONS, type Section } from '../../../src/config/services-schema.js';

const NEW = { instance_id: 'i-9', region: 'us-east-1' };
const ids = (text: string | undefined) => {
  const { entries, faults } = readServices('services.yaml', text ?? 'broken: [');
  expect(faults).toEqual([]);
  return entries?.map(({ registered }) => registered.id);
};

const STYLED = `# Who sleeps at night.  Ask Kim first!
ec2_instances:   # the cheap ones

    # the database, shared
    -   instance_id: 'i-1'    # do not rename
        region:      "us-east-1"
        description: >-
          a very long description that is folded over lines in the file and that no tool may ever fold in another way

    -   {instance_id: i-2, region: us-east-1}   # one line

ecs_services: [ ]
eks_nodegroups:   ~
# the end
`;

describe('adding', () => {
  test('to a styled list follows its style and touches nothing else', () => {
    expect(insertEntry(STYLED, 'ec2_instances', { ...NEW, name: 'web' })).toBe(
      STYLED.replace(
        'region: us-east-1}   # one line\n',
        `region: us-east-1}   # one line

    -   instance_id: i-9
        region: us-east-1
        name: web
`,
      ),
    );
  });

  test('to an empty list and to none at all', () => {
    const entry = { cluster_name: 'c', service_name: 's', region: 'us-east-1' };
    expect(insertEntry(STYLED, 'ecs_services', entry)).toBe(
      STYLED.replace(
        'ecs_services: [ ]\n',
        `ecs_services:
    - cluster_name: c
      service_name: s
      region: us-east-1
`,
      ),
    );
    expect(insertEntry('a: 1\neks_nodegroups:   ~ # soon\n', 'eks_nodegroups', NEW)).toBe(
      'a: 1\neks_nodegroups: # soon\n  - instance_id: i-9\n    region: us-east-1\n',
    );
  });

  test.each([
    ['an empty file', '', 'ec2_instances:\n  - instance_id: i-9\n    region: us-east-1\n'],
    ['a new file', HEADER, `${HEADER}ec2_instances:\n  - instance_id: i-9\n    region: us-east-1\n`],
    [
      'comments only, no line end',
      '# mine',
      '# mine\nec2_instances:\n  - instance_id: i-9\n    region: us-east-1',
    ],
    [
      'another section',
      'ecs_services: []\n',
      'ecs_services: []\n\nec2_instances:\n  - instance_id: i-9\n    region: us-east-1\n',
    ],
    [
      'an end mark',
      '---\necs_services: []\n...\n',
      '---\necs_services: []\n\nec2_instances:\n  - instance_id: i-9\n    region: us-east-1\n...\n',
    ],
    [
      'dashes under the key',
      'ec2_instances:\n- instance_id: i-1\n  region: r-r-1\n',
      'ec2_instances:\n- instance_id: i-1\n  region: r-r-1\n- instance_id: i-9\n  region: us-east-1\n',
    ],
    ['no line end', 'ec2_instances:', 'ec2_instances:\n  - instance_id: i-9\n    region: us-east-1'],
    [
      'Windows line ends',
      'ec2_instances:\r\n  - instance_id: i-1\r\n    region: us-west-1\r\n# end\r\n',
      'ec2_instances:\r\n  - instance_id: i-1\r\n    region: us-west-1\r\n  - instance_id: i-9\r\n    region: us-east-1\r\n# end\r\n',
    ],
    [
      'a comment about the last entry',
      'ec2_instances:\n  - instance_id: i-1\n    region: us-west-1\n    # about i-1\n  # about all\n',
      'ec2_instances:\n  - instance_id: i-1\n    region: us-west-1\n    # about i-1\n  - instance_id: i-9\n    region: us-east-1\n  # about all\n',
    ],
    [
      'text in a block',
      'ec2_instances:\n  - instance_id: i-1\n    region: us-west-1\n    description: |\n      # not a comment\n      - nor an entry\n',
      'ec2_instances:\n  - instance_id: i-1\n    region: us-west-1\n    description: |\n      # not a comment\n      - nor an entry\n  - instance_id: i-9\n    region: us-east-1\n',
    ],
    [
      'brackets',
      'ec2_instances: [{instance_id: i-1, region: us-west-1}] # all\n',
      'ec2_instances: [{instance_id: i-1, region: us-west-1}, {"instance_id": "i-9", "region": "us-east-1"}] # all\n',
    ],
    [
      'brackets over lines',
      'ec2_instances: [\n  {instance_id: i-1, region: us-west-1}, # a\n]\n',
      'ec2_instances: [\n  {instance_id: i-1, region: us-west-1},\n  {"instance_id": "i-9", "region": "us-east-1"}, # a\n]\n',
    ],
    [
      'JSON',
      '{\n  "ecs_services": []\n}\n',
      '{\n  "ecs_services": [],\n  "ec2_instances": [{"instance_id": "i-9", "region": "us-east-1"}]\n}\n',
    ],
    ['JSON without sections', '{}', '{"ec2_instances": [{"instance_id": "i-9", "region": "us-east-1"}]}'],
    [
      'JSON with null',
      '{"ec2_instances": null}',
      '{"ec2_instances": [{"instance_id": "i-9", "region": "us-east-1"}]}',
    ],
    [
      'a byte order mark',
      '\uFEFFec2_instances: []\n',
      '\uFEFFec2_instances:\n  - instance_id: i-9\n    region: us-east-1\n',
    ],
  ])('to %s', (_what, text, expected) => {
    const edited = insertEntry(text, 'ec2_instances', NEW);
    expect(edited).toBe(expected);
    if (!text.includes('r-r-1')) expect(ids(edited)).toContain('ec2:us-east-1:i-9');
  });

  test('a list that is an alias is left alone', () => {
    expect(insertEntry('x: &x []\nec2_instances: *x\n', 'ec2_instances', NEW)).toBeUndefined();
  });
});

describe('removing', () => {
  test('takes the entry with what is indented under it, and keeps every comment that stands outside', () => {
    expect(removeEntry(STYLED, 'ec2_instances', 0)).toBe(`# Who sleeps at night.  Ask Kim first!
ec2_instances:   # the cheap ones

    # the database, shared
    -   {instance_id: i-2, region: us-east-1}   # one line

ecs_services: [ ]
eks_nodegroups:   ~
# the end
`);
  });

  test.each([
    [
      'the last of several, with its blank line',
      'a:\nec2_instances:\n  - instance_id: i-1\n\n  - instance_id: i-2\n\nb:\n',
      1,
      'a:\nec2_instances:\n  - instance_id: i-1\n\nb:\n',
    ],
    [
      'one in the middle',
      'ec2_instances:\n  - instance_id: i-1\n  # c\n  - instance_id: i-2\n    # d\n  - instance_id: i-3\n',
      1,
      'ec2_instances:\n  - instance_id: i-1\n  # c\n  - instance_id: i-3\n',
    ],
    [
      'the only one',
      'ec2_instances: # list\n  # first\n  - instance_id: i-1\n  # last\nb:\n',
      0,
      'ec2_instances: [] # list\n  # first\n  # last\nb:\n',
    ],
    [
      'the only one at the end of a file without line end',
      'ec2_instances:\n  - instance_id: i-1',
      0,
      'ec2_instances: []',
    ],
    [
      'from brackets, first',
      'ec2_instances: [{instance_id: i-1}, {instance_id: i-2}]\n',
      0,
      'ec2_instances: [{instance_id: i-2}]\n',
    ],
    [
      'from brackets, last',
      'ec2_instances: [{instance_id: i-1}, {instance_id: i-2}, ]\n',
      1,
      'ec2_instances: [{instance_id: i-1}, ]\n',
    ],
    ['from brackets, only', 'ec2_instances: [ {instance_id: i-1}, ]\n', 0, 'ec2_instances: []\n'],
  ])('%s', (_what, text, index, expected) => {
    expect(removeEntry(text, 'ec2_instances', index)).toBe(expected);
  });
});

/** Files as people might write them: styles, comments and line ends at random. */
const file = fc
  .record({
    dashIndent: fc.constantFrom('', '  ', '    '),
    gap: fc.constantFrom(' ', '   '),
    blank: fc.boolean(),
    eol: fc.constantFrom('\n', '\r\n'),
    ends: fc.boolean(),
    mark: fc.boolean(),
    head: fc.constantFrom('', '# head\n', '---\n', '# head\n\n'),
    tail: fc.constantFrom('', '# tail\n', '\n\n# tail\n'),
    sections: fc.uniqueArray(
      fc.record({
        section: fc.constantFrom<Section>(...Object.values(SECTIONS)),
        comment: fc.constantFrom('', ' # about', '   # 한글'),
        empty: fc.constantFrom(' []', ''),
        entries: fc.array(
          fc.record({
            above: fc.constantFrom('', '# above'),
            beside: fc.constantFrom('', ' # beside'),
            under: fc.constantFrom('', '# under'),
            flow: fc.boolean(),
            quote: fc.constantFrom('', '"', "'"),
            description: fc.constantFrom(
              '',
              'plain',
              '"quoted # no comment"',
              '|\n# text\n- text',
              '>-\nfolded\n\ntwice',
            ),
          }),
          { maxLength: 3 },
        ),
      }),
      { selector: ({ section }) => section, maxLength: 3 },
    ),
  })
  .map((style) => {
    const indent = style.dashIndent;
    const inner = `${indent} ${style.gap}`;
    const lines: string[] = [];
    for (const { section, comment, empty, entries } of style.sections) {
      lines.push(`${section}:${entries.length === 0 ? empty : ''}${comment}`);
      for (const [index, entry] of entries.entries()) {
        if (style.blank && index > 0) lines.push('');
        if (entry.above) lines.push(`${indent}${entry.above}`);
        const name = `${entry.quote}n${index}${entry.quote}`;
        const keys =
          section === 'ec2_instances'
            ? [`instance_id: ${entry.quote}i-${index}${entry.quote}`]
            : section === 'ecs_services'
              ? ['cluster_name: c', `service_name: ${name}`]
              : ['cluster_name: c', `nodegroup_name: ${name}`];
        keys.push('region: us-east-1');
        if (entry.flow) {
          lines.push(`${indent}-${style.gap}{${keys.join(', ')}}${entry.beside}`);
          continue;
        }
        lines.push(
          ...keys.map((key, at) => `${at === 0 ? `${indent}-${style.gap}` : inner}${key}${entry.beside}`),
        );
        const [first, ...more] = entry.description.split('\n');
        if (first)
          lines.push(
            `${inner}description: ${first}`,
            ...more.map((line) => (line ? `${inner}  ${line}` : '')),
          );
        if (entry.under) lines.push(`${inner}${entry.under}`);
      }
    }
    const body = lines.map((line) => `${line}\n`).join('');
    const whole = `${style.head}${body}${style.tail}`;
    const text = (style.mark ? '\uFEFF' : '') + (style.ends ? whole : whole.replace(/\n+$/, ''));
    return { text: text.replaceAll('\n', style.eol), sections: style.sections };
  });

const fresh = {
  ec2_instances: { instance_id: 'i-99', region: 'eu-west-1', description: 'a: b # c', depends_on: [] },
  ecs_services: { cluster_name: 'c', service_name: 'new', region: 'eu-west-1', desired_count: 2 },
  eks_nodegroups: {
    cluster_name: 'c',
    nodegroup_name: 'new',
    region: 'eu-west-1',
    name: '새 것',
    enabled: false,
  },
} as const;

describe('whatever the style', () => {
  test('adding adds one entry behind the others and every byte before stays, removing it gives the file back', () => {
    fc.assert(
      fc.property(
        file,
        fc.constantFrom<Section>(...Object.values(SECTIONS)),
        ({ text, sections }, section) => {
          const before = ids(text) ?? [];
          const added = insertEntry(text, section, fresh[section]);
          const entries = readServices('f', added ?? '').entries ?? [];
          const mine = entries.filter(({ registered }) => registered.target.region === 'eu-west-1');
          expect(mine).toHaveLength(1);
          expect(mine[0]?.registered.description).toBe(section === 'ec2_instances' ? 'a: b # c' : undefined);
          expect(entries.filter((entry) => entry !== mine[0]).map(({ registered }) => registered.id)).toEqual(
            before,
          );
          // The old lines are all still there, in their order; only an empty list may have lost its brackets.
          const left = added?.split(/\r?\n/) ?? [];
          for (const line of text.split(/\r?\n/)) {
            const at = left.findIndex((found) => found === line || found === line.replace(' []', ''));
            expect(at).toBeGreaterThanOrEqual(0);
            left.splice(0, at + 1);
          }

          const removed = removeEntry(added ?? '', section, mine[0]?.index ?? -1);
          expect(ids(removed)).toEqual(before);
          const own = sections.find((candidate) => candidate.section === section);
          if (own && (own.entries.length > 0 || own.empty === ' []')) expect(removed).toBe(text);
        },
      ),
      { numRuns: 500 },
    );
  });

  test('removing any entry leaves the others and all comments outside it', () => {
    fc.assert(
      fc.property(file, fc.nat(), ({ text }, pick) => {
        const { entries = [] } = readServices('f', text);
        const victim = entries[pick % Math.max(1, entries.length)];
        fc.pre(victim !== undefined);
        const removed = removeEntry(text, victim!.section, victim!.index);
        expect(ids(removed)).toEqual(
          entries.filter((entry) => entry !== victim).map(({ registered }) => registered.id),
        );
        const count = (where: string | undefined, what: string) => where?.split(what).length;
        for (const comment of ['# above', '# head', '# tail', '# about'])
          expect(count(removed, comment)).toBe(count(text, comment));
      }),
      { numRuns: 500 },
    );
  });
});

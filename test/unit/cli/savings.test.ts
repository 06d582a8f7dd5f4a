/** `cloudnap savings` against a daemon whose ledger holds an instance that napped and nodes of no known type. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Bench, openBench } from './bench.js';

let bench: Bench;
beforeEach(async () => {
  bench = await openBench();
  await bench.serve();
});
afterEach(() => bench.close());

describe('savings', () => {
  it('are told by target and in all, with what the estimate rests on and leaves out', async () => {
    const { exit, out } = await bench.run('savings');
    expect(exit).toBe(0);
    expect(out).toMatch(/^ec2:eu-central-1:i-0aaa +10\.0 h +4\.0 h +\$1\.15 +\$1\.61 +disks, addresses$/m);
    expect(out).toMatch(
      /^eks:eu-central-1:kube:workers +3\.0 h +0\.0 h +not known +not known +control plane$/m,
    );
    expect(out).toContain('About $1.15 saved of $1.61 always on; napped 13.0 h in all');
    expect(out).toMatch(/An estimate, .* as of \d{4}-\d\d/);
    expect(out).toContain('3.0 h napped have no known price');
    expect(out).toContain('is still billed');
  });

  it('are one line a target as CSV', async () => {
    const { exit, out } = await bench.run('savings', '--csv');
    expect(exit).toBe(0);
    const [head, ...lines] = out.trimEnd().split('\n');
    expect(head).toMatch(/^target,account,instance_type,price,napping_hours,/);
    expect(lines.map((line) => line.split(','))).toEqual([
      ['ec2:eu-central-1:i-0aaa', '123456789012', 'm5.large', 'listed', '10', '4', '0']
        .concat(expect.stringMatching(/^1\.15/), expect.stringMatching(/^1\.61/))
        .concat('disks addresses'),
      [
        'eks:eu-central-1:kube:workers',
        '123456789012',
        '',
        'unknown',
        '3',
        '0',
        '3',
        '',
        '',
        'control-plane',
      ],
    ]);
  });

  it('are the wire’s as JSON', async () => {
    const { out } = await bench.run('savings', '--json');
    expect(JSON.parse(out)).toMatchObject({
      currency: 'USD',
      total: { napping_hours: 13, unpriced_hours: 3 },
      targets: [{ price: 'listed' }, { price: 'unknown', saved: null, always_on: null }],
    });
  });

  it('cannot be both', async () => {
    expect((await bench.run('savings', '--csv', '--json')).exit).toBe(2);
  });
});

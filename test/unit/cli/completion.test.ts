/** Shell completion: the scripts are accepted by the shells, and each Tab gets the words that may come next. */
import { spawnSync } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Bench, openBench } from './bench.js';

let bench: Bench;
beforeEach(async () => {
  bench = await openBench();
});
afterEach(() => bench.close());

/** The words suggested for a line; the last one is being typed. */
async function tab(...words: string[]): Promise<string[]> {
  const { exit, out, err } = await bench.run('complete', '--', ...words);
  expect([exit, err]).toEqual([0, '']);
  return out
    .split('\n')
    .filter((line) => line.includes('\t'))
    .map((line) => line.split('\t')[0] ?? '');
}

describe('completion', () => {
  it('knows commands, their verbs, options and choices', async () => {
    expect(await tab('')).toEqual(expect.arrayContaining(['status', 'hold', 'ec2', 'completion']));
    expect(await tab('un')).toEqual(['unregister']);
    expect(await tab('ecs', '')).toEqual(['list', 'start', 'stop', 'scale']);
    expect(await tab('register', '--de')).toEqual(['--description', '--depends-on', '--desired']);
    expect(await tab('status', '--j')).toEqual(['--json']);
    expect(await tab('logs', '--level', '')).toEqual(['debug', 'info', 'warn', 'error']);
    expect(await tab('completion', '')).toEqual(['bash', 'zsh', 'fish']);
    expect(await tab('why', '')).toEqual([]);
  });

  it('knows registered targets while a daemon runs', async () => {
    await bench.serve();
    await bench.run('register', 'ecs', 'apps', 'api', 'eu-central-1', '--name', 'backend');
    await bench.run('register', 'ec2:us-east-1:i-0bbb');
    const every = ['backend', 'ecs:eu-central-1:apps:api', 'ec2:us-east-1:i-0bbb'];
    expect(await tab('why', '')).toEqual(every);
    expect(await tab('hold', '2h', '')).toEqual(every);
    expect(await tab('ecs', 'stop', 'ecs:eu')).toEqual(['ecs:eu-central-1:apps:api']);
  });

  it('is not shown in the help', async () => {
    expect((await bench.run('--help')).out).not.toMatch(/^ {2}complete /m);
  });

  it('works in bash, where names are cut at their colons', async () => {
    const { out } = await bench.run('completion', 'bash');
    // bash-completion's two helpers, as it defines them, reduced to what the script uses.
    const session = `
      _get_comp_words_by_ref() { words=("\${LINE[@]}"); cur=\${LINE[-1]}; prev=; cword=$((\${#LINE[@]} - 1)); }
      __ltrim_colon_completions() {
        local colons=\${1%"\${1##*:}"} at=\${#COMPREPLY[*]}
        while ((at-- > 0)); do COMPREPLY[at]=\${COMPREPLY[at]#"$colons"}; done
      }
      cloudnap() { printf 'ec2:us-east-1:i-0bbb\\tbox\\nec2:us-east-1:i-0ccc\\tbox\\n:4\\n'; }
      ${out}
      LINE=(cloudnap why ec2:us-east-1:i-0b)
      complete -p cloudnap
      __cloudnap_complete_targets
      printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout, stderr } = spawnSync('bash', ['--noprofile', '--norc', '-c', session], {
      encoding: 'utf8',
    });
    expect(stderr.replace(/.*compopt: not currently executing completion function\n/g, '')).toBe('');
    expect(stdout).toBe('complete -F __cloudnap_complete_targets cloudnap\ni-0bbb\n');
  });

  it.each(['zsh', 'fish'])('prints a script for %s that calls back', async (shell) => {
    const { exit, out } = await bench.run('completion', shell);
    expect(exit).toBe(0);
    expect(out).toContain('cloudnap complete --');
  });
});

/** The lines of `cloudnap doctor`. Pure. */
import type { WireCheck } from '../../control/wire.js';
import { clean, type Paint, sentence } from '../paint.js';

/** A line for each check, its cure below it, and a last line with the count of what is wrong. */
export function checksText(checks: readonly WireCheck[], paint: Paint): string {
  const lines = checks.flatMap((check) => {
    const head = `${mark(check.result, paint)} ${paint.bold(clean(check.name))}: ${clean(check.detail)}`;
    return check.result !== 'ok' && check.cure !== undefined
      ? [head, `       ${sentence(check.cure)}`]
      : [head];
  });
  const failed = checks.filter((check) => check.result === 'fail').length;
  const warned = checks.filter((check) => check.result === 'warn').length;
  const verdict =
    failed + warned === 0 ? paint.green('All is well.') : `${failed} failed, ${warned} to look at.`;
  return [...lines, '', verdict].join('\n');
}

function mark(result: WireCheck['result'], paint: Paint): string {
  switch (result) {
    case 'ok':
      return paint.green('ok    ');
    case 'warn':
      return paint.yellow('look  ');
    case 'fail':
      return paint.red('FAILED');
  }
}

/** The lines of `cloudnap doctor`. Pure. */
import type { WireCheck, WireHealth, WireSenses } from '../../control/wire.js';
import { clean, type Paint, sentence } from '../paint.js';
import { detailLines } from './senses.js';

const INDENT = ' '.repeat(7);

/**
 * A line for each check, its cure below it (of a sensor all that was tried, each with its own cure), and a last line
 * with the count of what is wrong. `senses`: null where no daemon runs.
 */
export function checksText(checks: readonly WireCheck[], senses: WireSenses | null, paint: Paint): string {
  const lines = checks.flatMap((check) => {
    const head = `${mark(check.result, paint)} ${paint.bold(clean(check.name))}: `;
    const health = healthOf(check, senses);
    if (health) {
      const detail = health.state === 'unavailable' ? 'unavailable' : clean(check.detail);
      return [head + detail, ...detailLines(health, paint).map((line) => INDENT + line)];
    }
    const cure = check.result === 'ok' || check.cure === undefined ? [] : [INDENT + sentence(check.cure)];
    return [head + clean(check.detail), ...cure];
  });
  const failed = checks.filter((check) => check.result === 'fail').length;
  const warned = checks.filter((check) => check.result === 'warn').length;
  const verdict =
    failed + warned === 0 ? paint.green('All is well.') : `${failed} failed, ${warned} to look at.`;
  return [...lines, '', verdict].join('\n');
}

/**
 * The health of the sensor, or of the signal, that a check is about; undefined when it is about anything else, or about
 * one that is missing and not missed.
 */
function healthOf({ area, name, result }: WireCheck, senses: WireSenses | null): WireHealth | undefined {
  if (area !== 'sensors' || !senses) return undefined;
  const view =
    senses.sensors.find(({ sensor }) => sensor === name) ??
    senses.signals.find(({ signal }) => signal === name);
  return result === 'ok' && view?.health.state === 'unavailable' ? undefined : view?.health;
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

/** The head of `cloudnap status`: what a person wants to know first. Pure. */
import type { WireStatus } from '../../control/wire.js';
import { lengthOf, wallOf, when } from '../moments.js';
import { clean, type Paint, sentence } from '../paint.js';
import { nextNapWords, presenceWord } from './words.js';

/** Lines of `label  value`, then the conditions with their cures. */
export function statusText(status: WireStatus, now: number, paint: Paint): string {
  const presence = presenceWord(status.presence, paint);
  const since = wallOf(status.since);
  const began = since === undefined ? '' : `, since ${when(since, now)}`;
  const idle = `idle for ${lengthOf(status.idle_seconds * 1000)}`;
  const lines = [
    line('Presence', `${presence.brush(presence.text)}${began}; ${idle}`, paint),
    line('Next nap', nextNapWords(status, now) ?? 'none is coming', paint),
    line('Targets', `${status.targets} registered, ${status.napping} napping`, paint),
  ];
  if (status.dry_run)
    lines.push(line('Dry run', paint.yellow('on: decisions are logged, nothing changes in AWS'), paint));
  for (const condition of status.conditions) {
    lines.push(`${paint.red('!')} ${clean(condition.message)}`);
    if (condition.hint !== undefined) lines.push(`  ${paint.dim(sentence(condition.hint))}`);
  }
  return lines.join('\n');
}

function line(label: string, value: string, paint: Paint): string {
  return `${paint.dim(label.padEnd(10))}${value}`;
}

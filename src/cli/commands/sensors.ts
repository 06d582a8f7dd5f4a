/** `cloudnap sensors`: how each sensor watches, what it lacks, and when it last saw something; once, or live. */
import type { WireSenses } from '../../control/wire.js';
import { sleep } from '../../core/instant.js';
import type { Cli } from '../cli.js';
import { examples } from '../help.js';
import { fitting, LiveBlock } from '../live-block.js';
import type { Registration } from '../registration.js';
import { changedLines, sensesText } from '../render/senses.js';

/** Activity is no event, so a person who watches has the daemon asked; nobody who does not pays for it. */
const LOOK_MS = 1_000;

export const register: Registration = (program, cli) => {
  const command = program
    .command('sensors')
    .description('show what is sensed and how, what is missing, and the last activity of each sensor')
    .option('-f, --follow', 'go on as it changes, until Ctrl-C', false)
    .action(async ({ follow }: { follow: boolean }) => {
      const control = await cli.control();
      if (!follow) {
        const senses = await control.senses();
        await cli.print(senses, () => sensesText(senses, cli.now, cli.paint));
        return;
      }
      const show = page(cli);
      while (!cli.ended.aborted) {
        show(await control.senses());
        await sleep(cli.context.clock, LOOK_MS, cli.ended).catch(() => {});
      }
    });
  examples(command, 'sensors', 'sensors --follow');
};

/** Shows each look at the senses: redrawn in place on a terminal, what has changed in a pipe or as JSON lines. */
function page(cli: Cli): (senses: WireSenses) => void {
  const { stdout } = cli.context;
  if (!cli.json && stdout.isTTY === true) {
    const block = new LiveBlock(stdout);
    return (senses) => block.show(fitting(sensesText(senses, cli.now, cli.paint).split('\n'), stdout));
  }
  let last: WireSenses | undefined;
  return (senses) => {
    const before = last;
    last = senses;
    const changed = before ? changedLines(before, senses, cli.now, cli.paint) : undefined;
    if (changed?.length === 0) return;
    if (cli.json) cli.line(JSON.stringify(senses));
    else cli.line(changed?.join('\n') ?? sensesText(senses, cli.now, cli.paint));
  };
}

/** `cloudnap why TARGET`: the whole story of one target. */

import { examples, TARGET_FORMS } from '../help.js';
import type { Registration } from '../registration.js';
import { storyText } from '../render/story.js';
import { knownTarget } from '../targets.js';

export const register: Registration = (program, cli) => {
  const command = program
    .command('why')
    .description('tell why a target runs or naps, and what happens next')
    .argument('<target...>', TARGET_FORMS)
    .action(async (words: string[]) => {
      const why = await (await cli.control()).why({ target: knownTarget(words) });
      await cli.print(why, () => storyText(why, cli.now, cli.paint));
    });
  examples(command, 'why ec2:eu-west-1:i-0abc123', 'why ecs dev-cluster api eu-west-1', 'why dev-db');
};

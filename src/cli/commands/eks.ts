/** `cloudnap eks`: list, start, stop and scale EKS managed node groups. */

import { examples } from '../help.js';
import { addList, addScale, addStart, addStop } from '../kind-commands.js';
import type { Registration } from '../registration.js';

export const register: Registration = (program, cli) => {
  const command = program.command('eks').description('list, start, stop and scale EKS managed node groups');
  const verb = { kind: 'eks', example: 'dev workers eu-west-1', cli } as const;
  addList(command, verb);
  addStart(command, verb);
  addStop(command, verb);
  addScale(command, verb);
  examples(command, 'eks list', 'eks start dev workers eu-west-1');
};

/** `cloudnap ec2`: list, start and stop EC2 instances. */

import { examples } from '../help.js';
import { addList, addStart, addStop } from '../kind-commands.js';
import type { Registration } from '../registration.js';

export const register: Registration = (program, cli) => {
  const command = program.command('ec2').description('list, start and stop EC2 instances');
  const verb = { kind: 'ec2', example: 'i-0abc123 eu-west-1', cli } as const;
  addList(command, verb);
  addStart(command, verb);
  addStop(command, verb);
  examples(command, 'ec2 list', 'ec2 start i-0abc123 eu-west-1');
};

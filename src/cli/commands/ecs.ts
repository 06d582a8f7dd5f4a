/** `cloudnap ecs`: list, start, stop and scale ECS services. */

import { examples } from '../help.js';
import { addList, addScale, addStart, addStop } from '../kind-commands.js';
import type { Registration } from '../registration.js';

export const register: Registration = (program, cli) => {
  const command = program.command('ecs').description('list, start, stop and scale ECS services');
  const verb = { kind: 'ecs', example: 'dev-cluster api eu-west-1', cli } as const;
  addList(command, verb);
  addStart(command, verb);
  addStop(command, verb);
  addScale(command, verb);
  examples(command, 'ecs list', 'ecs start dev-cluster api eu-west-1');
};

/**
 * The table of commands: each word, and the file that registers it. A known first word loads that file alone; help,
 * mistakes and completion load them all.
 */
import type { Registration } from './registration.js';

/** In the order of `cloudnap --help`. */
export const COMMANDS: Readonly<Record<string, () => Promise<{ readonly register: Registration }>>> = {
  run: () => import('./commands/run.js'),
  start: () => import('./commands/start.js'),
  stop: () => import('./commands/stop.js'),
  autostart: () => import('./commands/autostart.js'),
  open: () => import('./commands/open.js'),
  status: () => import('./commands/status.js'),
  plan: () => import('./commands/plan.js'),
  why: () => import('./commands/why.js'),
  sensors: () => import('./commands/sensors.js'),
  logs: () => import('./commands/logs.js'),
  doctor: () => import('./commands/doctor.js'),
  hold: () => import('./commands/hold.js'),
  release: () => import('./commands/release.js'),
  nap: () => import('./commands/nap.js'),
  team: () => import('./commands/team.js'),
  'dead-man': () => import('./commands/dead-man.js'),
  savings: () => import('./commands/savings.js'),
  list: () => import('./commands/list.js'),
  discover: () => import('./commands/discover.js'),
  register: () => import('./commands/register.js'),
  unregister: () => import('./commands/unregister.js'),
  ec2: () => import('./commands/ec2.js'),
  ecs: () => import('./commands/ecs.js'),
  eks: () => import('./commands/eks.js'),
  account: () => import('./commands/account.js'),
  login: () => import('./commands/login.js'),
  logout: () => import('./commands/logout.js'),
  config: () => import('./commands/config.js'),
  demo: () => import('./commands/demo.js'),
  completion: () => import('./commands/completion.js'),
};

/** The first word of a command line that is neither an option nor the value of one. */
export function firstWord(argv: readonly string[]): string | undefined {
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at] ?? '';
    if (word === '--') return undefined;
    // The one global option that takes a value; `--home=DIR` carries its own.
    if (word === '--home') at++;
    else if (!word.startsWith('-')) return word;
  }
  return undefined;
}

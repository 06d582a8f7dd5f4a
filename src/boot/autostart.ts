/** Starting at login, for the program as it runs now. */
import { resolve } from 'node:path';
import type { CliContext } from '../cli/context.js';
import type { Autostart } from '../core/autostart.js';
import { createAutostart } from '../desktop/autostart.js';
import { programRunner } from '../desktop/autostart-place.js';

/** The autostart of the daemon of the home given, or of the one that CLOUDNAP_HOME names. */
export function hostAutostart(options: {
  readonly home: string | undefined;
  readonly launch: CliContext['launch'];
  readonly env: NodeJS.ProcessEnv;
}): Autostart {
  const { launch, env } = options;
  // A session at login knows no CLOUDNAP_HOME of a shell.
  const home = options.home || env.CLOUDNAP_HOME;
  return createAutostart({
    program: [launch.command, ...launch.args, 'run', '--quiet'],
    home: home ? resolve(home) : undefined,
    env,
    platform: process.platform,
    run: programRunner(env),
  });
}

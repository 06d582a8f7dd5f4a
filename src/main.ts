/**
 * The composition root: the one place, with `boot/`, that knows every room. It hands the command line what the
 * commands need; what boots a daemon is loaded only by the commands that boot one.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { runCli } from './cli/index.js';
import { systemClock } from './system/clock.js';

const clock = systemClock();
const version = readVersion();
const launch = {
  command: process.execPath,
  args: [fileURLToPath(new URL('../bin/cloudnap', import.meta.url))],
};
const { env, stdin, stdout, stderr } = process;
// The SDK's note that its releases after January 2027 want Node 22 is for us who pin it, not for our users.
env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';

process.exitCode = await runCli(process.argv.slice(2), {
  version,
  stdin,
  stdout,
  stderr,
  env,
  clock,
  launch,
  runDaemon: async ({ home, shown, onSignInOffered }) => {
    const { runDaemon } = await import('./boot/run.js');
    const terminal = shown === 'not at all' ? undefined : { stream: stderr, json: shown === 'json' };
    return runDaemon({ home, clock, version, env, terminal, onSignInOffered });
  },
  runDemo: async (options, view) => {
    const { runDemo } = await import('./boot/demo.js');
    return runDemo({ ...options, clock, version, env }, view);
  },
  signOut: async (home) => {
    const { signOutAt } = await import('./boot/sign-out.js');
    return signOutAt({ home, env, clock });
  },
  openInBrowser: async (path) => {
    const { openInBrowser } = await import('./desktop/browser.js');
    return openInBrowser(path, env, clock);
  },
  autostart: async (home) => {
    const { hostAutostart } = await import('./boot/autostart.js');
    return hostAutostart({ home, launch, env });
  },
  localConfig: async (home) => {
    const { localConfig } = await import('./boot/local-config.js');
    return localConfig({ home, env });
  },
});

function readVersion(): string {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  return version;
}

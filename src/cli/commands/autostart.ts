/** `cloudnap autostart`: whether the daemon starts when the person logs in. */
import type { Autostart, AutostartEntry, AutostartKind, AutostartStatus } from '../../core/autostart.js';
import type { Cli } from '../cli.js';
import { examples } from '../help.js';
import type { Registration } from '../registration.js';

const KINDS: Readonly<Record<AutostartKind, string>> = {
  systemd: 'a systemd user unit',
  'xdg-autostart': 'an XDG autostart entry',
  'launch-agent': 'a LaunchAgent',
  'run-key': 'the Run key',
};

const CURE = '"cloudnap autostart enable" writes it anew.';

export const register: Registration = (program, cli) => {
  const command = program
    .command('autostart')
    .description('start the daemon at login, or no longer; what runs now goes on');
  examples(command, 'autostart enable', 'autostart status');
  const add = (name: string, description: string, act: (autostart: Autostart) => Promise<AutostartStatus>) =>
    examples(
      command
        .command(name, { isDefault: name === 'status' })
        .description(description)
        .action(async () => show(cli, await act(await cli.context.autostart(cli.home)))),
      `autostart ${name}`,
    );
  add('enable', 'start at every login, with the --home in force', (autostart) => autostart.enable());
  add('disable', 'no longer start at login', (autostart) => autostart.disable());
  add('status', 'what starts at login, and whether it is this program', (autostart) => autostart.status());
};

async function show(cli: Cli, { enabled, entry, tried }: AutostartStatus): Promise<void> {
  const data = { enabled, tried, entry: entry ?? null };
  await cli.print(data, () => [...lines(enabled, entry), ...(tried ? [] : [UNTRIED])].join('\n'));
}

const UNTRIED =
  'This was never tried on this operating system: see after the next login with "cloudnap status".';

function lines(enabled: boolean, entry: AutostartEntry | undefined): string[] {
  if (!entry) return ['Cloudnap does not start at login.'];
  const where = `by ${KINDS[entry.kind]}: ${entry.where}`;
  if (!enabled) return [`Cloudnap does not start at login; it is switched off ${where}`, `  ${CURE}`];
  const when = entry.when === 'desktop' ? 'when you log in to the desktop' : 'at your first login';
  const told = [`Cloudnap starts ${when}, ${where}`];
  if (entry.when === 'login')
    told.push('  It is started without a display. For a desktop, enable it in a terminal of that desktop.');
  if (entry.starts === 'another home')
    told.push(`  It starts with another --home: ${entry.command}`, `  ${CURE}`);
  if (entry.starts === 'another program')
    told.push(
      `  It is out of date: it starts another program, or this one where it was before: ${entry.command}`,
      `  ${CURE}`,
    );
  return told;
}

/** `cloudnap doctor`: what is missing on this machine and in this account, each with its cure. */
import type { WireCheck, WireSenses } from '../../control/wire.js';
import type { Cli } from '../cli.js';
import type { LocalConfig } from '../context.js';
import { EXIT } from '../failure.js';
import { examples } from '../help.js';
import type { Registration } from '../registration.js';
import { checksText } from '../render/checks.js';

export const register: Registration = (program, cli) => {
  const command = program
    .command('doctor')
    .description('check this machine, the files, the sensors and AWS; exits with 1 when something fails')
    .action(async () => {
      const { configChecks, withoutRepeated } = await import('../checks/config.js');
      const config = await cli.context.localConfig(cli.home);
      const files = configChecks(config);
      const daemon = await askDaemon(cli);
      const checks = [
        ...(await machineChecks(cli, config)),
        ...files,
        ...withoutRepeated(daemon.checks, files),
      ];
      const { senses } = daemon;
      await cli.print({ checks, senses }, () => checksText(checks, senses, cli.paint));
      if (checks.some((check) => check.result === 'fail')) cli.exitCode = EXIT.failed;
    });
  examples(command, 'doctor', 'doctor --json');
};

/** What can be seen from here: Node, the session, the daemon's process, whose the files are, the ports. */
async function machineChecks(cli: Cli, config: LocalConfig): Promise<readonly WireCheck[]> {
  const [machine, { portsOf }, { portChecks }, { readPid, isAlive }, paths] = await Promise.all([
    import('../checks/machine.js'),
    import('../checks/config.js'),
    import('../checks/ports.js'),
    import('../daemon-process.js'),
    cli.paths(),
  ]);
  const pid = readPid(paths.pid);
  const daemon = { pid, alive: pid !== undefined && isAlive(pid) };
  return [
    machine.nodeCheck(process.versions.node),
    machine.sessionCheck(cli.context.env, process.platform),
    machine.daemonCheck(daemon),
    ...machine.fileChecks(paths, process.platform),
    ...(await portChecks(portsOf(config), daemon.alive, cli.context.clock)),
  ];
}

/** What only the daemon can see: its sensors, AWS, the targets. */
async function askDaemon(
  cli: Cli,
): Promise<{ readonly checks: readonly WireCheck[]; readonly senses: WireSenses | null }> {
  const { NoDaemon } = await import('../../control/client.js');
  try {
    const control = await cli.control();
    const [{ checks }, senses] = await Promise.all([control.doctor(), control.senses()]);
    return { checks, senses };
  } catch (thrown) {
    if (!(thrown instanceof NoDaemon)) throw thrown;
    const check: WireCheck = {
      area: 'daemon',
      name: 'sensors, AWS, targets',
      result: 'warn',
      detail: 'not checked, because no daemon is running',
      cure: 'Run "cloudnap start", then "cloudnap doctor" again.',
    };
    return { checks: [check], senses: null };
  }
}

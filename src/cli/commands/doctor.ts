/** `cloudnap doctor`: what is missing on this machine and in this account, each with its cure. */
import type { WireCheck } from '../../control/wire.js';
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
      const checks = [
        ...(await machineChecks(cli, config)),
        ...files,
        ...withoutRepeated(await daemonChecks(cli), files),
      ];
      await cli.print({ checks }, () => checksText(checks, cli.paint));
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
async function daemonChecks(cli: Cli): Promise<readonly WireCheck[]> {
  const { NoDaemon } = await import('../../control/client.js');
  try {
    return (await (await cli.control()).doctor()).checks;
  } catch (thrown) {
    if (!(thrown instanceof NoDaemon)) throw thrown;
    return [
      {
        area: 'daemon',
        name: 'sensors, AWS, targets',
        result: 'warn',
        detail: 'not checked, because no daemon is running',
        cure: 'Run "cloudnap start", then "cloudnap doctor" again.',
      },
    ];
  }
}

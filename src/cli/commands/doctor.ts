/** `cloudnap doctor`: what is missing on this machine and in this account, each with its cure. */
import type { WireCheck } from '../../control/wire.js';
import type { Cli } from '../cli.js';
import { EXIT } from '../failure.js';
import { examples } from '../help.js';
import type { Registration } from '../registration.js';
import { checksText } from '../render/checks.js';

export const register: Registration = (program, cli) => {
  const command = program
    .command('doctor')
    .description('check this machine, the files, the sensors and AWS; exits with 1 when something fails')
    .action(async () => {
      const checks = [...(await localChecks(cli)), ...(await daemonChecks(cli))];
      await cli.print({ checks }, () => checksText(checks, cli.paint));
      if (checks.some((check) => check.result === 'fail')) cli.exitCode = EXIT.failed;
    });
  examples(command, 'doctor', 'doctor --json');
};

async function localChecks(cli: Cli): Promise<readonly WireCheck[]> {
  const [machine, { configChecks, portsOf }, { portChecks }, { readPid, isAlive }, paths, config] =
    await Promise.all([
      import('../checks/machine.js'),
      import('../checks/config.js'),
      import('../checks/ports.js'),
      import('../daemon-process.js'),
      cli.paths(),
      cli.context.localConfig(cli.home),
    ]);
  const pid = readPid(paths.pid);
  const daemon = { pid, alive: pid !== undefined && isAlive(pid) };
  return [
    machine.nodeCheck(process.versions.node),
    machine.sessionCheck(cli.context.env, process.platform),
    machine.daemonCheck(daemon),
    ...machine.fileChecks(paths, process.platform),
    ...configChecks(config),
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

/** What a person may ask about the dead-man's switch: to install it, to take it away, to see and to try it. */
import type { Done } from '../core/control.js';
import type { SwitchBoard, SwitchStack } from '../core/dead-man.js';
import type { DeadManDesk, DeadManState } from '../core/desk.js';
import { CommandError, OperationError } from '../core/errors.js';
import { type Registered, resolveTarget } from '../core/registry.js';
import type { Settings } from '../core/settings.js';
import { type Target, targetId } from '../core/target.js';
import type { Accounts } from './accounts.js';
import type { DeadMan } from './dead-man.js';
import type { Journal } from './journal.js';
import { commandErrorOf, signedIn } from './refusals.js';

export interface DeadManDeskPorts {
  readonly accounts: Accounts;
  readonly journal: Journal;
  readonly board: () => SwitchBoard;
  readonly deadMan: DeadMan;
  readonly registered: () => readonly Registered[];
  readonly settings: () => Settings;
  readonly regions: () => Promise<readonly string[]>;
  /** Writes `leases.dead_man.enabled`; resolved means it is on disk. @throws CommandError */
  readonly choose: (enabled: boolean) => Promise<void>;
}

/** The desk of one agent. Every method rejects with CommandError. */
export function deadManDesk(ports: DeadManDeskPorts): DeadManDesk {
  const { accounts, board, choose, deadMan, journal, registered, settings } = ports;

  const targetsByRegion = (): ReadonlyMap<string, readonly Target[]> => {
    const byRegion = new Map<string, Target[]>();
    for (const { target, enabled } of registered())
      if (enabled) byRegion.set(target.region, [...(byRegion.get(target.region) ?? []), target]);
    return byRegion;
  };

  /** Every region in which something of ours may be. */
  const everyRegion = async (): Promise<readonly string[]> => {
    const held = deadMan.all().map(({ target }) => target.region);
    return [...new Set([...targetsByRegion().keys(), ...held, ...(await ports.regions())])].sort();
  };

  const stackOf = async (region: string): Promise<DeadManState['regions'][number]> => {
    try {
      return describe(region, await board().stack(region));
    } catch (thrown) {
      if (!(thrown instanceof OperationError)) throw thrown;
      return { region, installed: false, covers: [], trouble: thrown.message };
    }
  };

  const state = async (): Promise<DeadManState> => {
    await signedIn(accounts);
    const { enabled, graceMs } = settings().deadMan;
    return {
      enabled,
      graceMs,
      regions: await Promise.all((await everyRegion()).map(stackOf)),
      targets: registered().map((entry) => ({
        id: entry.id,
        name: entry.name,
        stopsAt: deadMan.stopsAt(entry.id),
        isArmed: deadMan.of(entry.id)?.phase === 'armed',
        lacks: deadMan.lacks(entry.id),
      })),
    };
  };

  return {
    state,

    template: async () =>
      [...targetsByRegion()].map(([region, targets]) => ({ region, template: board().template(targets) })),

    async enable(by) {
      await signedIn(accounts);
      const targets = [...targetsByRegion().values()].flat();
      if (targets.length === 0)
        throw new CommandError('NOT_REGISTERED', 'There is nothing a switch could stop', {
          hint: 'Register a service first: "cloudnap register".',
        });
      try {
        await board().install(targets);
      } catch (thrown) {
        throw commandErrorOf(thrown);
      }
      await choose(true);
      deadMan.soon();
      journal.tell('command', `The dead-man's switch was installed and turned on by ${by}.`);
      return state();
    },

    async disable(by): Promise<Done> {
      await signedIn(accounts);
      const regions = await everyRegion();
      await choose(false);
      const left = await deadMan.disarmAll();
      if (left.length > 0)
        throw new CommandError(
          'AWS_ERROR',
          `Still armed: ${left.map((id) => journal.nameOf(id)).join(', ')}`,
          {
            hint: 'It is tried again; run "cloudnap dead-man disable" once more to remove what was installed.',
          },
        );
      const kept: string[] = [];
      for (const region of regions) {
        try {
          if ((await board().stack(region)) === undefined) continue;
          const others = await board().held(region);
          if (others.size > 0) kept.push(region);
          else await board().uninstall(region);
        } catch (thrown) {
          throw commandErrorOf(thrown);
        }
      }
      journal.tell('command', `The dead-man's switch was turned off by ${by}.`);
      const because = 'others still have switches there';
      return {
        message: `the dead-man's switch is off${kept.length > 0 ? `; what is installed in ${kept.join(', ')} stays: ${because}` : ' and nothing of it is left in AWS'}`,
      };
    },

    async fire(name, by) {
      await signedIn(accounts);
      const id = targetId(resolveTarget(name, registered()));
      const held = deadMan.of(id);
      if (held?.phase !== 'armed')
        throw new CommandError('REFUSED', `${journal.nameOf(id)} has no armed switch`, {
          hint:
            deadMan.lacks(id)?.why ?? 'It is armed while the service runs: see "cloudnap dead-man status".',
        });
      try {
        const firesAt = await deadMan.fire(held);
        journal.tell('command', `The dead-man's switch of ${journal.nameOf(id)} is tried by ${by}.`, {
          targetId: id,
          level: 'warn',
        });
        return { id, firesAt };
      } catch (thrown) {
        throw commandErrorOf(thrown);
      }
    },
  };
}

function describe(region: string, stack: SwitchStack | undefined): DeadManState['regions'][number] {
  return {
    region,
    installed: stack !== undefined,
    covers: stack?.covers ?? [],
    trouble: stack?.trouble,
  };
}

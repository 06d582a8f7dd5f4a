/**
 * A person's explicit changes: start, stop, scale. They act on any target, registered or not, through the same
 * drivers and the same ledger as naps and restores.
 */
import type { Done } from '../core/control.js';
import type { Observed } from '../core/driver.js';
import { CommandError, messageOf, OperationError } from '../core/errors.js';
import type { Entry } from '../core/ledger.js';
import { resolveTarget } from '../core/registry.js';
import { type TargetId, targetId } from '../core/target.js';
import type { ControlPorts } from './control-ports.js';
import { commandErrorOf, signedIn } from './refusals.js';

type ChangesPorts = Pick<
  ControlPorts,
  | 'session'
  | 'journal'
  | 'accounts'
  | 'sightings'
  | 'entries'
  | 'attendant'
  | 'registry'
  | 'settings'
  | 'shared'
>;

export class Changes {
  readonly #ports: ChangesPorts;

  constructor(ports: ChangesPorts) {
    this.#ports = ports;
  }

  /** See `Control.start`. */
  start(command: { target: string; size?: number | undefined; by: string }): Promise<Done> {
    return this.#change(command.target, 'start', command.by, async (observed, account) => {
      this.#ourEntry(observed.id, account);
      const entry = await this.#ports.shared.takeUp(observed, account);
      if (entry) return this.#startNapping(observed, entry, command);
      return this.#startAwake(observed, account, command.size);
    });
  }

  /** See `Control.stop`. */
  stop(command: { target: string; by: string }): Promise<Done> {
    return this.#change(command.target, 'stop', command.by, (observed, account) =>
      this.#stop(observed, account, command.by),
    );
  }

  /** See `Control.scale`. */
  scale(command: { target: string; size: number; by: string }): Promise<Done> {
    return this.#change(command.target, `scale to ${command.size}`, command.by, async (observed, account) => {
      if (observed.target.kind === 'ec2')
        throw new CommandError('BAD_REQUEST', 'an EC2 instance has no size', { hint: 'Start or stop it.' });
      if (command.size === 0) return this.#stop(observed, account, command.by);
      this.#ourEntry(observed.id, account);
      const entry = await this.#ports.shared.takeUp(observed, account);
      if (entry) return this.#startNapping(observed, entry, command);
      return this.#resize(observed, account, command.size);
    });
  }

  /** The frame of every explicit change: read the real state with nobody else's hands on the target, then act. */
  async #change(
    text: string,
    what: string,
    by: string,
    act: (observed: Observed, account: string) => Promise<string>,
  ): Promise<Done> {
    const { attendant, journal, registry } = this.#ports;
    const target = resolveTarget(text, registry.current());
    const id = targetId(target);
    if (this.#ports.settings().aws.dryRun)
      throw new CommandError('REFUSED', `dry_run is on: ${id} is left as it is`, {
        hint: 'Set aws.dry_run to false in settings.json.',
      });
    return attendant.withTarget(target, async () => {
      try {
        const account = await signedIn(this.#ports.accounts);
        const observed = await attendant.inspect(target, account);
        if (this.#ports.accounts.known() !== account)
          throw new CommandError(
            'REFUSED',
            `another account was signed in meanwhile: ${id} is left as it is`,
            {
              hint: 'Give the command again.',
            },
          );
        if (observed.power === 'gone')
          throw new CommandError('NOT_FOUND', `${id} does not exist in account ${account}`);
        const message = await act(observed, account);
        journal.tell('command', `${id}: ${what} asked for by ${by}: ${message}.`, { targetId: id });
        journal.flush();
        return { message, id };
      } catch (thrown) {
        throw commandErrorOf(thrown);
      }
    });
  }

  /** Starting a napping target is its restore; another size than the snapshot's is the person's word on it. */
  async #startNapping(
    observed: Observed,
    entry: Entry,
    command: { size?: number | undefined; by: string },
  ): Promise<string> {
    const { entries, sightings, session } = this.#ports;
    const { id, target, fields } = observed;
    const driver = session.driver(target.kind);
    const ours = fields ? driver.stillOurs(entry.saved, entry.left, fields) : undefined;
    const keep = entry.phase === 'napped' ? (ours?.changed ?? []) : entry.keep;
    const calledBy = `start asked for by ${command.by}`;
    const size = target.kind === 'ec2' ? undefined : command.size;
    if (size !== undefined && (size !== driver.sizeOf(entry.saved) || keep.includes('desired'))) {
      if (target.kind === 'eks' && observed.restoreWaits !== undefined)
        throw new CommandError('REFUSED', `${id} cannot be scaled now: ${observed.restoreWaits}`, {
          hint: 'Try again when the update is over.',
        });
      // The size first: once it is written down as the person's, nobody else would ever set it.
      throwIfError(await driver.scale(target, size));
      entries.beginRestore(entry, observed, {
        calledBy,
        keep: [...new Set([...keep, 'desired' as const])],
      });
      sightings.started(id, entry.account, size);
      return `started ${id} with ${size}`;
    }
    entries.beginRestore(entry, observed, { calledBy, keep });
    sightings.started(id, entry.account, size);
    if (observed.restoreWaits !== undefined)
      return `${id} is started as soon as it can be: ${observed.restoreWaits}`;
    accepted(await driver.restore([{ target, saved: entry.saved, keep }]), id);
    return `restoring ${id} as it was`;
  }

  async #startAwake(observed: Observed, account: string, given: number | undefined): Promise<string> {
    const { sightings, registry } = this.#ports;
    const registered = registry.current().find((entry) => entry.id === observed.id);
    if (given === undefined && (observed.power === 'on' || observed.power === 'starting'))
      return `${observed.id} is ${observed.state} already`;
    if (observed.target.kind === 'ec2' && observed.restoreWaits !== undefined)
      throw new CommandError('REFUSED', `${observed.id} cannot be started now: ${observed.restoreWaits}`, {
        hint: 'Try again when it has stopped.',
      });
    const size = given ?? sightings.rememberedSize(observed.id, account) ?? registered?.desired ?? 1;
    return this.#resize(observed, account, size);
  }

  async #resize(observed: Observed, account: string, size: number): Promise<string> {
    throwIfError(await this.#ports.session.driver(observed.target.kind).scale(observed.target, size));
    this.#ports.sightings.started(observed.id, account, size);
    return observed.target.kind === 'ec2' ? `starting ${observed.id}` : `${observed.id} goes to ${size}`;
  }

  /** An explicit stop is a nap that presence does not undo: only a person's start does. */
  async #stop(observed: Observed, account: string, by: string): Promise<string> {
    const { entries, sightings } = this.#ports;
    const { id } = observed;
    const open = this.#ourEntry(id, account);
    if (observed.refusal)
      throw new CommandError('REFUSED', `${id} is not stopped: ${observed.refusal.reason}`, {
        hint: observed.refusal.hint,
      });
    sightings.unguard((target) => target === id);
    if (open && open.phase !== 'restoring') {
      entries.change(open, { by: 'person', calledBy: null });
      return `${id} naps already and stays so until it is started`;
    }
    if (!open && (observed.power === 'off' || observed.power === 'stopping'))
      return `${id} is ${observed.state} already`;
    const entry = open
      ? entries.change(open, { phase: 'napping', by: 'person', calledBy: null })
      : entries.open(observed, account, 'person', `stopped by ${by}`);
    const driver = this.#ports.session.driver(observed.target.kind);
    try {
      entries.napAsked(id);
      accepted(await driver.nap([{ target: observed.target, saved: entry.saved }]), id);
    } catch (thrown) {
      if (!open && thrown instanceof OperationError && NOTHING_DONE.has(thrown.fault))
        await this.#takeBack(entry, account, `AWS did not stop it: ${messageOf(thrown)}`);
      throw thrown;
    }
    return `stopping ${id}`;
  }

  /** A stop that AWS refused: what the calls before the refused one have changed is given back. */
  async #takeBack(entry: Entry, account: string, why: string): Promise<void> {
    const { attendant, entries, session } = this.#ports;
    const driver = session.driver(entry.target.kind);
    const now = await attendant.inspect(entry.target, account).catch(() => undefined);
    if (now?.fields && driver.untouched(entry.saved, now.fields)) entries.close(entry, 'unneeded', why);
    else entries.change(entry, { calledBy: why });
  }

  /** The open entry of this account. @throws CommandError when another account's stands in the way. */
  #ourEntry(id: TargetId, account: string): Entry | undefined {
    const entry = this.#ports.entries.of(id);
    if (entry && entry.account !== account)
      throw new CommandError(
        'REFUSED',
        `${id} naps in account ${entry.account}, but ${account} is signed in`,
        {
          hint: `Sign in to ${entry.account}.`,
        },
      );
    return entry;
  }
}

/** Faults after which it is sure that AWS has changed nothing. */
const NOTHING_DONE = new Set(['refused', 'denied', 'credentials', 'missing', 'busy']);

function accepted(outcomes: ReadonlyMap<TargetId, 'accepted' | OperationError>, id: TargetId): void {
  throwIfError(
    outcomes.get(id) ??
      new OperationError('failed', 'it was not answered for', { operation: 'unknown', target: id }),
  );
}

function throwIfError(outcome: 'accepted' | OperationError): void {
  if (outcome !== 'accepted') throw outcome;
}

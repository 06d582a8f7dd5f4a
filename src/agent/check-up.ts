/** The daemon's part of `doctor`: what each sensor, the account, the files and every registered target lack. */
import type { Check } from '../core/control.js';
import { messageOf, OperationError } from '../core/errors.js';
import { describeFault, type FileFault, type Registered } from '../core/registry.js';
import { SENSORS } from '../core/sensor.js';
import { targetId } from '../core/target.js';
import { asksFor } from './conditions.js';
import type { ControlPorts } from './control-ports.js';

/** Looks at everything once, AWS included. Never rejects. */
export async function checkUp(ports: ControlPorts): Promise<readonly Check[]> {
  const account = await checkAccount(ports);
  const signedIn = account.some((check) => check.result === 'ok');
  return [
    ...sensors(ports),
    ...signals(ports),
    ...files(ports),
    ...account,
    ...(signedIn ? await targets(ports) : []),
    ...switches(ports),
    ...ports.doorChecks(),
    ...conditions(ports),
  ];
}

function sensors({ book, settings }: ControlPorts): readonly Check[] {
  return SENSORS.map((name) => {
    const health = book.presence.health[name] ?? { state: 'off' as const };
    if (health.state === 'watching') return { area: 'sensors', name, result: 'ok', detail: health.mechanism };
    if (health.state === 'off') return { area: 'sensors', name, result: 'ok', detail: 'off by settings' };
    const result = settings().sensors[name].wakes ? 'fail' : 'warn';
    return { area: 'sensors', name, result, detail: health.reason, cure: health.cure };
  });
}

/** One that no setting asks for is only mentioned. */
function signals({ machine, settings }: ControlPorts): readonly Check[] {
  return machine.signals().map(({ signal, health }) => {
    const check = { area: 'sensors', name: signal };
    if (health.state === 'watching') return { ...check, result: 'ok', detail: health.mechanism };
    if (health.state === 'off') return { ...check, result: 'ok', detail: 'not started' };
    if (asksFor(signal, settings()))
      return { ...check, result: 'fail', detail: health.reason, cure: health.cure };
    return { ...check, result: 'ok', detail: `not needed, and cannot be told: ${health.reason}` };
  });
}

function files({ settingsSource, registry }: ControlPorts): readonly Check[] {
  const check = (name: string, faults: readonly FileFault[]): Check =>
    faults.length === 0
      ? { area: 'files', name, result: 'ok', detail: 'in force' }
      : {
          area: 'files',
          name,
          result: 'fail',
          detail: faults.map(describeFault).join('; '),
          cure: 'Mend the file; the last good version stays in force until then.',
        };
  const unknown = settingsSource.unknownKeys();
  return [
    check('settings.json', settingsSource.faults()),
    ...(unknown.length > 0
      ? [
          {
            area: 'files',
            name: 'settings.json',
            result: 'warn' as const,
            detail: `unknown keys: ${unknown.join(', ')}`,
            cure: 'Check their spelling with "cloudnap config list".',
          },
        ]
      : []),
    check('services.yaml', registry.faults()),
  ];
}

async function checkAccount({ accounts, session }: ControlPorts): Promise<readonly Check[]> {
  try {
    const account = await accounts.require();
    const regions = await session.regions();
    const pinned = accounts.pinned();
    return [
      {
        area: 'aws',
        name: 'sign-in',
        result: 'ok',
        detail: `${accounts.identity()?.arn ?? account}, regions ${regions.join(', ')}`,
      },
      ...(pinned !== undefined && pinned !== account
        ? [
            {
              area: 'aws',
              name: 'account',
              result: 'fail' as const,
              detail: `the registered services belong to ${pinned}`,
              cure: `Sign in there, or run "cloudnap account accept ${account}".`,
            },
          ]
        : []),
    ];
  } catch (thrown) {
    return [
      {
        area: 'aws',
        name: 'sign-in',
        result: 'fail',
        detail: messageOf(thrown),
        cure: thrown instanceof OperationError ? thrown.hint : undefined,
      },
    ];
  }
}

/** Which targets AWS would stop by itself: one that is thought to and does not is worse than none. */
function switches({ deadMan, registry, settings }: ControlPorts): readonly Check[] {
  if (!settings().deadMan.enabled) return [];
  const check = { area: 'aws', name: 'dead-man' };
  const ids = registry.current().map(({ id }) => id);
  const lacks = ids.flatMap((id) => deadMan.lacks(id) ?? []);
  const armed = ids.filter((id) => deadMan.of(id)?.phase === 'armed').length;
  const [first] = lacks;
  if (first)
    return [
      {
        ...check,
        result: 'fail',
        detail: `missing for ${lacks.length} services: ${first.why}`,
        cure: first.hint,
      },
    ];
  return [
    {
      ...check,
      result: 'ok',
      detail: `armed for ${armed} of ${ids.length} services${armed < ids.length ? '; the rest do not run' : ''}`,
    },
  ];
}

async function targets({ registry, session }: ControlPorts): Promise<readonly Check[]> {
  return Promise.all(registry.current().map((entry) => checkTarget(entry, session)));
}

async function checkTarget(entry: Registered, session: ControlPorts['session']): Promise<Check> {
  const check = { area: 'targets', name: entry.name ?? entry.id };
  const found = (await session.driver(entry.target.kind).inspect([entry.target])).get(targetId(entry.target));
  if (found === undefined || found instanceof OperationError)
    return {
      ...check,
      result: 'fail',
      detail: found ? messageOf(found) : 'it was not answered for',
      cure: found?.hint,
    };
  if (found.power === 'gone')
    return {
      ...check,
      result: 'fail',
      detail: 'it does not exist in this account and region',
      cure: `cloudnap unregister ${entry.id}`,
    };
  if (found.refusal && !(found.refusal.lifts === 'autoscaler' && entry.autoscalerOurs))
    return {
      ...check,
      result: 'warn',
      detail: `never napped: ${found.refusal.reason}`,
      cure: found.refusal.hint,
    };
  return { ...check, result: 'ok', detail: found.state };
}

function conditions({ journal }: ControlPorts): readonly Check[] {
  const shown = new Set(['credentials', 'account', 'settings-file', 'services-file', 'dead-man']);
  return journal
    .conditions()
    .filter((condition) => !shown.has(condition.id) && !/^(sensor|signal):/.test(condition.id))
    .map((condition) => ({
      area: 'conditions',
      name: condition.id,
      result: 'warn',
      detail: condition.message,
      cure: condition.hint,
    }));
}

/** A desk over a fake control, with settings and naps held in memory. */
import type { Control } from '../../src/core/control.js';
import type {
  DeadManDesk,
  DeadManState,
  Desk,
  SettingView,
  TeamDesk,
  TeamState,
} from '../../src/core/desk.js';
import { CommandError } from '../../src/core/errors.js';
import type { Interval, Stretch } from '../../src/core/ledger.js';
import { monthSoFar, reckonSavings } from '../../src/core/savings.js';
import type { SignIn } from '../../src/core/sign-in.js';
import { teamCost } from '../../src/core/team-cost.js';
import { timelineOf } from '../../src/core/timeline.js';
import { FAKE_NOW } from './fake-control.js';

const HOUR_MS = 3_600_000;

/** What the ledger of the fake desk holds: an instance that ran for 4 hours and then napped for 10, and nodes of no known type. */
const NAPS: readonly Interval[] = (
  [
    ['ec2:eu-central-1:i-0aaa', 'running', 14, 10, 'm5.large'],
    ['ec2:eu-central-1:i-0aaa', 'napping', 10, 0, 'm5.large'],
    ['eks:eu-central-1:kube:workers', 'napping', 3, 0, undefined],
  ] as const
).map(([targetId, state, begun, ended, instanceType]) => ({
  targetId,
  account: '123456789012',
  state,
  size: 1,
  instanceType,
  from: FAKE_NOW - begun * HOUR_MS,
  until: FAKE_NOW - ended * HOUR_MS,
  ended: ended > 0,
}));

/** Somebody typed for an hour and left two hours ago. */
const STRETCHES: readonly Stretch[] = [
  { what: 'keyboard', from: FAKE_NOW - 3 * HOUR_MS, until: FAKE_NOW - 2 * HOUR_MS },
  { what: 'present', from: FAKE_NOW - 3 * HOUR_MS, until: FAKE_NOW - 2 * HOUR_MS },
  { what: 'away', from: FAKE_NOW - 2 * HOUR_MS, until: FAKE_NOW },
];

/** A switch on one target that can be turned on and off. */
function fakeDeadMan(): DeadManDesk {
  const id = 'ec2:eu-central-1:i-0aaa';
  let enabled = true;
  const state = async (): Promise<DeadManState> => ({
    enabled,
    graceMs: 600_000,
    regions: [
      { region: 'eu-central-1', installed: enabled, covers: [id], trouble: undefined },
      { region: 'us-east-1', installed: false, covers: [], trouble: 'the stack is ROLLBACK_COMPLETE' },
    ],
    targets: [
      { id, name: 'api', stopsAt: FAKE_NOW + HOUR_MS, isArmed: enabled, lacks: undefined },
      {
        id: 'eks:us-east-1:kube:workers',
        name: undefined,
        stopsAt: undefined,
        isArmed: false,
        lacks: { why: 'nothing is installed for it in us-east-1', hint: 'Run "cloudnap dead-man enable".' },
      },
    ],
  });
  return {
    state,
    template: async () => [{ region: 'eu-central-1', template: '{"Resources": {}}' }],
    enable: async () => {
      enabled = true;
      return state();
    },
    disable: async () => {
      enabled = false;
      return { message: "the dead-man's switch is off and nothing of it is left in AWS" };
    },
    fire: async () => ({ id, firesAt: FAKE_NOW + 60_000 }),
  };
}

/** A team of two, one of whom naps what the other has left. */
function fakeTeam(): TeamDesk {
  const id = 'ec2:eu-central-1:i-0aaa';
  let state: TeamState = {
    enabled: true,
    table: 'cloudnap-team',
    region: 'eu-central-1',
    members: [
      { name: 'mina', machine: 'mina-laptop', isSelf: true, holds: [id] },
      { name: 'joon', machine: 'joon-desk', isSelf: false, holds: [] },
    ],
    targets: [
      { id, state: 'up', actor: undefined },
      { id: 'eks:eu-central-1:kube:workers', state: 'napping', actor: 'joon on joon-desk' },
    ],
    shared: [id],
    cost: teamCost(2, 60_000),
  };
  const enter = async (place: { table?: string | undefined; region?: string | undefined }) => {
    state = {
      ...state,
      enabled: true,
      table: place.table ?? state.table,
      region: place.region ?? state.region,
    };
    return state;
  };
  return {
    state: async () => state,
    create: enter,
    join: enter,
    leave: async () => {
      state = { ...state, enabled: false, members: [], targets: [] };
      return { message: 'left the team of table cloudnap-team; the table stays for the others' };
    },
  };
}

export function fakeDesk(control: Control, signIn?: SignIn): Desk {
  const settings = new Map<string, SettingView>(
    [
      { key: 'aws.dry_run', value: false, unit: undefined },
      { key: 'aws.profile', value: null, unit: undefined },
      { key: 'activity_monitor.inactivity_timeout_minutes', value: 30, unit: 'minutes' },
    ].map((setting) => [
      setting.key,
      { ...setting, default: setting.value, source: 'default', meaning: `What ${setting.key} means.` },
    ]),
  );
  return {
    control,
    signIn,
    deadMan: fakeDeadMan(),
    team: fakeTeam(),
    records: {
      savings: async ({ from = monthSoFar(FAKE_NOW).from, to = FAKE_NOW }) =>
        reckonSavings(NAPS, { from, to }),
      timeline: async (period) =>
        timelineOf({ ...period, stretches: STRETCHES, intervals: NAPS, nameOf: () => undefined }),
    },
    settings: {
      read: async () => ({ settings: [...settings.values()], faults: [], unknownKeys: [] }),
      change: async (key, value) => {
        const setting = settings.get(key);
        if (!setting) throw new CommandError('BAD_REQUEST', `settings.json has no key "${key}"`);
        const changed: SettingView = { ...setting, value, source: 'file' };
        settings.set(key, changed);
        return changed;
      },
    },
  };
}

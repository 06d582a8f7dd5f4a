/**
 * Who may import whom in src/: the table of rooms in docs/ARCHITECTURE.md, as rules. Type-only imports count like all
 * others, since a type ties two rooms just as well. `npm test -- imports` runs them and prints each rule's reason.
 */

/** Rooms of our own that a room may import besides itself, and why no more. */
const rooms = [
  {
    room: 'core',
    may: [],
    why: 'The words, the ports and the pure decisions. What they rest on must be there under any OS and in any test.',
  },
  {
    room: 'agent',
    may: ['core'],
    why: 'The loop knows the world by its ports alone, so that whole days of it can be simulated with fakes.',
  },
  {
    room: 'system',
    may: ['core'],
    why: 'Clock, files, lock and log serve every room, so they may know none of them.',
  },
  {
    room: 'sensors',
    may: ['core', 'system'],
    why: 'An adapter of the Sensor port. Adapters never import one another: each can be replaced alone.',
  },
  {
    room: 'aws',
    may: ['core', 'system'],
    why: 'An adapter of the AwsSession and Driver ports. Adapters never import one another.',
  },
  {
    room: 'ledger',
    may: ['core', 'system'],
    why: 'An adapter of the Ledger port. Adapters never import one another.',
  },
  {
    room: 'config',
    may: ['core', 'system'],
    why: 'An adapter of the Registry and settings ports. Adapters never import one another.',
  },
  {
    room: 'control',
    may: ['core'],
    why: 'The wire form of the Control port, spoken by both ends: it may belong to neither.',
  },
  {
    room: 'servers',
    may: ['control', 'core'],
    why: 'Servers translate and decide nothing: all they need is the port and its wire form.',
  },
  {
    room: 'cli',
    may: ['control', 'system', 'core'],
    why:
      'The command line speaks to a daemon by way of control, in the words of core (target names, errors), which do ' +
      'nothing and load nothing. It must start fast; what boots a daemon is handed in by main and loaded when used.',
  },
  {
    room: 'desktop',
    may: ['core', 'system'],
    why: 'What the desktop has besides sensors: an adapter of ports. Adapters never import one another.',
  },
  {
    room: 'sandbox',
    may: [],
    why: 'It plays AWS. Were it to share our ideas of AWS it would confirm our mistakes; so it shares nothing.',
  },
];

/** npm packages that belong to a room. Whoever else needs one asks that room's port. */
const packages = [
  {
    name: '@aws-sdk|@smithy',
    only: ['aws'],
    why: 'AWS is called through the Driver port, with its bounds and pace.',
  },
  {
    name: 'libsql',
    only: ['ledger', 'system/instance-lock'],
    why: 'One ledger, and the lock that is an SQLite file.',
  },
  {
    name: 'x11|wayland-client',
    only: ['sensors'],
    why: 'Nothing but that something happened leaves a sensor.',
  },
  {
    name: '@jellybrick/dbus-next',
    only: ['system/dbus', 'desktop/keyring-service'],
    why: "One way to the message buses, which outlives a lost connection; the keyring's service has its own, within a process of its own.",
  },
  {
    name: '@napi-rs/keyring',
    only: ['desktop/keyring-child'],
    why: 'It cannot be interrupted: only a process of its own, which can be killed, may call it.',
  },
  { name: 'fastify|@fastify', only: ['servers'], why: 'Doors are in servers.' },
  {
    name: 'yaml',
    only: ['config', 'boot'],
    why: 'Config files are read, watched and edited in one place.',
  },
  {
    name: 'pino|pino-pretty|rotating-file-stream',
    only: ['system'],
    why: 'Log through the Logger port: it redacts.',
  },
  {
    name: 'commander|cli-table3|@bomb\\.sh',
    only: ['cli'],
    why: 'Words for people at a terminal are put together in one room.',
  },
];

const own = rooms.map(({ room, may, why }) => ({
  name: `${room}-imports`,
  comment: `src/${room} may import ${may.length === 0 ? 'nothing of ours' : may.join(', ')}. ${why}`,
  severity: 'error',
  from: { path: `^src/${room}/` },
  to: { path: '^src/', pathNot: `^src/(${[room, ...may].join('|')})/` },
}));

const foreign = packages.map(({ name, only, why }) => ({
  name: `only-${only.join('-or-').replace('/', '-')}`,
  comment: `${name.replaceAll('|', ', ').replaceAll('\\', '')}: only for ${only.join(' and ')}. ${why}`,
  severity: 'error',
  from: { path: '^src/', pathNot: only.map((room) => `^src/${room}[./]`) },
  to: { path: `node_modules/(${name})/` },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...own,
    ...foreign,
    {
      name: 'pure-rooms',
      comment:
        'core and agent import no package and nothing of Node: no clock, no file, no network. What they do is a ' +
        'function of what they are given, which is what lets the simulation replay it.',
      severity: 'error',
      from: { path: '^src/(core|agent)/' },
      to: { pathNot: '^src/' },
    },
    {
      name: 'time-through-the-clock',
      comment:
        "Time only through the Clock port. node:timers and node:perf_hooks would go round Biome's rule.",
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/system/' },
      to: { path: '^(node:)?(timers|perf_hooks)(/|$)' },
    },
    {
      name: 'nobody-imports-the-root',
      comment:
        'main.ts and boot/ put the rooms together. A room that imported them would know every other one.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(main\\.ts$|boot/)' },
      to: { path: '^src/(main\\.ts$|boot/)' },
    },
    {
      name: 'boot-takes-types-from-cli',
      comment:
        'boot/ is handed to the command line by main.ts: it knows its shapes, and calls nothing in it.',
      severity: 'error',
      from: { path: '^src/boot/' },
      to: { path: '^src/cli/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'sources-stand-alone',
      comment: 'What is published must not need what is not: tests, scripts, benchmarks, or its own output.',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|scripts|bench|dist|bin|web)/' },
    },
    {
      name: 'the-page-speaks-the-wire',
      comment:
        'The page runs in a browser: of ours it knows the types of the wire form, and nothing that runs.',
      severity: 'error',
      from: { path: '^web/' },
      to: { path: '^src/', pathNot: '^src/control/wire(-desk|-leases)?\\.ts$' },
    },
    {
      name: 'no-circles',
      comment:
        'Two files that need each other to run are one file, or lack a third. Circles that a type-only import closes ' +
        'are not there at run time and may stay: an interface and the function that is handed one.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'resolvable',
      comment: 'The import leads nowhere.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    // Type-only imports are gone before the code runs, and would be missed without this.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'node', 'default'],
    },
  },
};

/**
 * The hands on a KWin without devices: one line on stdin is one deed (`key CODE`, `move DX DY`, `press BUTTON`), and
 * one line on stdout says that the compositor has done it. A process of its own, because KWin shows its fake input only
 * to programs of its own user. Written with a client library that the product does not use.
 */
import { createInterface } from 'node:readline';
import connect from 'wayland-client';

const uint = (name) => ({ name, type: 'uint' });
const FAKE_INPUT = {
  name: 'org_kde_kwin_fake_input',
  version: 1,
  requests: [
    {
      name: 'authenticate',
      args: [
        { name: 'application', type: 'string' },
        { name: 'reason', type: 'string' },
      ],
    },
    {
      name: 'pointer_motion',
      args: [
        { name: 'delta_x', type: 'fixed' },
        { name: 'delta_y', type: 'fixed' },
      ],
    },
    { name: 'button', args: [uint('button'), uint('state')] },
    { name: 'axis', args: [uint('axis'), { name: 'value', type: 'fixed' }] },
    { name: 'touch_down', args: [] },
    { name: 'touch_motion', args: [] },
    { name: 'touch_up', args: [] },
    { name: 'touch_cancel', args: [] },
    { name: 'touch_frame', args: [] },
    { name: 'pointer_motion_absolute', args: [] },
    { name: 'keyboard_key', args: [uint('key'), uint('state')] },
  ].map((request) => ({ ...request, since: 1 })),
  events: [],
  enums: {},
};
// Its keys came with version 4.
FAKE_INPUT.version = 4;

const display = await connect(process.argv[2]);
display.on('error', () => process.exit(1));
display.on('close', () => process.exit(1));
await display.load([FAKE_INPUT]);
const input = await display.bind(FAKE_INPUT.name);
await input.authenticate('Cloudnap tests', 'they press keys and move the mouse');
await display.sync();
console.log('ready');

const deeds = {
  key: async (code) => {
    for (const state of [1, 0]) await input.keyboard_key(code, state);
  },
  move: (dx, dy) => input.pointer_motion(dx, dy),
  press: async (button) => {
    for (const state of [1, 0]) await input.button(button, state);
  },
};
for await (const line of createInterface({ input: process.stdin })) {
  const [deed, ...numbers] = line.split(' ');
  await deeds[deed](...numbers.map(Number));
  await display.sync();
  console.log('done');
}
process.exit(0);

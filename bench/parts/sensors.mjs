/**
 * What each sensor costs by itself, and all five together, while nothing happens and while somebody works; and how
 * soon it tells. Beside them, on the same input at the same time, what others do to find out the same.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { heading, median, percentile, row } from '../lib/numbers.mjs';
import { activityWatch, pollXprintidle } from '../lib/others.mjs';
import { bundleSensors, monotonicMs } from '../lib/sensors.mjs';
import { startSound } from '../lib/sound.mjs';

const ALL = ['keyboard', 'mouse', 'screen', 'window', 'audio'];
const TOGETHER = 'all five sensors';
const ACTIVITYWATCH = ['ActivityWatch: aw-watcher-afk', 'ActivityWatch: aw-watcher-window'];

const IDLE_MS = 20_000;
const LOAD_MS = 10_000;
const TIMES = 3;
/** What others start takes, and what a run of input still has timers for. */
const SETTLE_MS = 15_000;

const MOVE_EVERY_MS = 8;
const KEY_EVERY_MS = 125;
const SCROLL_EVERY_MS = 40;
const CHANGE_WINDOW_EVERY_MS = 2_000;

const ROUNDS = 50;
/** Between two inputs of a round; and so that they fall anywhere between the ticks of timers. Milliseconds. */
const GAP_MS = 300;
const SCATTER_MS = 40;
/** Longer than a pause, which ends a run of input: the first input after it is told at once. */
const PAUSE_MS = 1_100;
/** Of what is told seldom: the screen once in five seconds. */
const SLOW_ROUNDS = 6;
const SLOW_QUIET_MS = 5_200;
const PATIENCE_MS = 20_000;
/** The shortest timeout it takes without being asked more often. Seconds. */
const AFK_TIMEOUT = 5;

export const about = 'sensors, beside what others do';

export async function measure({ x }) {
  if (!x) return [];
  const bundle = await bundleSensors();
  const sound = await startSound();
  if (!sound) console.error('There is no PulseAudio: the audio sensor is not measured.');
  const windows = await x.windows();
  const env = { ...process.env, WAYLAND_DISPLAY: '', ...x.env, ...sound?.env };
  const names = ALL.filter((name) => name !== 'audio' || sound);
  const others = await activityWatch(env);
  const running = [];
  const run = async (starting) => {
    const program = await starting;
    if (program) running.push(program);
    return program;
  };
  try {
    const together = await run(bundle.start(names, env));
    const polled = await run(pollXprintidle(env));
    const latency = await latencies({ x, windows, sound, together, polled, others, run });

    const watchers = new Map([['a process with no sensor', await run(bundle.start([], env))]]);
    for (const name of names) watchers.set(`  ${name} alone`, await run(bundle.start([name], env)));
    watchers.set(TOGETHER, together);
    if (polled) watchers.set('xprintidle each second', polled);
    if (others) {
      watchers.set(ACTIVITYWATCH[0], await run(others.start('afk')));
      watchers.set(ACTIVITYWATCH[1], await run(others.start('window')));
    }
    await sleep(SETTLE_MS);
    const load = await whileWorking({ x, windows, sound }, () => stretches(watchers, LOAD_MS));
    await sleep(SETTLE_MS);
    const idle = await stretches(watchers, IDLE_MS);
    return [
      ...latency,
      ...costRows('idle', idle, { cpu: { under: 5 }, wakeUps: { under: 10 } }),
      ...costRows('moving, typing, scrolling, music', load, {}),
      ...(others ? [] : [notInstalled]),
    ];
  } finally {
    for (const program of running) await program.stop();
    await others?.stop();
    windows.close();
    await sound?.stop();
    bundle.remove();
  }
}

const notInstalled = { ...heading('ActivityWatch'), value: 'not installed' };

/** Milliseconds of CPU and wake-ups a minute of each, of several stretches one after the other. */
async function stretches(watchers, lengthMs) {
  const costs = new Map([...watchers.keys()].map((what) => [what, { cpu: [], wakeUps: [] }]));
  const usage = () =>
    new Map([...watchers].map(([what, watcher]) => [what, [watcher.cpuSeconds(), watcher.wakeUps()]]));
  for (let time = 0; time < TIMES; time += 1) {
    const [before, begin] = [usage(), performance.now()];
    await sleep(lengthMs);
    const [after, minutes] = [usage(), (performance.now() - begin) / 60_000];
    for (const [what, { cpu, wakeUps }] of costs) {
      cpu.push(((after.get(what)[0] - before.get(what)[0]) * 1_000) / minutes);
      wakeUps.push((after.get(what)[1] - before.get(what)[1]) / minutes);
    }
  }
  return costs;
}

/** `goals` are those for all sensors together. */
function costRows(when, costs, goals) {
  const rows = (key, unit) =>
    [...costs].map(([what, each]) => row(what, each[key], unit, what === TOGETHER ? goals[key] : undefined));
  return [
    heading(`CPU a minute, ${when}`),
    ...rows('cpu', 'ms'),
    ...timesAsMuch(costs),
    heading(`wake-ups a minute, ${when}`),
    ...rows('wakeUps', ''),
  ];
}

/** How much more both watchers of ActivityWatch use than all sensors. */
function timesAsMuch(costs) {
  const used = (what) => median(costs.get(what).cpu);
  if (!ACTIVITYWATCH.every((what) => costs.has(what))) return [];
  const both = ACTIVITYWATCH.reduce((sum, what) => sum + used(what), 0);
  return [row('both of ActivityWatch to all five', [both / used(TOGETHER)], 'times', { over: 10 })];
}

/** A hand on the mouse at 125 Hz, another that types eight keys a second, and what they bring about. */
async function whileWorking({ x, windows, sound }, work) {
  const silence = sound?.play();
  let step = 0;
  const timers = [
    setInterval(() => {
      step += 1;
      x.move(100 + ((step * 7) % 1_000), 100 + ((step * 3) % 600));
    }, MOVE_EVERY_MS),
    setInterval(() => x.key(), KEY_EVERY_MS),
    setInterval(() => windows.scroll(), SCROLL_EVERY_MS),
    setInterval(() => windows.change(), CHANGE_WINDOW_EVERY_MS),
  ];
  try {
    return await work();
  } finally {
    for (const timer of timers) clearInterval(timer);
    await silence?.();
  }
}

/** Milliseconds from handing over an input until it was told, of all sensors in one process and of the others. */
async function latencies({ x, windows, sound, together, polled, others, run }) {
  const waits = {
    key: [],
    movement: [],
    click: [],
    window: [],
    screen: [],
    audio: [],
    xprintidle: [],
    afk: [],
  };
  const told = async (kind, sensor, input) => {
    await sleep(GAP_MS + Math.random() * SCATTER_MS);
    const arrival = together.next(sensor, PATIENCE_MS);
    const begin = monotonicMs();
    input();
    waits[kind].push((await arrival) - begin);
    return begin;
  };
  let pressedAt;
  // It says how long ago the last input was: when that is after the key, it knows of it.
  polled?.onLine((line, at) => {
    if (pressedAt === undefined || Number(line) > at - pressedAt) return;
    waits.xprintidle.push(at - pressedAt);
    pressedAt = undefined;
  });
  let place = 0;
  const move = () => {
    place = 500 - place;
    x.move(200 + place, 200);
  };

  for (let round = 0; round < ROUNDS; round += 1) {
    await sleep(PAUSE_MS);
    pressedAt = await told('key', 'keyboard', () => x.key());
    await told('movement', 'mouse', move);
    await told('click', 'mouse', () => x.click());
    await told('window', 'window', () => windows.change());
  }

  const afk = await run(others?.start('afk', '--timeout', String(AFK_TIMEOUT)));
  for (let round = 0; round < SLOW_ROUNDS; round += 1) {
    if (afk) await afk.said('Became AFK');
    else await sleep(SLOW_QUIET_MS);
    await sleep(Math.random() * AFK_TIMEOUT * 1_000);
    const back = afk?.said('No longer AFK');
    const begin = monotonicMs();
    x.key();
    if (back) waits.afk.push((await back) - begin);
    await told('screen', 'screen', () => windows.scroll());
    if (!sound) continue;
    let silence;
    await told('audio', 'audio', () => {
      silence = sound.play();
    });
    await silence();
  }
  await afk?.stop();
  return latencyRows(waits);
}

function latencyRows(waits) {
  const { key, movement, click, window, screen, audio, xprintidle, afk } = waits;
  const input = [...key, ...movement, ...click, ...window];
  const rows = (what, values) => (values.length > 0 ? [row(what, values, 'ms')] : []);
  return [
    heading('until it is told'),
    ...rows('key', key),
    ...rows('pointer moved', movement),
    ...rows('click', click),
    ...rows('another window', window),
    {
      ...row('all of these, p99', [percentile(input, 0.99)], 'ms', { under: 20 }),
      times: input.length,
    },
    ...rows('screen, first change', screen),
    ...rows("audio, with the player's start", audio),
    ...rows('xprintidle each second, key', xprintidle),
    ...rows('aw-watcher-afk, key', afk),
  ];
}

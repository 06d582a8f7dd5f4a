/** Everything that happens on an ordinary day of the simulation, and how often. */
import * as mishaps from './mishaps.js';
import * as others from './others.js';
import * as person from './person.js';
import { type Actor, HOUR, MINUTE, type Scene } from './scene.js';

export function everyday(scene: Scene): readonly Actor[] {
  return [
    { name: 'comes or goes', every: 100 * MINUTE, act: () => person.comeOrGo(scene) },
    { name: 'uses a sensor', every: 6 * MINUTE, act: () => person.useSomething(scene) },
    { name: 'hold', every: 10 * HOUR, act: () => person.hold(scene) },
    { name: 'release', every: 30 * HOUR, act: () => person.release(scene) },
    { name: 'nap now', every: 12 * HOUR, act: () => person.napNow(scene) },
    { name: 'command', every: 8 * HOUR, act: () => person.command(scene) },
    { name: 'meddle', every: 3 * HOUR, act: () => others.meddle(scene) },
    { name: 'autoscale', every: 5 * HOUR, act: () => others.autoscale(scene) },
    { name: 'registry', every: 10 * HOUR, act: () => others.editRegistry(scene) },
    { name: 'settings', every: 12 * HOUR, act: () => others.changeSettings(scene) },
    { name: 'sensor', every: 8 * HOUR, act: () => mishaps.breakOrMend(scene) },
    { name: 'sleep', every: 8 * HOUR, act: () => mishaps.sleep(scene) },
    { name: 'suspend', every: 5 * HOUR, act: () => mishaps.suspend(scene) },
    { name: 'lock', every: 4 * HOUR, act: () => person.lockOrUnlock(scene) },
    { name: 'signal', every: 16 * HOUR, act: () => mishaps.breakOrMendSignal(scene) },
    { name: 'clock', every: 20 * HOUR, act: () => mishaps.setClock(scene) },
    { name: 'crash', every: 6 * HOUR, act: () => mishaps.crash(scene) },
    { name: 'reboot', every: 30 * HOUR, act: () => mishaps.reboot(scene) },
    { name: 'weather', every: 3 * HOUR, act: () => mishaps.changeWeather(scene) },
    { name: 'disk', every: 2 * HOUR, act: () => mishaps.fillOrFreeDisk(scene) },
    { name: 'sign-in', every: 16 * HOUR, act: () => mishaps.signIn(scene) },
  ];
}

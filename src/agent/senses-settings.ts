/** What of the settings the sensors need. */
import type { SensesSettings } from '../core/sensor.js';
import type { Settings } from '../core/settings.js';

/** The settings in the form of the senses' port. */
export function sensesSettings(settings: Settings): SensesSettings {
  return {
    enabled: {
      keyboard: settings.sensors.keyboard.enabled,
      mouse: settings.sensors.mouse.enabled,
      screen: settings.sensors.screen.enabled,
      window: settings.sensors.window.enabled,
      audio: settings.sensors.audio.enabled,
    },
    mouseMinDistancePx: settings.mouseMinDistancePx,
    screenMinChangedPercent: settings.screenMinChangedPercent,
    screenIntervalMs: settings.screenIntervalMs,
    audioMinLevelDb: settings.audioMinLevelDb,
    audioMeasureLevel: settings.audioMeasureLevel,
  };
}

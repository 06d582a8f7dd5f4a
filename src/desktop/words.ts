/** What is said on the desktop, in English and in Korean: one table, and the messages and the menu made of it. */

import type { Notice, NoticeAction, TrayCommand, TrayItem, TrayView } from '../core/desktop.js';
import type { Condition } from '../core/events.js';
import type { NoticeContent } from '../core/notice-facts.js';
import type { TrayStanding } from '../core/tray-view.js';
import type { Language } from './language.js';

/** More names than these are counted. */
const MOST_NAMES = 3;
/** More conditions than these are left to the dashboard. */
const MOST_CONDITIONS = 3;

interface Words {
  /** At most {@link MOST_NAMES}, and how many there are beside them. */
  readonly list: (names: readonly string[], others: number) => string;
  readonly time: (ms: number) => string;
  readonly warning: { readonly title: string; readonly body: (names: string, time: string) => string };
  readonly napping: { readonly title: string; readonly body: (names: string) => string };
  readonly welcome: string;
  readonly waking: string;
  readonly restoring: (names: string) => string;
  readonly restored: { readonly title: string; readonly body: (names: string) => string };
  readonly failed: { readonly title: string; readonly body: (names: string) => string };
  readonly trouble: { readonly title: (count: number) => string; readonly more: (count: number) => string };
  readonly actions: Readonly<Record<NoticeAction, string>>;
  readonly presence: Readonly<Record<TrayStanding['presence'], string>>;
  readonly naps: (count: number) => string;
  readonly nextNap: (time: string) => string;
  readonly needsYou: (count: number) => string;
  readonly commands: Readonly<Record<TrayCommand, string>>;
}

const en: Words = {
  list: (names, others) => {
    if (others > 0) return `${names.join(', ')} and ${others} more`;
    return names.length > 1 ? `${names.slice(0, -1).join(', ')} and ${names.at(-1)}` : names.join('');
  },
  time: (ms) => (ms < 90_000 ? `${Math.round(ms / 1_000)} seconds` : `${Math.round(ms / 60_000)} minutes`),
  warning: {
    title: 'A nap is coming',
    body: (names, time) => `${names}: in ${time}. Press a key or move the mouse to keep everything running.`,
  },
  napping: { title: 'Napping', body: (names) => `${names}: until you are back.` },
  welcome: 'Welcome back',
  waking: 'Waking up',
  restoring: (names) => `Being restored: ${names}.`,
  restored: { title: 'Everything is back', body: (names) => `As before: ${names}.` },
  failed: {
    title: 'Not everything is back',
    body: (names) => `Could not be restored yet: ${names}. It is tried again; the dashboard says why.`,
  },
  trouble: {
    title: (count) => (count === 1 ? 'Cloudnap needs you' : `Cloudnap needs you: ${count} things`),
    more: (count) => `${count} more on the dashboard.`,
  },
  actions: { keep: 'Keep running', snooze: 'Snooze 1 h', open: 'Open dashboard' },
  presence: {
    present: 'You are here',
    away: 'You are away',
    locked: 'Locked',
    unknown: 'Presence unknown: nothing naps',
  },
  naps: (count) => `${count} napping`,
  nextNap: (time) => `next nap at ${time}`,
  needsYou: (count) => (count === 1 ? '1 thing needs you' : `${count} things need you`),
  commands: {
    open: 'Open dashboard',
    'keep-30': 'Keep awake for 30 min',
    'keep-120': 'Keep awake for 2 h',
    'keep-morning': 'Keep awake until tomorrow 9:00',
    release: 'End keep-awake',
    nap: 'Nap now',
    stop: 'Stop Cloudnap',
  },
};

const ko: Words = {
  list: (names, others) => `${names.join(', ')}${others > 0 ? ` 외 ${others}개` : ''}`,
  time: (ms) => (ms < 90_000 ? `${Math.round(ms / 1_000)}초` : `${Math.round(ms / 60_000)}분`),
  warning: {
    title: '곧 재웁니다',
    body: (names, time) => `${names}: ${time} 뒤. 키를 누르거나 마우스를 움직이면 모두 계속 실행됩니다.`,
  },
  napping: { title: '재우는 중', body: (names) => `${names}: 돌아오실 때까지 잡니다.` },
  welcome: '다시 오셨군요',
  waking: '깨우는 중',
  restoring: (names) => `되돌리는 중: ${names}`,
  restored: { title: '모두 되돌렸습니다', body: (names) => `전과 같습니다: ${names}` },
  failed: {
    title: '일부를 되돌리지 못했습니다',
    body: (names) => `아직 되돌리지 못했습니다: ${names}. 다시 시도하며, 이유는 대시보드에 있습니다.`,
  },
  trouble: {
    title: (count) => (count === 1 ? '확인이 필요합니다' : `확인이 필요합니다: ${count}건`),
    more: (count) => `대시보드에 ${count}건이 더 있습니다.`,
  },
  actions: { keep: '계속 실행', snooze: '1시간 미루기', open: '대시보드 열기' },
  presence: {
    present: '자리에 있습니다',
    away: '자리를 비웠습니다',
    locked: '잠겨 있습니다',
    unknown: '자리에 있는지 알 수 없어 재우지 않습니다',
  },
  naps: (count) => `${count}개 자는 중`,
  nextNap: (time) => `다음 재우기 ${time}`,
  needsYou: (count) => `확인할 것 ${count}건`,
  commands: {
    open: '대시보드 열기',
    'keep-30': '30분 동안 깨워 두기',
    'keep-120': '2시간 동안 깨워 두기',
    'keep-morning': '내일 9:00까지 깨워 두기',
    release: '깨워 두기 끝내기',
    nap: '지금 재우기',
    stop: 'Cloudnap 끝내기',
  },
};

const WORDS: Readonly<Record<Language, Words>> = { en, ko };

/** A message in words. What conditions say comes from the daemon, and is English in every language. */
export function noticeIn(language: Language, content: NoticeContent): Notice {
  const words = WORDS[language];
  const button = (key: NoticeAction) => ({ key, label: words.actions[key] });
  const calm = { slot: content.slot, actions: [button('open')], lastsMs: undefined };
  if (content.slot === 'warning')
    return {
      slot: 'warning',
      title: words.warning.title,
      body: words.warning.body(listed(words, content.names), words.time(content.inMs)),
      urgency: 'normal',
      actions: [button('keep'), button('snooze'), button('open')],
      lastsMs: Math.max(1_000, content.inMs),
    };
  if (content.slot === 'trouble')
    return {
      ...calm,
      title: words.trouble.title(content.conditions.length),
      body: troubles(words, content.conditions),
      urgency: content.isUrgent ? 'critical' : 'normal',
    };
  const names = listed(words, content.names);
  if (content.about === 'napping')
    return { ...calm, title: words.napping.title, body: words.napping.body(names), urgency: 'low' };
  if (content.about === 'restoring') {
    const title = content.isWelcome ? words.welcome : words.waking;
    return { ...calm, title, body: words.restoring(names), urgency: 'normal' };
  }
  if (content.failed.length === 0)
    return { ...calm, title: words.restored.title, body: words.restored.body(names), urgency: 'low' };
  const failed = words.failed.body(listed(words, content.failed));
  const body = content.names.length > 0 ? `${failed}\n${words.restored.body(names)}` : failed;
  return { ...calm, title: words.failed.title, body, urgency: 'normal' };
}

/** The icon's line and its menu in words. */
export function trayIn(language: Language, standing: TrayStanding): TrayView {
  const words = WORDS[language];
  const { state, presence, napping, troubles: count, nextNapAt } = standing;
  const parts = [
    words.presence[presence],
    ...(napping > 0 ? [words.naps(napping)] : []),
    ...(count > 0 ? [words.needsYou(count)] : []),
  ];
  // The time of the next nap moves with every key: only a menu that is just being opened can tell it.
  const line = [...parts, ...(nextNapAt === undefined ? [] : [words.nextNap(clockTime(nextNapAt))])];
  const command = (each: TrayCommand): TrayItem => ({
    kind: 'command',
    label: words.commands[each],
    command: each,
  });
  const parting: TrayItem = { kind: 'separator' };
  return {
    state,
    summary: parts.join(' · '),
    menu: [
      { kind: 'line', label: line.join(' · ') },
      parting,
      command('open'),
      parting,
      command('keep-30'),
      command('keep-120'),
      command('keep-morning'),
      command('release'),
      parting,
      command('nap'),
      parting,
      command('stop'),
    ],
  };
}

function listed(words: Words, names: readonly string[]): string {
  // One name more takes no more room than the words for it.
  const shown = names.length > MOST_NAMES + 1 ? names.slice(0, MOST_NAMES) : names;
  return words.list(shown, names.length - shown.length);
}

function troubles(words: Words, conditions: readonly Pick<Condition, 'message' | 'hint'>[]): string {
  const lines = conditions
    .slice(0, MOST_CONDITIONS)
    .map(({ message, hint }) =>
      hint === undefined || conditions.length > 1 ? message : `${message}\n${hint}`,
    );
  const others = conditions.length - lines.length;
  return [...lines, ...(others > 0 ? [words.trouble.more(others)] : [])].join('\n');
}

/** Where the person is, on a clock of 24 hours. */
function clockTime(wall: number): string {
  const at = new Date(wall);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${two(at.getHours())}:${two(at.getMinutes())}`;
}

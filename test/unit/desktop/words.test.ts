/** What is said on the desktop: in which language, of how many, and that nothing is left unsaid in either. */
import { describe, expect, test } from 'vitest';
import type { NoticeContent } from '../../../src/core/notice-facts.js';
import { languageOf } from '../../../src/desktop/language.js';
import { noticeIn, trayIn } from '../../../src/desktop/words.js';

test.each([
  [{ LANG: 'ko_KR.UTF-8' }, 'ko'],
  [{ LANG: 'en_US.UTF-8', LC_MESSAGES: 'ko_KR.UTF-8' }, 'ko'],
  [{ LANG: 'ko_KR.UTF-8', LC_ALL: 'C.UTF-8' }, 'en'],
  [{ LANG: 'kok_IN' }, 'en'],
  [{ LANG: 'de_DE.UTF-8', LC_ALL: '' }, 'en'],
  [{ LANG: 'ko' }, 'ko'],
] as const)('%j is spoken to in %s', (env, language) => expect(languageOf(env)).toBe(language));

describe('names', () => {
  test.each([
    [['api'], 'Being restored: api.'],
    [['api', 'db'], 'Being restored: api and db.'],
    [['api', 'db', 'web', 'x'], 'Being restored: api, db, web and x.'],
    [['api', 'db', 'web', 'x', 'y'], 'Being restored: api, db, web and 2 more.'],
  ])('%j', (names, body) => {
    expect(noticeIn('en', { slot: 'naps', about: 'restoring', names, isWelcome: true }).body).toBe(body);
  });
});

test.each([
  [59_750, '60 seconds'],
  [4_000, '4 seconds'],
  [120_000, '2 minutes'],
])('a nap in %i ms is one in %s', (inMs, words) => {
  const notice = noticeIn('en', { slot: 'warning', names: ['api'], inMs });
  expect([notice.body, notice.lastsMs]).toEqual([expect.stringContaining(`in ${words}.`), inMs]);
});

test('of many troubles the first are told, and of one its cure', () => {
  const trouble = (count: number) =>
    noticeIn('en', {
      slot: 'trouble',
      isUrgent: false,
      conditions: Array.from({ length: count }, (_, i) => ({ message: `wrong ${i}`, hint: `cure ${i}` })),
    });
  expect([trouble(1).title, trouble(1).body]).toEqual(['Cloudnap needs you', 'wrong 0\ncure 0']);
  expect([trouble(5).title, trouble(5).body]).toEqual([
    'Cloudnap needs you: 5 things',
    'wrong 0\nwrong 1\nwrong 2\n2 more on the dashboard.',
  ]);
});

const CONTENTS: readonly NoticeContent[] = [
  { slot: 'warning', names: ['A', 'B'], inMs: 60_000 },
  { slot: 'naps', about: 'napping', names: ['A', 'B'] },
  { slot: 'naps', about: 'restoring', names: ['A', 'B'], isWelcome: true },
  { slot: 'naps', about: 'restoring', names: ['A', 'B'], isWelcome: false },
  { slot: 'naps', about: 'restored', names: ['A', 'B'], failed: [] },
  { slot: 'naps', about: 'restored', names: ['A'], failed: ['B'] },
  { slot: 'trouble', conditions: [{ message: 'A', hint: 'B' }], isUrgent: false },
];

test.each(CONTENTS)('%j is told in both languages, with every name and its own title', (content) => {
  const [english, korean] = [noticeIn('en', content), noticeIn('ko', content)];
  for (const name of ['A', 'B']) for (const { body } of [english, korean]) expect(body).toContain(name);
  expect(korean.title).toMatch(/\p{Script=Hangul}/u);
  expect(english.title).not.toMatch(/\p{Script=Hangul}/u);
  expect(korean).toMatchObject({ slot: english.slot, urgency: english.urgency, lastsMs: english.lastsMs });
  expect(korean.actions.map(({ key }) => key)).toEqual(english.actions.map(({ key }) => key));
  // What comes first must not begin as an option of a command line does.
  for (const { title } of [english, korean]) expect(title).not.toMatch(/^-/);
});

test('only a warning can be put off, and its end is the nap', () => {
  for (const content of CONTENTS) {
    const { actions, lastsMs } = noticeIn('en', content);
    const keys = actions.map(({ key }) => key);
    expect(keys).toEqual(content.slot === 'warning' ? ['keep', 'snooze', 'open'] : ['open']);
    expect(lastsMs).toBe(content.slot === 'warning' ? 60_000 : undefined);
  }
});

test('the icon tells presence, naps and trouble; only its menu the time', () => {
  const at = new Date(2026, 0, 5, 9, 5).getTime();
  const standing = { state: 'trouble', presence: 'away', napping: 2, troubles: 1, nextNapAt: at } as const;
  const { summary, menu } = trayIn('en', standing);
  expect(summary).toBe('You are away · 2 napping · 1 thing needs you');
  expect(menu[0]).toEqual({ kind: 'line', label: `${summary} · next nap at 09:05` });
  const korean = trayIn('ko', standing).menu;
  expect(korean.map(({ kind }) => kind)).toEqual(menu.map(({ kind }) => kind));
  for (const item of korean) if (item.kind !== 'separator') expect(item.label).toMatch(/\p{Script=Hangul}/u);
});

/**
 * The language of the page: what was chosen here, else the browser's, else English. Only its own words are on the way of
 * the first page; the others follow.
 */
import i18next, { type i18n } from 'i18next';
import { initReactI18next } from 'react-i18next';
import { alsoLater } from '../later.js';
import type { Texts } from './en.js';

const KEY = 'cloudnap-language';

export const LANGUAGES = [
  { code: 'en', name: 'English' },
  { code: 'ko', name: '한국어' },
] as const;
export type Language = (typeof LANGUAGES)[number]['code'];

const TEXTS: Readonly<Record<Language, () => Promise<Texts>>> = {
  en: async () => (await import('./en.js')).en,
  ko: async () => (await import('./ko.js')).ko,
};

function isLanguage(code: string | null): code is Language {
  return LANGUAGES.some((language) => language.code === code);
}

function firstLanguage(): Language {
  const chosen = localStorage.getItem(KEY);
  if (isLanguage(chosen)) return chosen;
  const wanted = navigator.languages.map((tag) => tag.slice(0, 2)).find(isLanguage);
  return wanted ?? 'en';
}

/** Starts the translations; the page's `lang` follows the language. */
export async function startTexts(): Promise<i18n> {
  i18next.on('languageChanged', (code) => {
    document.documentElement.lang = code;
  });
  const lng = firstLanguage();
  for (const { code } of LANGUAGES) alsoLater(TEXTS[code]);
  await i18next.use(initReactI18next).init({
    resources: { [lng]: { translation: await TEXTS[lng]() } },
    lng,
    // Every language has every word.
    fallbackLng: false,
    // React quotes what it shows.
    interpolation: { escapeValue: false },
  });
  return i18next;
}

/** Rejects when its words are not there yet and nobody answers; it is then the language of the next start. */
export async function chooseLanguage(code: Language): Promise<void> {
  localStorage.setItem(KEY, code);
  i18next.addResourceBundle(code, 'translation', await TEXTS[code]());
  await i18next.changeLanguage(code);
}

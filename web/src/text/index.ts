/** The language of the page: what was chosen here, else the browser's, else English. */
import i18next, { type i18n } from 'i18next';
import { initReactI18next } from 'react-i18next';
import { en } from './en.js';
import { ko } from './ko.js';

const KEY = 'cloudnap-language';

export const LANGUAGES = [
  { code: 'en', name: 'English' },
  { code: 'ko', name: '한국어' },
] as const;
export type Language = (typeof LANGUAGES)[number]['code'];

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
  await i18next.use(initReactI18next).init({
    resources: { en: { translation: en }, ko: { translation: ko } },
    lng: firstLanguage(),
    fallbackLng: 'en',
    // React quotes what it shows.
    interpolation: { escapeValue: false },
  });
  return i18next;
}

export function chooseLanguage(code: Language): void {
  localStorage.setItem(KEY, code);
  void i18next.changeLanguage(code);
}

/** The language of what is said on the desktop: the locale's, as the dashboard's page takes the browser's. */

export type Language = 'en' | 'ko';

/** By LC_ALL, LC_MESSAGES and LANG, the first that is set; where none is, by the system's own setting. */
export function languageOf(env: NodeJS.ProcessEnv): Language {
  const locale =
    env.LC_ALL || env.LC_MESSAGES || env.LANG || new Intl.DateTimeFormat().resolvedOptions().locale;
  return /^ko(?![a-z])/i.test(locale) ? 'ko' : 'en';
}

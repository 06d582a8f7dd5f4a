/**
 * The bearer that lets this page in. The server puts it into the page that `cloudnap open` brought up; from there it
 * goes to the storage of this one tab, which no other page and no other port can read.
 */
const KEY = 'cloudnap-session';

/** What the page was given when it was loaded. */
export interface Admission {
  readonly bearer: string | undefined;
  /** The page was opened with a token that was used already or too old. */
  readonly wasLate: boolean;
  /** For the one style element that Mantine makes. */
  readonly nonce: string;
}

/** Takes the bearer out of the page, once, at the start. */
export function takeAdmission(): Admission {
  const given = takeMeta('cloudnap-session');
  const nonce = takeMeta('cloudnap-nonce') ?? '';
  if (given !== undefined) {
    // A reload must not post the used token again.
    window.history.replaceState(null, '', '/');
    if (given !== '') sessionStorage.setItem(KEY, given);
  }
  return { bearer: given || (sessionStorage.getItem(KEY) ?? undefined), wasLate: given === '', nonce };
}

/** Forgets a bearer that is good no more. */
export function forgetBearer(): void {
  sessionStorage.removeItem(KEY);
}

function takeMeta(name: string): string | undefined {
  const meta = document.querySelector<HTMLMetaElement>(`meta[name="${name}"]`);
  const content = meta?.content;
  meta?.remove();
  return content;
}

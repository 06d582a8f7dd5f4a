/** Who is logged in where, as the system's login record says. Pure. */

export interface Login {
  readonly user: string;
  /** The terminal without `/dev/`: `pts/3`. A display manager may put a display here: `:0`. */
  readonly line: string;
  /** Where from: a host, a display, or what a terminal multiplexer calls itself. Empty on a console. */
  readonly host: string;
}

/** `ut_type` of a login that is going on. */
const USER_PROCESS = 7;

/** Where the fields of glibc's `struct utmp` (bits/utmp.h) lie, in bytes: the same on all its machines. */
const TYPE = 0;
const LINE = { at: 8, size: 32 };
const USER = { at: 44, size: 32 };
const HOST = { at: 76, size: 256 };

/**
 * The record's size differs: its session and times have 32 bits where `__WORDSIZE_TIME64_COMPAT32` is set, as on
 * x86-64, and 64 bits on AArch64 (glibc, sysdeps/…/bits/wordsize.h).
 */
export function utmpRecordSize(arch: string): number {
  return arch === 'arm64' ? 400 : 384;
}

/** The logins that are going on. An incomplete record at the end is left out. */
export function parseUtmp(data: Buffer, recordSize: number): readonly Login[] {
  const logins: Login[] = [];
  for (let start = 0; start + recordSize <= data.length; start += recordSize) {
    const text = ({ at, size }: typeof LINE) => {
      const field = data.subarray(start + at, start + at + size);
      const end = field.indexOf(0);
      return field.toString('utf8', 0, end < 0 ? size : end);
    };
    if (data.readInt16LE(start + TYPE) !== USER_PROCESS) continue;
    logins.push({ user: text(USER), line: text(LINE), host: text(HOST) });
  }
  return logins;
}

/** Logged in from another machine, rather than from a display, a terminal multiplexer or a console. */
export function isRemote({ host }: Login): boolean {
  // tmux and screen write `tmux(123).%0` and `:pts/3:S.0`; the login around them has a record of its own.
  const isMultiplexer = /^(tmux\(|:[^:])/.test(host);
  return host !== '' && !isMultiplexer && !isDisplay(host);
}

/** Logged in at a display, as display managers and terminal emulators record it. */
export function isGraphical({ line, host }: Login): boolean {
  return isDisplay(line) || isDisplay(host);
}

/** `:0`, `unix:0`, `desk:10.0`; an address of IPv6 has more colons. */
function isDisplay(name: string): boolean {
  return /^[^:]*:\d+(\.\d+)?$/.test(name);
}

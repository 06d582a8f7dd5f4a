/** Writes records of logins as glibc does (bits/utmp.h). */

export interface UtmpFields {
  readonly user: string;
  readonly line: string;
  readonly host: string;
  /** `ut_type`; 7, a login that is going on, when left out. */
  readonly type?: number;
}

/** One record of `size` bytes. */
export function utmpRecord({ user, line, host, type = 7 }: UtmpFields, size: number): Buffer {
  const record = Buffer.alloc(size);
  record.writeInt16LE(type, 0);
  record.writeInt32LE(4_711, 4);
  record.write(line, 8, 32);
  record.write(user, 44, 32);
  record.write(host, 76, 256);
  return record;
}

/**
 * What Node has no calls for: a Unix socket that a file descriptor can be sent over, and memory without a name to send.
 * Loaded only by who needs it, since it brings a native library along.
 */
import { closeSync, ftruncateSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Line } from './connection.js';

const AF_UNIX = 1;
const SOCK_STREAM = 1;
/** On Linux: not to be inherited, and never to wait for a compositor that hangs. */
const SOCK_CLOEXEC = 0o2000000;
const SOCK_NONBLOCK = 0o4000;
const SOL_SOCKET = 1;
const SCM_RIGHTS = 1;
const MSG_NOSIGNAL = 0x4000;
const MFD_CLOEXEC = 1;

/** A path and the zero behind it must fit into `sun_path`. */
const LONGEST_PATH = 107;

/** `struct cmsghdr` on a 64-bit machine, then one descriptor, filled up to whole words of 8 bytes. */
const CONTROL_HEADER = 16;
const CONTROL_LENGTH = CONTROL_HEADER + 4;
const CONTROL_SPACE = 24;

/** Where libc returns -1, `errno` says why. */
type Call = (...values: readonly unknown[]) => number;

interface Libc {
  readonly socket: Call;
  readonly connect: Call;
  readonly sendmsg: Call;
  readonly memfdCreate: Call;
  readonly why: (call: string) => Error;
}

let libc: Promise<Libc> | undefined;

function loadLibc(): Promise<Libc> {
  libc ??= (async () => {
    const { default: koffi } = await import('koffi');
    const own = koffi.load(null);
    const iovec = koffi.struct({ base: 'void *', length: 'size_t' });
    const message = koffi.struct({
      name: 'void *',
      nameLength: 'uint32_t',
      parts: koffi.pointer(iovec),
      partCount: 'size_t',
      control: 'void *',
      controlLength: 'size_t',
      flags: 'int',
    });
    return {
      socket: own.func('int socket(int domain, int type, int protocol)'),
      connect: own.func('int connect(int fd, const void *address, uint32_t length)'),
      sendmsg: own.func('sendmsg', 'long', ['int', koffi.pointer(message), 'int']),
      memfdCreate: own.func('int memfd_create(const char *name, unsigned int flags)'),
      why: (call) => {
        const code = koffi.errno();
        const name = Object.entries(koffi.os.errno).find(([, value]) => value === code)?.[0];
        return new Error(`${call}: ${name ?? `error ${code}`}`);
      },
    };
  })();
  return libc;
}

/** Opens the Unix socket at a path so that descriptors can be sent over it. */
export async function openPassingSocket(path: string): Promise<Line> {
  const { socket, connect, sendmsg, why } = await loadLibc();
  const name = Buffer.from(path);
  if (name.length > LONGEST_PATH) throw new Error(`the path is longer than ${LONGEST_PATH} bytes`);
  const address = Buffer.alloc(2 + LONGEST_PATH + 1);
  address.writeUInt16LE(AF_UNIX);
  name.copy(address, 2);

  const fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) throw why('socket');
  if (connect(fd, address, address.length) < 0) {
    const error = why('connect');
    closeSync(fd);
    throw error;
  }
  return {
    // The stream closes it.
    socket: new Socket({ fd, readable: true, writable: true }),
    sendWithDescriptor: (bytes, descriptor) => {
      const control = Buffer.alloc(CONTROL_SPACE);
      control.writeBigUInt64LE(BigInt(CONTROL_LENGTH), 0);
      control.writeInt32LE(SOL_SOCKET, 8);
      control.writeInt32LE(SCM_RIGHTS, 12);
      control.writeInt32LE(descriptor, CONTROL_HEADER);
      const sent = sendmsg(
        fd,
        {
          name: null,
          nameLength: 0,
          parts: [{ base: bytes, length: bytes.length }],
          partCount: 1,
          control,
          controlLength: CONTROL_SPACE,
          flags: 0,
        },
        MSG_NOSIGNAL,
      );
      if (sent !== bytes.length) throw sent < 0 ? why('sendmsg') : new Error('sendmsg: not all was sent');
    },
  };
}

/** Lends what is called the descriptor of new, empty memory. */
export type LendMemory = (size: number, use: (descriptor: number) => void) => void;

/**
 * Memory of `size` bytes to be lent. It is never mapped here, and after `use` this process cannot get at it any more:
 * only who was sent the descriptor can.
 */
export async function memoryLender(): Promise<LendMemory> {
  const { memfdCreate, why } = await loadLibc();
  return (size, use) => {
    const descriptor = memfdCreate('cloudnap', MFD_CLOEXEC);
    if (descriptor < 0) throw why('memfd_create');
    try {
      ftruncateSync(descriptor, size);
      use(descriptor);
    } finally {
      closeSync(descriptor);
    }
  };
}

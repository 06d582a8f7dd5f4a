/**
 * Where a datagram becomes a command and its outcome a reply. Knows nothing of sockets: it is given bytes and
 * whom they came from, and calls back with the datagrams of the reply. Whatever the bytes are, it never throws, and
 * every promise it makes ends in a reply.
 */
import { isUtf8 } from 'node:buffer';
import { type Failure, failureOf } from '../../control/failure.js';
import type { Control } from '../../core/control.js';
import { CommandError } from '../../core/errors.js';
import type { Instant } from '../../core/instant.js';
import type { Logger } from '../../core/logger.js';
import { ACTIONS, type Action, type Prepared } from './actions.js';
import { type Command, HELP } from './commands.js';
import {
  type Asked,
  type JsonRequest,
  readJson,
  UNKNOWN,
  Unreadable,
  writeJson,
  writeJsonFailure,
} from './json-form.js';
import { RateLimit } from './rate-limit.js';
import { Repeats } from './repeats.js';
import type { Signatures } from './signature.js';
import { readText, writeText, writeTextFailure } from './text-form.js';

/** Requests that call AWS, a second and peer. */
const AWS_PER_SECOND = 20;
/** Requests carried out at once; more are told to come back. */
const MAX_RUNNING = 1_024;
/** How often one request is answered that was sent again while it was carried out. */
const MAX_COPIES = 16;
/** First replies held for a minute. Those of changes are held apart, so that no flood of questions ends them. */
const CHANGES = { maxCount: 8_192, maxBytes: 8 * 1024 * 1024 };
const READS = { maxCount: 1_024, maxBytes: 2 * 1024 * 1024 };
/** The same complaint is logged once in this long, milliseconds. */
const QUIET_MS = 60_000;

/** How a request that was refused is answered, in its own form. */
interface ErrorForm {
  failed(failure: Omit<Failure, 'unforeseen'>): readonly Buffer[];
}
/** How a request is answered. */
interface Form extends ErrorForm {
  done(content: object): readonly Buffer[];
}

/** Where a datagram came from and how it is answered. */
interface Sender {
  /** `127.0.0.1:53211` */
  readonly peer: string;
  /** Sends the datagrams of a reply; resolved when they are on their way. Never rejects. */
  reply(datagrams: readonly Buffer[]): Promise<void>;
}

/** A request that has passed all checks of its form and content. */
interface Ask {
  readonly action: Action;
  readonly prepared: Prepared;
  readonly form: Form;
  /**
   * What equal requests have in common; undefined: it cannot be a repetition. Text has no id, so each text
   * request is one of its own.
   */
  readonly key: string | undefined;
}

/** A request that is being carried out. */
interface Running {
  /** How many times it has been sent so far. */
  copies: number;
}

export class Desk {
  readonly #control: Control;
  readonly #log: Logger;
  readonly #now: () => Instant;
  readonly #maxRequest: number;
  readonly #signatures: Signatures | undefined;
  readonly #limit = new RateLimit(AWS_PER_SECOND);
  readonly #changes = new Repeats(CHANGES);
  readonly #reads = new Repeats(READS);
  /** Those that may be repeated, by what tells them apart. */
  readonly #repeatable = new Map<string, Running>();
  readonly #complained = new Map<string, number>();
  #running = 0;
  #whenIdle: (() => void)[] = [];

  /**
   * @param about.now may be the same for all that happens in one turn of the event loop
   * @param about.maxRequest the largest request, bytes
   * @param about.signatures set when only signed requests are served
   */
  constructor(about: {
    readonly control: Control;
    readonly log: Logger;
    readonly now: () => Instant;
    readonly maxRequest: number;
    readonly signatures: Signatures | undefined;
  }) {
    this.#control = about.control;
    this.#log = about.log;
    this.#now = about.now;
    this.#maxRequest = about.maxRequest;
    this.#signatures = about.signatures;
  }

  /** Answers a datagram, now or when its command is done; drops it without an answer where SPEC says so. */
  take(bytes: Buffer, sender: Sender): void {
    if (this.#signatures !== undefined) this.#takeSigned(bytes, sender, this.#signatures);
    else this.#takeOpen(bytes, sender);
  }

  /** Answers a datagram whose sender is not served. Nothing of it is read but which form it has. */
  turnAway(bytes: Buffer, sender: Sender): void {
    this.#complain('stranger', 'A UDP request was turned away: its socket is not of this user', {
      peer: sender.peer,
    });
    const error = new CommandError('UNAUTHORIZED', 'Only programs of the same user are served', {
      hint: 'Keep the socket open until the answer has come: whose a closed one was cannot be told.',
    });
    this.#refuse(error, this.#guessForm(bytes), sender);
  }

  /** Resolves when nothing is being carried out. */
  idle(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#running === 0) resolve();
      else this.#whenIdle.push(resolve);
    });
  }

  #takeOpen(bytes: Buffer, sender: Sender): void {
    let form = this.#guessForm(bytes);
    try {
      const text = this.#textOf(bytes);
      if (text.startsWith('{')) {
        const request = readJson(text);
        form = this.#jsonForm(request);
        this.#answer(this.#askOf(request, sender), sender);
      } else {
        const { command, content, usage } = readText(text);
        const prepared = command.action.prepare(content, usage);
        this.#answer({ action: command.action, prepared, form: textForm(command), key: undefined }, sender);
      }
    } catch (error) {
      this.#refuse(error, form, sender);
    }
  }

  /** Only a request that is signed, timely and new is answered at all, even with an error. */
  #takeSigned(bytes: Buffer, sender: Sender, signatures: Signatures): void {
    let form: ErrorForm | undefined;
    try {
      const text = this.#textOf(bytes);
      const request = readJson(text);
      if (!signatures.accept(text, this.#now().wall)) {
        this.#complain('unsigned', 'A UDP request without a valid signature was dropped', {
          peer: sender.peer,
        });
        return;
      }
      form = this.#jsonForm(request);
      this.#answer(this.#askOf(request, sender), sender);
    } catch (error) {
      if (form !== undefined) this.#refuse(error, form, sender);
    }
  }

  /** @throws CommandError when it is no request that could be carried out. */
  #textOf(bytes: Buffer): string {
    if (bytes.length > this.#maxRequest)
      throw new CommandError('REQUEST_TOO_LARGE', `A request has at most ${this.#maxRequest} bytes`, {
        hint: 'udp_server.buffer_size in settings.json sets the limit.',
      });
    if (!isUtf8(bytes)) throw new CommandError('BAD_REQUEST', 'The request is not UTF-8');
    const text = bytes.toString('utf8').trim();
    if (text === '') throw new CommandError('BAD_REQUEST', 'The request is empty', { hint: HELP_HINT });
    return text;
  }

  /** @throws CommandError when the type is unknown or the content does not fit it. */
  #askOf(request: JsonRequest, { peer }: Sender): Ask {
    const action = request.type === HELP.type ? HELP : ACTIONS.get(request.type);
    if (action === undefined)
      throw new CommandError('UNKNOWN_COMMAND', `"${request.type}" is not a type of request`, {
        hint: HELP_HINT,
      });
    const prepared = action.prepare(request.content, HELP_HINT);
    const key = `${peer}\n${request.id}\n${request.type}\n${JSON.stringify(prepared.content)}`;
    return { action, prepared, form: this.#jsonForm(request), key };
  }

  /** Carries a request out, unless it is a repetition. @throws CommandError RATE_LIMITED. */
  #answer(ask: Ask, sender: Sender): void {
    const { action, key } = ask;
    const { mono } = this.#now();
    const store = action.changes ? this.#changes : this.#reads;
    if (key !== undefined) {
      const first = store.find(key, mono);
      if (first) {
        void sender.reply(first);
        return;
      }
      const running = this.#repeatable.get(key);
      if (running) {
        running.copies = Math.min(running.copies + 1, MAX_COPIES);
        return;
      }
    }
    if (this.#running >= MAX_RUNNING)
      throw new CommandError('RATE_LIMITED', `${MAX_RUNNING} requests are being carried out already`, {
        hint: 'Try again in a moment.',
      });
    if (action.callsAws && !this.#limit.take(sender.peer, mono))
      throw new CommandError('RATE_LIMITED', `More than ${AWS_PER_SECOND} requests a second that call AWS`, {
        hint: 'Try again in a second.',
      });

    const running: Running = { copies: 1 };
    this.#running += 1;
    if (key !== undefined) this.#repeatable.set(key, running);
    void this.#carryOut(ask, sender.peer).then(async (datagrams) => {
      if (key !== undefined) {
        this.#repeatable.delete(key);
        store.keep(key, datagrams, mono);
      }
      for (let copy = 0; copy < running.copies; copy += 1) await sender.reply(datagrams);
      this.#ended();
    });
  }

  /** Never rejects. */
  async #carryOut({ prepared, form }: Ask, peer: string): Promise<readonly Buffer[]> {
    try {
      return form.done(await prepared.run(this.#control, `udp ${peer}`));
    } catch (error) {
      return form.failed(this.#failureOf(error));
    }
  }

  #refuse(error: unknown, form: ErrorForm, { reply }: Sender): void {
    const known = error instanceof Unreadable ? this.#jsonForm(error.asked) : form;
    void reply(known.failed(this.#failureOf(error)));
  }

  #failureOf(error: unknown): Failure {
    const failure = failureOf(error);
    if (failure.unforeseen) this.#complain('unforeseen', 'A UDP request failed unexpectedly', { error });
    return failure;
  }

  #ended(): void {
    this.#running -= 1;
    if (this.#running > 0) return;
    for (const resolve of this.#whenIdle) resolve();
    this.#whenIdle = [];
  }

  /** Logs a warning, but the same one only now and then: nobody fills the log from outside. */
  #complain(kind: 'stranger' | 'unsigned' | 'unforeseen', message: string, fields: object): void {
    const { mono } = this.#now();
    if (mono - (this.#complained.get(kind) ?? Number.NEGATIVE_INFINITY) < QUIET_MS) return;
    this.#complained.set(kind, mono);
    this.#log.warn(message, fields);
  }

  #jsonForm(asked: Asked): Form {
    return {
      done: (content) => writeJson(asked, this.#now().wall, content),
      failed: (failure) => writeJsonFailure(asked, this.#now().wall, failure),
    };
  }

  /** The form of the answer to what may turn out not to be readable: its first character decides. */
  #guessForm(bytes: Buffer): ErrorForm {
    let at = 0;
    while (WHITE.has(bytes[at])) at += 1;
    return bytes[at] === BRACE ? this.#jsonForm(UNKNOWN) : { failed: writeTextFailure };
  }
}

const HELP_HINT = 'Send HELP for the commands.';

/** Tab, line ends, space; and `{`. */
const WHITE: ReadonlySet<number | undefined> = new Set([0x09, 0x0a, 0x0d, 0x20]);
const BRACE = 0x7b;

function textForm(command: Command): Form {
  return { done: (content) => writeText(command, content), failed: writeTextFailure };
}

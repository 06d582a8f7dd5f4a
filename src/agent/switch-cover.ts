/** Which targets the installed role may stop. A switch of any other would be armed and do nothing. */
import type { SwitchBoard, SwitchStack } from '../core/dead-man.js';
import type { Clock } from '../core/instant.js';
import type { Registered } from '../core/registry.js';
import type { TargetId } from '../core/target.js';
import type { Lack } from './dead-man.js';

/** How long an answer is good for: somebody may remove the stack by hand. */
const FRESH_MS = 60 * 60_000;
/** The same while something is missing, which is likely being mended right now. */
const FRESH_WHILE_MISSING_MS = 60_000;

const INSTALL = 'Run "cloudnap dead-man enable"; until then nothing stops them when this computer is gone.';

export interface SwitchCoverPorts {
  readonly clock: Clock;
  readonly board: () => SwitchBoard;
}

export class SwitchCover {
  readonly #ports: SwitchCoverPorts;
  readonly #read = new Map<string, { readonly stack: SwitchStack | undefined; readonly at: number }>();

  constructor(ports: SwitchCoverPorts) {
    this.#ports = ports;
  }

  /** Everything is read anew when it is next asked for. */
  forget(): void {
    this.#read.clear();
  }

  /** The targets a switch could do nothing for, each with why. @throws OperationError when AWS cannot be asked */
  async missing(wanted: readonly Registered[], signal: AbortSignal): Promise<ReadonlyMap<TargetId, Lack>> {
    const missing = new Map<TargetId, Lack>();
    for (const region of new Set(wanted.map(({ target }) => target.region))) {
      const here = wanted.filter(({ target }) => target.region === region);
      const lacks = (stack: SwitchStack | undefined, id: TargetId) => whyNot(stack, region, id);
      let stack = await this.#stack(region, FRESH_MS, signal);
      if (here.some(({ id }) => lacks(stack, id) !== undefined))
        stack = await this.#stack(region, FRESH_WHILE_MISSING_MS, signal);
      for (const { id } of here) {
        const why = lacks(stack, id);
        if (why !== undefined) missing.set(id, { why, hint: INSTALL });
      }
    }
    return missing;
  }

  async #stack(region: string, freshMs: number, signal: AbortSignal): Promise<SwitchStack | undefined> {
    const now = this.#ports.clock.now().boot;
    const known = this.#read.get(region);
    if (known && now < known.at + freshMs) return known.stack;
    const stack = await this.#ports.board().stack(region, signal);
    this.#read.set(region, { stack, at: now });
    return stack;
  }
}

function whyNot(stack: SwitchStack | undefined, region: string, id: TargetId): string | undefined {
  if (!stack) return `nothing is installed for it in ${region}`;
  if (stack.trouble !== undefined) return stack.trouble;
  return stack.covers.includes(id) ? undefined : `the role in ${region} does not know it yet`;
}

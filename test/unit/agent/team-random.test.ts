/**
 * Random hours of a team: people come and go, answers are slow or lost, agents are cut off and die. Whatever happens,
 * nobody is napped under, one target is in one agent's hands at a time, and in the end it naps.
 */
import { expect, test } from 'vitest';
import { ACT_UNTIL_MS } from '../../../src/core/team-leases.js';
import { API, MINUTE, SECOND, type Teammate, Teamwork, TIMEOUT, WISH } from './teammates.js';

/** A small generator of numbers, the same for the same seed (mulberry32). */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

interface Person {
  mate: Teammate;
  isHere: boolean;
  until: number;
  /** Teammates know of its lease until then at least, on its own clock. */
  knownUntil: number;
  isCutOff: boolean;
  isClaiming: boolean;
}

class Hours {
  readonly world = new Teamwork();
  readonly people: Person[] = [];
  readonly broken: string[] = [];
  /** Whether the target runs, and in whose hands it is until when. */
  isUp = true;
  hands: { who: string; until: number } | undefined;
  naps = 0;
  restores = 0;
  readonly #next: () => number;

  constructor(seed: number) {
    this.#next = numbers(seed);
    for (let at = 0; at < 4; at += 1) this.#joins(`m${at}`);
  }

  #joins(name: string, ledger?: Teammate['ledger']): void {
    const mate = this.world.joined(name, {
      boot: Math.floor(this.#next() * 1e9),
      wall: Math.floor((this.#next() - 0.5) * 1e9),
      ...(ledger ? { ledger } : {}),
    });
    const person: Person = {
      mate,
      isHere: false,
      until: 0,
      knownUntil: 0,
      isCutOff: false,
      isClaiming: false,
    };
    mate.latencyMs = () =>
      this.#chance(0.1) ? Math.floor(this.#next() * 20 * SECOND) : Math.floor(this.#next() * 300);
    mate.trouble = () => {
      if (person.isCutOff) return 'unreachable';
      return this.#chance(0.03) ? (this.#chance(0.5) ? 'lost' : 'throttled') : undefined;
    };
    mate.needs(0);
    this.people.push(person);
  }

  #chance(of: number): boolean {
    return this.#next() < of;
  }

  async lasts(ms: number, { quiet = false } = {}): Promise<void> {
    for (let gone = 0; gone < ms; gone += 5 * SECOND) {
      for (const person of [...this.people]) this.#lives(person, quiet);
      await this.world.go(5 * SECOND);
      for (const person of this.people) this.#looks(person);
    }
  }

  #lives(person: Person, quiet: boolean): void {
    const { mate } = person;
    if (this.#chance(person.isHere ? 0.002 : 0.001)) person.isHere = !person.isHere;
    if (this.#chance(0.001)) person.isCutOff = !person.isCutOff;
    if (quiet) Object.assign(person, { isHere: false, isCutOff: false });
    if (person.isHere && this.#chance(0.5)) {
      person.until = mate.now + TIMEOUT;
      mate.needs(TIMEOUT);
    }
    mate.isUp = this.isUp;
    if (!quiet && this.#chance(0.000_5)) {
      this.world.dies(mate);
      this.people.splice(this.people.indexOf(person), 1);
      mate.trouble = () => 'unreachable';
      // The agent is started again at once, or another machine joins.
      this.#joins(mate.name, this.#chance(0.7) ? mate.ledger : undefined);
    }
  }

  #looks(person: Person): void {
    const { mate } = person;
    const isQuiet = mate.team.at() > mate.now && mate.team.at() !== Number.POSITIVE_INFINITY;
    const isTrusted = !Object.keys(mate.leases()).some((holder) => holder.startsWith('the team'));
    // What moved within the last heartbeat may not have been told yet.
    if (isQuiet && isTrusted && mate.now < person.until)
      person.knownUntil = person.until - MINUTE - 10 * SECOND;
    if (person.isClaiming) return;
    person.isClaiming = true;
    void this.#acts(person).finally(() => {
      person.isClaiming = false;
    });
  }

  async #acts({ mate, until }: Person): Promise<void> {
    const isWanted = () => mate.now < until;
    const isFree = Object.values(mate.leases()).every((left) => left <= 0);
    if (isWanted() ? this.isUp : !this.isUp || !isFree) return;
    const row = mate.team.row(API);
    const isNap = !isWanted();
    if (!isNap && row?.state === 'up') return;
    const grant = isNap
      ? await mate.team.claimNap(API, WISH)
      : await mate.team.claimRestore(API, { owed: false });
    if (!grant.granted || mate.now >= grant.actBefore || !this.world.mates.includes(mate)) return;
    if (isNap !== !isWanted()) return mate.team.settle(API, isNap ? 'up' : 'napped');
    const now = this.world.clock.now().mono;
    if (this.hands && this.hands.who !== mate.name && now < this.hands.until)
      this.broken.push(`${mate.name} acts while it is in the hands of ${this.hands.who}`);
    this.hands = { who: mate.name, until: now + ACT_UNTIL_MS };
    if (isNap)
      for (const other of this.people)
        if (other.mate !== mate && other.mate.now < other.knownUntil)
          this.broken.push(`${mate.name} naps under ${other.mate.name}`);
    await this.#takes();
    if (isNap) this.naps += 1;
    else this.restores += 1;
    this.isUp = !isNap;
    this.hands = undefined;
    mate.team.settle(API, isNap ? 'napped' : 'up');
  }

  /** AWS takes a while. */
  #takes(): Promise<void> {
    return new Promise((resolve) => this.world.clock.after(this.#next() * 20 * SECOND, resolve));
  }
}

test.each(Array.from({ length: 12 }, (_, seed) => seed))('hours number %d', async (seed) => {
  const hours = new Hours(seed);
  await hours.lasts(12 * 60 * MINUTE);
  expect(hours.broken).toEqual([]);
  // All have gone: what is left is the longest lease, a heartbeat, and patience with those who died at work.
  await hours.lasts(TIMEOUT + 15 * MINUTE, { quiet: true });
  expect(hours.broken).toEqual([]);
  expect(hours.isUp).toBe(false);
  expect(hours.naps).toBeGreaterThan(0);
  expect(hours.restores).toBeGreaterThan(0);
});

/** What is known of an open entry beside what the ledger holds: whether it may be restored, and whose word it is by now. */
import type { Entry } from '../../src/core/ledger.js';
import type { Rig } from '../fakes/rig.js';

export interface Episode {
  /** It has changed something in AWS. */
  touched: boolean;
  /** The nap was decided anew and its time is still to be checked. */
  fresh: boolean;
  /** Something that may bring it back has happened. */
  cause: boolean;
  /** A person has changed something of it: then the rest may be put back. */
  meddled: boolean;
  /** It was given back while the disk was full: the record is behind, and later changes cannot be told from ours. */
  unwritten: boolean;
  /** A person changed it while its snapshot was being taken: whose change it was then nobody can tell. */
  raced: boolean;
}

const NEW: Episode = {
  touched: false,
  fresh: true,
  cause: false,
  meddled: false,
  unwritten: false,
  raced: false,
};

export class Episodes {
  readonly #rig: Rig;
  readonly #episodes = new Map<number, Episode>();

  constructor(rig: Rig) {
    this.#rig = rig;
  }

  of(entry: Pick<Entry, 'id'>): Episode {
    return this.#episodes.get(entry.id) ?? this.begin(entry, {});
  }

  begin(entry: Pick<Entry, 'id'>, known: Partial<Episode>): Episode {
    const episode = { ...NEW, ...known };
    this.#episodes.set(entry.id, episode);
    return episode;
  }

  end(id: number): void {
    this.#episodes.delete(id);
  }

  /** A daemon begins: what was not written down died with the one before. */
  began(): void {
    for (const entry of this.#rig.ledger.openEntries())
      if (entry.calledBy === undefined && entry.phase === 'napping') this.of(entry).cause = false;
  }

  /** Something has happened that may bring entries back, by whom it covers. */
  cause(covers: (entry: Entry) => boolean): void {
    for (const entry of this.#rig.ledger.openEntries()) if (covers(entry)) this.of(entry).cause = true;
  }

  /** A person has had a hand in entries. */
  meddled(covers: (entry: Entry) => boolean): void {
    for (const entry of this.#rig.ledger.openEntries()) if (covers(entry)) this.of(entry).meddled = true;
  }
}

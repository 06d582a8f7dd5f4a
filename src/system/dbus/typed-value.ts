/** A value with its type, for where a signature says `v`: a value alone does not tell an int32 from a double. */
export class TypedValue {
  /** One complete type, as in the specification. */
  readonly type: string;
  readonly value: unknown;
  constructor(type: string, value: unknown) {
    this.type = type;
    this.value = value;
  }
}

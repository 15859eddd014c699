/** One immutable value that is replaced whole; whoever subscribes is told after each replacement. */
export class Observable<T extends object> {
  #value: T;
  readonly #listeners = new Set<() => void>();

  constructor(value: T) {
    this.#value = value;
  }

  get = (): T => this.#value;

  /** patch replaces the value by a copy with the given fields; without a real change nobody is told. */
  patch(fields: Partial<T>): void {
    const changed = (Object.keys(fields) as (keyof T)[]).some((key) => !Object.is(fields[key], this.#value[key]));
    if (!changed) return;
    this.#value = { ...this.#value, ...fields };
    for (const listener of [...this.#listeners]) listener();
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
}

/** A value that may be there at once, so that nothing else runs before it is used. */
export type MaybePromise<T> = T | Promise<T>

/** Returns what `next` makes of the value, at once where the value is there at once. */
export function andThen<T, U>(value: MaybePromise<T>, next: (value: T) => MaybePromise<U>): MaybePromise<U> {
  return value instanceof Promise ? value.then(next) : next(value)
}

/** A value that is available at once or later. If it is available at once, no other work runs before its use. */
export type MaybePromise<T> = T | Promise<T>

/** Calls `next` with the value and returns the result, at once if the value is available at once. */
export function andThen<T, U>(value: MaybePromise<T>, next: (value: T) => MaybePromise<U>): MaybePromise<U> {
  return value instanceof Promise ? value.then(next) : next(value)
}
